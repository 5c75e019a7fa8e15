"""The web session: a cookie that holds a token, looked up once per request."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import g, request, session, url_for

from core.web.cookies import FILES
from domain.accounts import identities, signing_in
from domain.accounts.models import Account
from domain.cart.holding import merge_visitor_cart


def load_identity() -> None:
    """Put who asks into `g.identity`. The API has its own tokens; files need nobody."""
    g.identity = None
    if request.endpoint in FILES or request.path.startswith("/api/"):
        return
    token = session.get("token")
    if token:
        g.identity = identities.identity_of_session(token)


def start_session(account: Account, channel: str) -> None:
    """Sign `account` in on this browser. A visitor's cart joins the account's; nothing else of the old session stays,
    and who was signed in before is signed out. AccountDeactivated for a closed account; then nothing has changed."""
    signing_in.require_active(account)
    visitor, language, former = session.get("visitor"), session.get("lang"), session.get("token")
    if visitor:
        merge_visitor_cart(visitor, account.id)
    if former:
        signing_in.end_session(former)
    session.clear()
    session.permanent = True
    session["token"] = signing_in.open_session(account, channel)
    if language:
        session["lang"] = language


def finish_session() -> None:
    """Sign out on this browser: the token is worthless afterwards, too."""
    token = session.get("token")
    if token:
        signing_in.end_session(token)
    session.clear()


def local_path(address: str | None, default: str | None = None) -> str:
    """`address` if it is a path of ours, else the default (the shop's own page of the buyer)."""
    parts = urlsplit(address or "")
    if address and address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc:
        return address
    return default if default is not None else url_for("shop.me")
