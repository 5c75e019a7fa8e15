"""So many tries a window, counted for all processes at once, and kept even when the try fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core.db import db
from core.errors import TooManyRequests
from core.web.limits import RateCounter, limit
from tests.fixtures.racing import Race, failures

START = datetime(2026, 5, 24, 8, 0, 20, tzinfo=UTC)


@pytest.fixture
def clock(app: Flask, clean_database: None) -> Iterator[Any]:
    """Stands still; `clock.shift(seconds)` moves on."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def request_of(app: Flask) -> Any:
    return lambda address="192.0.2.1": app.test_request_context(environ_base={"REMOTE_ADDR": address})


def test_the_try_after_the_last_is_refused_until_the_window_ends(clock: Any, request_of: Any) -> None:
    with request_of():
        for _ in range(3):
            limit("knock", times=3, seconds=60)
        with pytest.raises(TooManyRequests) as refused:
            limit("knock", times=3, seconds=60)
        assert refused.value.params == {"retry_after_seconds": 60}
        clock.shift(59.5)
        with pytest.raises(TooManyRequests) as refused:
            limit("knock", times=3, seconds=60)
        assert refused.value.params == {"retry_after_seconds": 1}
        clock.shift(0.5)
        limit("knock", times=3, seconds=60)


def test_acts_and_people_are_counted_apart(clock: Any, request_of: Any) -> None:
    with request_of():
        limit("knock", times=1, seconds=60)
        limit("ring", times=1, seconds=60)
        limit("knock", times=1, seconds=60, who="somebody")
    with request_of("192.0.2.2"):
        limit("knock", times=1, seconds=60)
        with pytest.raises(TooManyRequests):
            limit("knock", times=1, seconds=60, who="somebody")
    with request_of(), pytest.raises(TooManyRequests):
        limit("knock", times=1, seconds=60)


def test_the_count_outlives_a_request_that_fails(app: Flask, clock: Any, request_of: Any) -> None:
    with request_of():
        limit("knock", times=5, seconds=60)
        db.session.rollback()
    with app.app_context():
        assert db.session.scalars(select(RateCounter.hits)).all() == [1]


def test_twenty_tries_at_once_are_twenty(app: Flask, race: Race, request_of: Any) -> None:
    def knock() -> None:
        with request_of():
            limit("knock", times=5, seconds=3600)

    assert failures(race(*[knock] * 20)) == ["TooManyRequests"] * 15
    with app.app_context():
        assert db.session.scalars(select(RateCounter.hits)).all() == [20]
