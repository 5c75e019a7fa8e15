"""Film: the live wall, a workshop's zones, the playlists and bytes behind them, and the recorder's command."""

from __future__ import annotations

from flask import Flask

from blueprints.live import commands, media, wall


def register(app: Flask) -> None:
    app.register_blueprint(media.blueprint)
    app.register_blueprint(wall.blueprint)
    commands.register(app)
