"""`python -m tools.test`: the checks, then every test. Says loudly when there is no Chromium; with
REQUIRE_CHROMIUM=1 (as in CI) that is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    environment = dict(os.environ)
    selection = []
    if chromium:
        environment["CHROMIUM"] = chromium
    elif environment.get("REQUIRE_CHROMIUM"):
        sys.exit("REQUIRE_CHROMIUM is set, but there is no Chromium on this machine")
    else:
        selection = ["-m", "not browser"]
        _say_loudly()
    failures = [_step("tools.check", environment)]
    workers = os.environ.get("TEST_WORKERS", "2")
    failures.append(_step("pytest", environment, "-n", workers, "--dist", "loadgroup", *selection, *sys.argv[1:]))
    if not chromium:
        _say_loudly()
    sys.exit(1 if any(failures) else 0)


def _step(module: str, environment: dict[str, str], *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False).returncode


def _say_loudly() -> None:
    line = "*" * 78
    print(f"\n{line}\n*  No Chromium on this machine: the BROWSER TESTS DID NOT RUN.\n"
          f"*  Install Debian's packages chromium and fonts-noto-cjk, or set CHROMIUM.\n{line}\n", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
