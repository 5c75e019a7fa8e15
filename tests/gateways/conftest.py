"""The pretend WeChat as a process of its own, and the clients that the registry makes for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import Table

from core.db import db
from core.settings import settings
from gateways import registry
from gateways.wechat_mini.models import WechatAccessToken
from gateways.wechat_pay.models import WechatPayCertificate
from tests.fixtures.environment import WORKER

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class PretendWechat:
    """A running sandbox, its control room, and the settings a merchant would be given."""

    url: str
    environment: dict[str, str]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Turn a switch of the control room, or read it when there is no body."""
        address = f"{self.url}/sandbox/{path}"
        response = httpx.get(address) if body is None else httpx.post(address, json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PretendWechat]:
    directory = tmp_path_factory.mktemp("wechat")
    url = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {"SANDBOX_DIR": str(directory), "SANDBOX_BASE_URL": url, "APP_ENV": "test"}
    subprocess.run(
        [sys.executable, "-m", "sandbox", "init", "--dir", str(directory), "--base-url", url],
        cwd=ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--threads",
        "8",
        "--bind",
        url.removeprefix("http://"),
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([*command, "sandbox.app:app"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until_answers(url, process, directory / "log")
        yield PretendWechat(url, _read_env(directory / "wechat.env"))
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def wechat(sandbox_process: PretendWechat, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendWechat]:
    """The pretend WeChat without faults, and the settings that make the registry's clients talk to it."""
    sandbox_process.ask("faults", {"reset": True})
    sandbox_process.ask("clock", {"rate": 1, "advance_seconds": 0})
    for name, value in sandbox_process.environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    registry.reset()
    yield sandbox_process
    registry.reset()
    monkeypatch.undo()
    settings.cache_clear()
    sandbox_process.ask("faults", {"reset": True})


@pytest.fixture(scope="session")
def token_app(postgres: str) -> Iterator[Flask]:
    """An application with nothing but a database, which has nothing but our table."""
    name = f"gateways_{WORKER}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    app = Flask("gateways")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"postgresql+psycopg://postgres@/{name}?host={postgres.split('host=')[1]}"
    db.init_app(app)
    with app.app_context():
        for model in (WechatAccessToken, WechatPayCertificate):
            table = model.__table__
            assert isinstance(table, Table)
            table.create(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def in_app(token_app: Flask) -> Iterator[Flask]:
    """Inside that application, with no token stored."""
    with token_app.app_context():
        with db.engine.begin() as connection:
            connection.execute(WechatAccessToken.__table__.delete())  # type: ignore[attr-defined]
        yield token_app


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_answers(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> None:
    """Return when the process answers anything over HTTP; fail with its log when it dies or doesn't."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(url, timeout=2)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def _read_env(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
