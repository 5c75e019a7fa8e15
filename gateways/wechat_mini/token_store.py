"""Where the access token of an app lives: one row of the database, so that processes share it and never fight for it.

It is read and written on connections of its own: a request that is rolled back must not lose a token that WeChat has
already given, and a renewal must not wait for a request to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.fernet import InvalidToken
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from core.clock import now
from core.secrets import decrypt, encrypt
from gateways.wechat_mini.errors import WechatUnavailable
from gateways.wechat_mini.models import WechatAccessToken

# WeChat renews the stable token five minutes before its end; from here on asking again gives the new one.
RENEW_BEFORE = timedelta(minutes=4)
FORCE_APART = timedelta(seconds=30)
_LOCK_SPACE = 0x57434154  # "WCAT": the first half of the advisory lock, the appid's hash is the second


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token as WeChat gave it."""

    token: str
    expires_at: datetime


Ask = Callable[[bool], FreshToken]
"""Asks WeChat for the token; True forces a new one, which kills the old."""


class TokenStore(Protocol):
    def token(self, appid: str, ask: Ask) -> str:
        """The token of `appid`; asks WeChat only if none is stored that lasts."""

    def token_after(self, refused: str, appid: str, ask: Ask) -> str:
        """Another token than the `refused` one if there is one: stored by somebody else, asked for, or forced.

        A new one is forced at most every 30 seconds, so that a fault elsewhere can't use up the day's 20 times.
        """


class PostgresTokenStore:
    """A `TokenStore` in the table of `WechatAccessToken`. `engine` is asked for at each use."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    def token(self, appid: str, ask: Ask) -> str:
        with self._engine().connect() as connection:
            stored = _stored(connection, appid)
        if stored:
            return stored
        with self._engine().begin() as connection:
            _lock(connection, appid)
            stored = _stored(connection, appid)
            return stored or _keep(connection, appid, ask(False))

    def token_after(self, refused: str, appid: str, ask: Ask) -> str:
        with self._engine().begin() as connection:
            _lock(connection, appid)
            stored = _stored(connection, appid)
            if stored and stored != refused:
                return stored
            fresh = ask(False)
            if fresh.token != refused or not _may_force(connection, appid):
                return _keep(connection, appid, fresh)
            return _keep(connection, appid, ask(True), forced_at=now())


def _lock(connection: Connection, appid: str) -> None:
    """One process at a time asks for `appid`, until the transaction ends.

    The connection's own lock_timeout bounds the wait: then WechatUnavailable.
    """
    try:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_SPACE, func.hashtext(appid))))
    except OperationalError:
        raise WechatUnavailable(reason="the token is being renewed") from None


def _stored(connection: Connection, appid: str) -> str | None:
    """The stored token, unless it ends soon or was encrypted under another key."""
    query = select(WechatAccessToken.token).where(
        WechatAccessToken.appid == appid, WechatAccessToken.expires_at > now() + RENEW_BEFORE
    )
    token = connection.scalar(query)
    try:
        return decrypt(token) if token else None
    except InvalidToken:
        return None


def _may_force(connection: Connection, appid: str) -> bool:
    forced_at = connection.scalar(select(WechatAccessToken.forced_at).where(WechatAccessToken.appid == appid))
    return forced_at is None or forced_at <= now() - FORCE_APART


def _keep(connection: Connection, appid: str, fresh: FreshToken, forced_at: datetime | None = None) -> str:
    values = {"token": encrypt(fresh.token), "expires_at": fresh.expires_at}
    if forced_at:
        values["forced_at"] = forced_at
    row = insert(WechatAccessToken).values(appid=appid, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["appid"], set_=values))
    return fresh.token
