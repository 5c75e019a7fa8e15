"""What a packet's code opens: `/01/…` (GS1 Digital Link), and `/scan` for those who type it."""

from __future__ import annotations

from flask import Flask

from blueprints.trace import asking, packets


def register(app: Flask) -> None:
    app.register_blueprint(packets.blueprint)
    app.register_blueprint(asking.blueprint)
