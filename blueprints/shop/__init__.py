"""The storefront: what buyers see and do, as pages and as the mini-program's API."""

from __future__ import annotations

from flask import Flask

from blueprints.shop import holders, pictures
from blueprints.shop.api import register as register_api
from blueprints.shop.pages import blueprint
from blueprints.shop.views import (
    addresses,
    aftersale,
    browsing,
    cart,
    checkout,
    coupons,
    groups,
    home,
    me,
    messages,
    orders,
    paying,
    products,
    reviews,
    topics,
    workshops,
)

VIEWS = (
    home, products, reviews, workshops, cart, checkout, orders, paying, aftersale, addresses, me, messages, coupons, topics,
    browsing, groups,
)  # fmt: skip


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.register_blueprint(pictures.blueprint)
    app.jinja_env.globals["cart_count"] = holders.cart_count
    register_api(app)
