"""The session's cookie goes with pages only: files are the same for everybody and may be kept by caches on the way."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

FILES = ("static", "styles")


def init_app(app: Flask) -> None:
    app.session_interface = PageCookies()


class PageCookies(SecureCookieSessionInterface):
    """Flask's own signed cookie, renewed by each page but by no file."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.endpoint not in FILES and super().should_set_cookie(app, session)
