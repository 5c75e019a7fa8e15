"""The migration to specifications, with rows in the tables, up and down."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from flask import Flask

from core.db import db
from tests.factories.products import make_variant
from tests.factories.specifications import make_flavored
from tests.fixtures.database import make_database
from tests.fixtures.environment import ROOT, WORKER
from tests.fixtures.racing import committed

MIGRATION = "0024"


@pytest.fixture
def address(app: Flask, clean_database: None, postgres: str) -> str:
    """A database of its own with this test's rows, at the newest migration."""
    name = f"migrating_{WORKER}"
    make_database(postgres, name)
    own = postgres.replace("/postgres?", f"/{name}?")
    with committed(app):
        make_flavored(approved_at=None, slug="flavored").variants[1].is_enabled = False
        make_variant(name="500 mL 单瓶")
    _copy(str(app.config["SQLALCHEMY_DATABASE_URI"]).replace("+psycopg", ""), own)
    with app.app_context():
        db.engine.dispose()
    return own


def _copy(source: str, target: str) -> None:
    """The rows of the tables that a variant needs."""
    with psycopg.connect(source) as old, psycopg.connect(target) as new:
        new.execute("SET session_replication_role = replica")
        for table in ("workshops", "categories", "products", "variants", "listing_history"):
            with (
                old.cursor().copy(f"COPY {table} TO STDOUT") as rows,  # type: ignore[arg-type]
                new.cursor().copy(f"COPY {table} FROM STDIN") as into,  # type: ignore[arg-type]
            ):
                for row in rows:
                    into.write(row)


def _flask(url: str, *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", *command],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, check=True, capture_output=True,
    )  # fmt: skip


def test_down_and_up_again_with_rows(address: str) -> None:
    _flask(address, "downgrade", MIGRATION)
    _flask(address, "downgrade")
    with psycopg.connect(address) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM variants")}
        assert names == {"原味 / 250 g", "原味 / 500 g", "微辣 / 250 g", "500 mL 单瓶"}
        statuses = dict(connection.execute("SELECT slug = 'flavored', status FROM products").fetchall())
        assert statuses == {True: "off_sale", False: "on_sale"}, "what wasn't sold isn't sold by going back"
        written = connection.execute("SELECT to_status, by FROM listing_history").fetchall()
        assert written == [("off_sale", "migration")]
    _flask(address, "upgrade")
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT name, specification_values, is_enabled, picture FROM variants").fetchall()
        assert all((values, enabled, picture) == ([name], True, "") for name, values, enabled, picture in rows)
        assert connection.execute("SELECT DISTINCT specifications FROM products").fetchall() == [([],)]
