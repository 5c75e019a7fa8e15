"""Signing in and out: buyers through WeChat, staff with a password; and who asks, for each request."""

from __future__ import annotations

from flask import Flask

from blueprints.accounts import sessions, staff, wechat


def register(app: Flask) -> None:
    app.before_request(sessions.load_identity)
    app.register_blueprint(wechat.blueprint, name="accounts")
    app.register_blueprint(staff.blueprint)
