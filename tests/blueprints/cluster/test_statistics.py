"""Each figure adds up, and leads to the orders it is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.clock import now, today
from core.db import db
from domain.orders import figures
from domain.orders.models import OrderStatus
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import make_received, place
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def sold(app: Flask, clean_database: None) -> list[str]:
    """Paid today: an order of two workshops; five days ago: one of the second; and one nobody paid."""
    with app.app_context():
        first, second = make_workshop(slug="first"), make_workshop(slug="second")
        bottle = make_received(9, make_product(first, slug="bottle"), price_fen=1000)
        cake = make_received(9, make_product(second, slug="cake"), price_fen=5000)
        orders = [place(make_buyer(), wanted) for wanted in ({bottle: 2, cake: 1}, {cake: 2}, {bottle: 1})]
        for order, days in zip(orders, (0, 5), strict=False):
            order.status, order.paid_at = OrderStatus.PAID, now() - timedelta(days=days)
        orders[1].lines[0].refunded_fen = 4000
        db.session.commit()
        return [order.number for order in orders]


def test_figures_are_sums_of_paid_orders(app: Flask, sold: list[str]) -> None:
    with app.app_context():
        days = figures.sales_by_day(today() - timedelta(days=6), today())
        assert [(day.orders, day.paid_fen) for day in days if day.orders] == [(1, 10000), (1, 8600)]
        assert len(days) == 7
        shares = figures.sales_by_workshop(today() - timedelta(days=6), today())
        assert [(share.orders, share.packets, share.paid_fen, share.refunded_fen) for share in shares] == [
            (2, 3, 15000, 4000),
            (1, 2, 2000, 0),
        ]
        assert [share.key for share in figures.top_products(today(), today())] == ["cake", "bottle"]


def test_each_figure_leads_to_its_rows(operator: Browser, sold: list[str], page: Page) -> None:
    document = page(operator.get("/cluster/statistics"))
    links = {text_of(link): link.get("href") or "" for link in document.findall(".//main//a")}
    assert links["付款订单2"]
    rows = {"付款订单2": sold[:2], "实收¥186.00含运费": sold[:2]}
    for name, numbers in rows.items():
        words = text_of(page(operator.get(links[name])))
        assert [number in words for number in sold] == [number in numbers for number in sold]
    [bar] = [link for link in document.iter() if (link.get("aria-label") or "") == f"{today()} ¥86.00"]
    words = text_of(page(operator.get(bar.get("href") or "")))
    assert [number in words for number in sold] == [True, False, False]
    by_product = f"/cluster/orders?paid=1&product=bottle&from_day={today() - timedelta(days=9)}&until_day={today()}"
    words = text_of(page(operator.get(by_product)))
    assert [number in words for number in sold] == [True, False, False]
    assert sold[0] not in text_of(page(operator.get("/cluster/orders?refunded=1")))


def test_days_that_make_no_sense(operator: Browser, sold: list[str]) -> None:
    for query in ("from_day=2026-02-01&until_day=2026-01-01", "from_day=2020-01-01&until_day=2026-01-01", "from_day=x"):
        assert operator.get(f"/cluster/statistics?{query}").status_code == 422
    with operator.get("/cluster/statistics.xlsx") as response:
        assert response.status_code == 200
