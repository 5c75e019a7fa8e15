"""What operators type about workshops' own merchants: tried first, kept encrypted, shown by nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from core.db import db
from domain.payments import merchants
from domain.payments.models import Merchant
from domain.workshops.models import Workshop
from tests.factories.merchants import any_key
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, clean_database: None, pretend_wechat: PretendWechat) -> Run:
    return lambda *words: app.test_cli_runner().invoke(args=["merchant", *words])


@pytest.fixture
def known(pretend_wechat: PretendWechat) -> dict[str, Any]:
    """The first merchant of the key ceremony."""
    folder = Path(pretend_wechat.environment["WECHAT_PAY_PRIVATE_KEY_FILE"]).parent
    first: dict[str, Any] = json.loads((folder / "merchants.json").read_text())[0]
    return first


@pytest.fixture
def options(known: dict[str, Any], tmp_path: Path) -> list[str]:
    (tmp_path / "apiv3").write_text(f"{known['apiv3_key']}\n")
    return [
        "--mchid", known["mchid"], "--serial", known["serial"], "--key-file", known["private_key_file"],
        "--apiv3-key-file", str(tmp_path / "apiv3"),
    ]  # fmt: skip


@pytest.fixture
def slug(app: Flask, clean_database: None) -> str:
    with committed(app):
        return make_workshop().slug


def test_it_is_set_stopped_listed_and_set_again(
    app: Flask, run: Run, slug: str, options: list[str], known: dict[str, Any]
) -> None:
    assert run("set", slug, *options).exit_code == 0
    with app.app_context():
        assert db.session.scalars(select(Workshop.wechat_mchid).filter_by(slug=slug)).one() == known["mchid"]
        assert merchants.usable([known["mchid"]]) == {known["mchid"]}
        assert merchants.client_of(known["mchid"]).mchid == known["mchid"]
    assert run("stop", known["mchid"]).exit_code == 0
    listed = run("list").output
    assert "stopped" in listed
    assert known["apiv3_key"] not in listed
    with app.app_context():
        assert merchants.usable([known["mchid"]]) == set()
    assert run("set", slug, *options).exit_code == 0
    assert "takes payments" in run("list").output


@pytest.mark.parametrize("wrong", ["key", "serial", "apiv3", "workshop", "mchid"])
def test_what_is_wrong_is_said_and_nothing_is_kept(
    app: Flask, run: Run, slug: str, options: list[str], tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "key.pem").write_text(any_key())
    (tmp_path / "short").write_text("short")
    more = {
        "key": ["--key-file", str(tmp_path / "key.pem")],
        "serial": ["--serial", "C" * 40],
        "apiv3": ["--apiv3-key-file", str(tmp_path / "short")],
        "mchid": ["--mchid", "not-a-number"],
    }
    result = run("set", "nobody" if wrong == "workshop" else slug, *options, *more.get(wrong, []))
    assert result.exit_code != 0
    assert "Error: " in result.output
    with app.app_context():
        assert db.session.scalars(select(Merchant)).all() == []
        assert db.session.scalars(select(Workshop.wechat_mchid)).all() == [None]


def test_one_merchant_is_one_workshop(app: Flask, run: Run, slug: str, options: list[str]) -> None:
    with committed(app):
        other = make_workshop().slug
    assert run("set", slug, *options).exit_code == 0
    assert "another workshop" in run("set", other, *options).output


def test_a_merchant_nobody_set_can_t_be_stopped(run: Run) -> None:
    assert "not_found" in run("stop", "1900000000").output
