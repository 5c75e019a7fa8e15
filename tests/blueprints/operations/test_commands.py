"""What operators type: each command does one thing whole, or says what is wrong and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from core import jobs
from core.db import db
from domain.accounts.models import RoleGrant
from domain.batches.models import Batch, BatchStatus
from tests.factories.batches import make_batch
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Run = Callable[..., Result]
_heard: list[str] = []


@jobs.job()
def hear(word: str) -> None:
    """A job of this test."""
    _heard.append(word)


@pytest.fixture
def run(app: Flask, clean_database: None) -> Run:
    def command(*words: str, **options: Any) -> Result:
        return app.test_cli_runner().invoke(args=list(words), **options)

    return command


def refused(result: Result) -> bool:
    """The operator was told in a line what is wrong, and saw no traceback."""
    return result.exit_code != 0 and isinstance(result.exception, SystemExit) and "Error: " in result.output


@pytest.fixture
def tested(app: Flask, clean_database: None) -> tuple[str, str]:
    """The GTIN and lot of a batch that awaits its test."""
    with committed(app):
        variant = make_variant()
        batch = make_batch(variant, status=BatchStatus.AWAITING_TEST)
        return variant.gtin, batch.lot


def status(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Batch.status)).one()


def test_a_batch_is_released_then_recalled(app: Flask, run: Run, tested: tuple[str, str]) -> None:
    assert run("batch", "release", *tested).exit_code == 0
    assert status(app) == BatchStatus.RELEASED
    assert run("batch", "recall", *tested, "--reason", "大肠菌群超标").exit_code == 0
    assert status(app) == BatchStatus.RECALLED


@pytest.mark.parametrize(
    "words",
    [("release", "1", "2"), ("release", "{gtin}", "no-such-lot"), ("recall", "{gtin}", "{lot}"), ("release", "{gtin}"),
     ("recall", "{gtin}", "no-such-lot", "--reason", "x"), ("burn", "{gtin}", "{lot}")],
)  # fmt: skip
def test_a_wrong_command_changes_nothing(
    run: Run, tested: tuple[str, str], unchanged: Unchanged, words: tuple[str, ...]
) -> None:
    gtin, lot = tested
    with unchanged():
        result = run("batch", *(word.format(gtin=gtin, lot=lot) for word in words))
    assert refused(result)


def test_a_batch_is_not_released_twice(run: Run, tested: tuple[str, str], unchanged: Unchanged) -> None:
    run("batch", "release", *tested)
    with unchanged():
        assert refused(run("batch", "release", *tested))


def test_a_new_owner_can_sign_in(app: Flask, run: Run) -> None:
    with committed(app):
        make_workshop(slug="sidatong")
    result = run("staff", "add-owner", "laochen", "sidatong", "--name", "老陈", "--password", "a-long-password")
    assert result.exit_code == 0, result.output
    browser = Browser(app.test_client())
    assert browser.post("/staff/sign-in", {"username": "laochen", "password": "a-long-password"}).status_code == 302
    assert browser.get("/workshop").status_code == 200


@pytest.mark.parametrize(
    ("username", "workshop", "password", "word"),
    [
        ("laochen", "nowhere", "a-long-password", "nowhere"), ("laochen", "sidatong", "short", "password"),
        ("laochen", "sidatong", " a-long-password", "password"), ("laochen", "sidatong", "x" * 257, "password"),
        ("", "sidatong", "a-long-password", "username"), ("laochen ", "sidatong", "a-long-password", "username"),
        ("x" * 65, "sidatong", "a-long-password", "username"),
    ],
)  # fmt: skip
def test_a_wrong_owner_is_not_made(
    app: Flask, run: Run, unchanged: Unchanged, username: str, workshop: str, password: str, word: str
) -> None:
    with committed(app):
        make_workshop(slug="sidatong")
    with unchanged():
        result = run("staff", "add-owner", username, workshop, "--name", "老陈", "--password", password)
    assert refused(result)
    assert word in result.output


def test_a_user_name_is_given_once(app: Flask, run: Run, unchanged: Unchanged) -> None:
    with committed(app):
        make_workshop(slug="sidatong")
    words = ("staff", "add-owner", "laochen", "sidatong", "--name", "老陈", "--password", "a-long-password")
    assert run(*words).exit_code == 0
    with unchanged():
        assert refused(run(*words))
    with app.app_context():
        assert len(db.session.scalars(select(RoleGrant)).all()) == 1


def test_the_worker_works_until_nothing_is_due(app: Flask, run: Run) -> None:
    _heard.clear()
    with committed(app):
        jobs.enqueue(hear, word="one")
        jobs.enqueue(hear, word="two")
    result = run("worker", "--until-idle")
    assert result.exit_code == 0, result.output
    assert sorted(_heard) == ["one", "two"]
