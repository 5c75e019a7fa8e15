"""`python -m sandbox init --dir DIR [--base-url URL]`: hold the key ceremony."""

import argparse
import os
import sys
from pathlib import Path

from sandbox.ceremony import hold_ceremony
from sandbox.settings import DEFAULT_BASE_URL, DEFAULT_DIR, RefusesProduction, settings_from_environment


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The pretend WeChat")
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make keys, appids and wechat.env; what exists stays")
    init.add_argument("--dir", type=Path, default=Path(os.environ.get("SANDBOX_DIR") or DEFAULT_DIR))
    init.add_argument("--base-url", default=os.environ.get("SANDBOX_BASE_URL") or DEFAULT_BASE_URL)
    arguments = parser.parse_args()
    try:
        settings_from_environment()
    except RefusesProduction as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(hold_ceremony(arguments.dir, arguments.base_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
