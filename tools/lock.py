"""`python -m tools.lock`: pin everything pyproject.toml asks for, with hashes and without naming a registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header",
           "--no-annotate"]  # fmt: skip


def main() -> None:
    uv = str(Path(sys.executable).parent / "uv")
    compile_ = [uv, "pip", "compile", *OPTIONS]
    run, dev = "requirements/run.lock", "requirements/dev.lock"
    subprocess.run([*compile_, "pyproject.toml", "-o", run], cwd=ROOT, check=True)
    subprocess.run([*compile_, "pyproject.toml", "--extra", "dev", "-c", run, "-o", dev], cwd=ROOT, check=True)
    subprocess.run([*compile_, "-", "-o", "requirements/bootstrap.lock"], cwd=ROOT, check=True, input=b"uv\n")


if __name__ == "__main__":
    main()
