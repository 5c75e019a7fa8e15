"""The operator's console at `/cluster`: orders, listings, the shop's own pages, figures. For a desk, 1280 pixels wide."""

from __future__ import annotations

from flask import Flask

from blueprints.cluster.pages import blueprint
from blueprints.cluster.views import (
    aftersale,
    alarms,
    banners,
    dispatch,
    listings,
    makers,
    orders,
    overview,
    payouts,
    promotions,
    reconciliation,
    refunds,
    reviews,
    settlement,
    shares,
    statements,
    statistics,
    topics,
    unshipped,
    withdrawals,
)

VIEWS = (
    overview, orders, dispatch, makers, unshipped, aftersale, reviews, settlement, shares, withdrawals, statements, payouts,
    reconciliation, refunds, alarms, listings, promotions, banners, topics, statistics,
)  # fmt: skip


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
