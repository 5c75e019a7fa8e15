"""The operator's console at `/cluster`: orders, listings, the shop's own pages, figures. For a desk, 1280 pixels wide."""

from __future__ import annotations

from flask import Flask

from blueprints.cluster.pages import blueprint
from blueprints.cluster.views import listings, orders, overview, payouts, settlement, statements

VIEWS = (overview, orders, listings, settlement, statements, payouts)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
