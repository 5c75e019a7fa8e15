"""How values are written on a page, and which numbers an address may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from core.web.display import asset, day, grams, relative_time, wall_time

NOW = datetime(2026, 5, 24, 16, 30, tzinfo=UTC)


def test_times_are_the_workshops() -> None:
    assert wall_time(NOW) == "2026-05-25 00:30"
    assert wall_time(None) == ""
    assert day(date(2026, 5, 4)) == "2026-05-04"
    assert day(None) == ""


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (0, "刚刚"), (59, "刚刚"), (60, "1 分钟前"), (3599, "59 分钟前"), (3600, "1 小时前"), (86399, "23 小时前"),
        (86400, "2026-05-24 00:30"), (-5, "2026-05-25 00:30"),
    ],
)  # fmt: skip
def test_near_times_are_told_from_now(app: Flask, ago: int, told: str) -> None:
    with time_machine.travel(NOW, tick=False):
        at = NOW - timedelta(seconds=ago)
        with app.test_request_context("/"):
            assert relative_time(at) == told
        with app.test_request_context("/?lang=en"):
            assert relative_time(at).isascii()


@pytest.mark.parametrize(
    ("weight", "text"), [(0, "0 g"), (999, "999 g"), (1000, "1 kg"), (1500, "1.5 kg"), (12345, "12.345 kg")]
)
def test_weights(weight: int, text: str) -> None:
    assert grams(weight) == text


def test_files_are_kept_as_long_as_they_do_not_change(client: FlaskClient) -> None:
    with client.application.test_request_context("/"):
        address = asset("img/seal.svg")
        assert "v=" in address
        assert asset("img/no-such.svg").endswith("v=0")
    assert client.get(address, buffered=True).headers["Cache-Control"] == "public, max-age=31536000"
    assert client.get(address.split("?")[0], buffered=True).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1)])
def test_a_key_that_could_be(client: FlaskClient, number: str) -> None:
    assert client.get(f"/live/cameras/{number}/link").status_code == 404
    assert (
        client.get(f"/live/cameras/{number}/link", headers={"Accept": "application/json"}).get_json()["code"]
        == "not_found"
    )


@pytest.mark.parametrize("number", [str(2**63), "9" * 30, "9" * 5000, "-1", "1.5", "１", "0x1", "x", "1%00"])
def test_a_key_that_no_row_can_have(client: FlaskClient, number: str) -> None:
    assert client.get(f"/live/cameras/{number}/link").status_code == 404
