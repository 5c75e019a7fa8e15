"""Where WeChat calls us. Everything that comes in is verified, kept, answered within seconds, and worked on by a job."""

from __future__ import annotations

from flask import Flask

from blueprints.callbacks import wechat_pay


def register(app: Flask) -> None:
    app.extensions["csrf"].exempt(wechat_pay.blueprint)
    app.register_blueprint(wechat_pay.blueprint)
