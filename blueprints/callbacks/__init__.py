"""Where WeChat calls us. Everything that comes in is verified, kept, answered within seconds, and worked on by a job."""

from __future__ import annotations

from flask import Flask

from blueprints.callbacks import wechat_pay, wechat_push


def register(app: Flask) -> None:
    for noun in (wechat_pay, wechat_push):
        app.extensions["csrf"].exempt(noun.blueprint)
        app.register_blueprint(noun.blueprint)
