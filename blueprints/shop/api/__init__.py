"""The mini-program's JSON API under `/api/v1`: the same acts as the pages of the shop, one file per noun."""

from __future__ import annotations

from flask import Flask
from flask_openapi3.openapi import OpenAPI

# Each noun hangs its calls on the blueprint.
from blueprints.shop.api import (  # noqa: F401
    accounts,
    addresses,
    admission,
    aftersale,
    browsing,
    cart,
    checkout,
    coupons,
    document,
    groups,
    messages,
    order_moves,
    orders,
    pictures,
    products,
    reviews,
    signing_in,
    workshops,
)
from blueprints.shop.api.surface import blueprint


def register(app: Flask) -> None:
    """Open the API. It knows nobody by cookie, so no form token is asked for."""
    assert isinstance(app, OpenAPI)
    document.prepare(app)
    app.extensions["csrf"].exempt(blueprint)
    app.register_api(blueprint)
