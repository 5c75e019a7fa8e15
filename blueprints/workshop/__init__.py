"""The owner's console at `/workshop`: orders to pack and ship, products, batches, labels. For phones and wet hands."""

from __future__ import annotations

from flask import Flask

from blueprints.workshop.pages import blueprint
from blueprints.workshop.views import (
    aftersale,
    batches,
    cameras,
    labels,
    listing,
    messages,
    offers,
    orders,
    packing,
    pictures,
    products,
    reviews,
    shipping,
    specifications,
    statements,
    stock,
    today,
)

VIEWS = (
    today, orders, aftersale, reviews, packing, shipping, products, specifications, listing, pictures, stock, batches, labels,
    cameras, offers, messages, statements,
)  # fmt: skip


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
