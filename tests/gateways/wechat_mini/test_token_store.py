"""One token for all processes: kept encrypted, renewed once, and not lost with somebody's transaction."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, select, text, update

from core.clock import now
from core.db import db
from core.settings import settings
from gateways.wechat_mini.errors import WechatUnavailable
from gateways.wechat_mini.models import WechatAccessToken
from gateways.wechat_mini.token_store import FreshToken, PostgresTokenStore

APPID = "wx1234567890abcdef"
LIFE = timedelta(seconds=7200)


class Issuer:
    """Gives the same token until forced, as WeChat does, and counts how often it was asked."""

    def __init__(self, life: timedelta = LIFE, takes_seconds: float = 0.0) -> None:
        self.asked: list[bool] = []
        self._life = life
        self._takes_seconds = takes_seconds
        self._number = 1

    def __call__(self, force: bool) -> FreshToken:
        self.asked.append(force)
        time.sleep(self._takes_seconds)
        self._number += force
        return FreshToken(f"token-{self._number}", now() + self._life)


@pytest.fixture
def store(in_app: Flask) -> PostgresTokenStore:
    engine = db.engine
    return PostgresTokenStore(lambda: engine)


def test_it_is_asked_for_once_and_then_read(store: PostgresTokenStore) -> None:
    issuer = Issuer()
    assert [store.token(APPID, issuer) for _ in range(3)] == ["token-1"] * 3
    assert issuer.asked == [False]


def test_apps_have_their_own(store: PostgresTokenStore) -> None:
    issuer = Issuer()
    store.token(APPID, issuer)
    store.token("wx-another", issuer)
    assert issuer.asked == [False, False]


def test_what_is_stored_can_not_be_read(store: PostgresTokenStore) -> None:
    store.token(APPID, Issuer())
    stored = db.session.scalars(select(WechatAccessToken.token)).one()
    assert "token-1" not in stored
    assert len(stored) > 60


def test_a_rolled_back_request_keeps_the_token(store: PostgresTokenStore) -> None:
    issuer = Issuer()
    db.session.execute(text("SELECT 1"))
    store.token(APPID, issuer)
    db.session.rollback()
    store.token(APPID, issuer)
    assert issuer.asked == [False]


@pytest.mark.parametrize(("left", "asked"), [(timedelta(minutes=3), 2), (timedelta(minutes=10), 1)])
def test_a_token_near_its_end_is_asked_for_again(store: PostgresTokenStore, left: timedelta, asked: int) -> None:
    issuer = Issuer(left)
    store.token(APPID, issuer)
    store.token(APPID, issuer)
    assert issuer.asked == [False] * asked


def test_eight_at_once_ask_once(store: PostgresTokenStore) -> None:
    issuer = Issuer(takes_seconds=0.2)
    start = threading.Barrier(8)

    def ask(_: int) -> str:
        start.wait(10)
        return store.token(APPID, issuer)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"token-1"}
    assert issuer.asked == [False]


def test_eight_refused_at_once_force_once(store: PostgresTokenStore) -> None:
    issuer = Issuer(takes_seconds=0.05)
    store.token(APPID, issuer)
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: store.token_after("token-1", APPID, issuer), range(8)))
    assert tokens == {"token-2"}
    assert issuer.asked == [False, False, True]


def test_another_process_was_faster(store: PostgresTokenStore) -> None:
    issuer = Issuer()
    store.token(APPID, issuer)
    assert store.token_after("an older one", APPID, issuer) == "token-1"
    assert issuer.asked == [False]


def test_a_new_token_in_normal_mode_needs_no_force(store: PostgresTokenStore) -> None:
    store.token(APPID, Issuer())
    fresh = FreshToken("token-7", now() + LIFE)
    assert store.token_after("token-1", APPID, lambda force: fresh) == "token-7"
    assert store.token(APPID, Issuer()) == "token-7"


def test_no_second_force_within_half_a_minute(store: PostgresTokenStore) -> None:
    issuer = Issuer()
    store.token(APPID, issuer)
    assert store.token_after("token-1", APPID, issuer) == "token-2"
    assert store.token_after("token-2", APPID, issuer) == "token-2"
    assert issuer.asked == [False, False, True, False]
    with db.engine.begin() as connection:
        connection.execute(update(WechatAccessToken).values(forced_at=now() - timedelta(seconds=31)))
    assert store.token_after("token-2", APPID, issuer) == "token-3"


def test_after_a_change_of_the_encryption_key(store: PostgresTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = Issuer()
    store.token(APPID, issuer)
    monkeypatch.setenv("ENCRYPTION_KEY", "another secret that is also long enough")
    settings.cache_clear()
    try:
        assert store.token(APPID, issuer) == "token-1"
        assert store.token(APPID, issuer) == "token-1"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert issuer.asked == [False, False]


def test_a_failure_stores_nothing_and_frees_the_lock(store: PostgresTokenStore) -> None:
    def fail(force: bool) -> FreshToken:
        raise WechatUnavailable(reason=str(force))

    with pytest.raises(WechatUnavailable):
        store.token(APPID, fail)
    assert db.session.scalars(select(WechatAccessToken)).all() == []
    assert store.token(APPID, Issuer()) == "token-1"


def test_a_process_that_hangs_does_not_hang_the_others(store: PostgresTokenStore) -> None:
    impatient = create_engine(db.engine.url, connect_args={"options": "-c lock_timeout=200"}, poolclass=NullPool)
    other = PostgresTokenStore(lambda: impatient)

    def hang(force: bool) -> FreshToken:
        with pytest.raises(WechatUnavailable):
            other.token(APPID, Issuer())
        return FreshToken("token-1", now() + LIFE)

    assert store.token(APPID, hang) == "token-1"
    assert other.token(APPID, Issuer()) == "token-1"
