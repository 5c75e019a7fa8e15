"""Servers' access tokens: the stable line, the plain line, and that neither harms the other."""

import secrets
from dataclasses import replace
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.keyring import App, Keyring
from sandbox.mini.errors import ApiError
from sandbox.rows import AccessToken
from sandbox.store import Store

LIFE = timedelta(seconds=7200)
RENEW_EARLY = timedelta(minutes=5)
FORCE_APART = timedelta(seconds=30)
FORCES_A_DAY = 20


def known_app(keys: Keyring, appid: str, secret: str, lines: tuple[str, ...]) -> App:
    """The app of this appid and secret; raises 41002, 41004, 40013 or 40125."""
    if not appid:
        raise ApiError(41002, "appid missing")
    app = keys.app_by_id(appid)
    if app is None or app.line not in lines:
        raise ApiError(40013, "invalid appid")
    if not secret:
        raise ApiError(41004, "appsecret missing")
    if not secrets.compare_digest(secret.encode(), app.secret.encode()):
        raise ApiError(40125, "invalid appsecret")
    return app


def stable_token(store: Store, clock: Clock, appid: str, *, force: bool) -> AccessToken:
    """The one token all callers share; renewed five minutes before its end, or killed and replaced by force."""
    with store.lock:
        now = clock.now()
        mine = _line(store, "stable", appid)
        live = [token for token in mine if not token.killed and token.expires_at - now > RENEW_EARLY]
        if live and not force:
            return live[-1]
        if force:
            _check_force(mine, clock)
        fresh = AccessToken(secrets.token_urlsafe(117), "stable", appid, now, now + LIFE, forced=force)
        store.save(fresh, *(replace(token, killed=True) for token in mine if force and not token.killed))
    return fresh


def plain_token(store: Store, clock: Clock, appid: str) -> AccessToken:
    """A new token each time; its predecessor lives five minutes more."""
    with store.lock:
        now = clock.now()
        ending = now + RENEW_EARLY
        fresh = AccessToken(secrets.token_urlsafe(117), "plain", appid, now, now + LIFE)
        older = [token for token in _line(store, "plain", appid) if token.expires_at > ending]
        store.save(fresh, *(replace(token, expires_at=ending) for token in older))
    return fresh


def check_token(store: Store, clock: Clock, text: str) -> AccessToken:
    """The live token of a server; raises 41001, 40001 or 42001."""
    if not text:
        raise ApiError(41001, "access_token missing")
    token = store.get(AccessToken, text)
    if token is None or token.killed or token.line == "user":
        raise ApiError(40001, "invalid credential, access_token is invalid or not latest")
    if clock.now() >= token.expires_at:
        raise ApiError(42001, "access_token expired")
    return token


def _line(store: Store, line: str, appid: str) -> list[AccessToken]:
    return [token for token in store.all(AccessToken) if token.line == line and token.appid == appid]


def _check_force(mine: list[AccessToken], clock: Clock) -> None:
    now = clock.now()
    forced = [token for token in mine if token.forced]
    if forced and now - forced[-1].issued_at < FORCE_APART:
        raise ApiError(45011, "api minute-quota reach limit: force_refresh at most once in 30 s")
    if sum(1 for token in forced if now - token.issued_at < timedelta(days=1)) >= FORCES_A_DAY:
        raise ApiError(45009, "reach max api daily quota limit: force_refresh 20 times a day")
