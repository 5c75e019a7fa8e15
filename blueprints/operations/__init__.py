"""What operators of the machine call: health, readiness, metrics, and the commands of the processes."""

from __future__ import annotations

from flask import Flask

from blueprints.operations import commands, health


def register(app: Flask) -> None:
    app.register_blueprint(health.blueprint)
    commands.register(app)
