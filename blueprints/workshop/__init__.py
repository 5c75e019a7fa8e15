"""The owner's console at `/workshop`: orders to pack and ship, products, batches, labels. For phones and wet hands."""

from __future__ import annotations

from flask import Flask

from blueprints.workshop.pages import blueprint
from blueprints.workshop.views import (
    batches,
    cameras,
    labels,
    listing,
    orders,
    packing,
    pictures,
    products,
    statements,
    stock,
    today,
)

VIEWS = (today, orders, packing, products, listing, pictures, stock, batches, labels, cameras, statements)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
