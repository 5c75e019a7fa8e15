"""What watches the machine: alive, ready, measured; each honest when the database is away."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core.db import db
from tests.fixtures.environment import ROOT

AWAY = """
from app import app
client = app.test_client()
for path in ("/healthz", "/readyz", "/metrics", "/products", "/sign-in", "/static/img/seal.svg"):
    response = client.get(path, buffered=True)
    print(path, response.status_code, response.mimetype)
"""


def test_healthy_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    with client.application.app_context():
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    assert ready.get_json() == {"status": "ready", "schema": version}


def test_without_its_database_the_process_lives_but_is_not_ready() -> None:
    """Nobody listens at the address of the database."""
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-c", AWAY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    answers = re.findall(r"^(/\S+) (\d+) (\S+)$", done.stdout, re.MULTILINE)
    assert answers == [
        ("/healthz", "200", "application/json"), ("/readyz", "503", "application/json"),
        ("/metrics", "200", "text/plain"), ("/products", "500", "text/html"), ("/sign-in", "200", "text/html"),
        ("/static/img/seal.svg", "200", "image/svg+xml"),
    ]  # fmt: skip


def test_a_database_that_was_never_migrated_is_not_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO alembic_version_hidden"))
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE alembic_version_hidden RENAME TO alembic_version"))
    assert client.get("/readyz").status_code == 200


def test_metrics_count_requests(client: FlaskClient) -> None:
    def requests_of_home() -> float:
        body = client.get("/metrics").get_data(as_text=True)
        found = re.search(
            r'^banli_http_request_seconds_count\{endpoint="shop.home",method="GET",status="200"\} (\S+)',
            body,
            re.MULTILINE,
        )
        return float(found[1]) if found else 0

    before = requests_of_home()
    client.get("/")
    client.get("/")
    assert requests_of_home() == before + 2
    body = client.get("/metrics").get_data(as_text=True)
    for name in ("orders_placed_total", "payments_confirmed_total", "notices_refused_total", "scans_total"):
        assert f"# TYPE banli_{name.removesuffix('_total')}" in body


def test_metrics_of_several_processes_add_up(app: Flask, tmp_path: object) -> None:
    script = "from app import app; c = app.test_client(); c.get('/healthz'); print(c.get('/metrics').text)"
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
    for count in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        line = f'banli_http_request_seconds_count{{endpoint="operations.healthz",method="GET",status="200"}} {count}.0'
        assert line in done.stdout


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_only_read(client: FlaskClient, path: str) -> None:
    assert client.post(path).status_code in {400, 405}
    assert client.head(path).status_code == 200
