"""Favorites, recently viewed and searches on pages and by the API; pages ask the database a fixed number of times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from core.db import db
from tests.blueprints.shop.api.conftest import World
from tests.factories.accounts import make_operator
from tests.factories.products import make_product, make_variant
from tests.factories.purchases import make_received, place
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def test_a_buyer_keeps_looks_searches_and_clears(buyer: Browser, world: World, page: Page) -> None:
    address = f"/products/{world.product}"
    name = text_of(page(buyer.get(address)).findall(".//h1")[0])
    assert buyer.post(f"{address}/favorite").status_code == 302
    assert name in text_of(page(buyer.get("/favorites")))
    assert name in text_of(page(buyer.get("/recently-viewed")))
    assert buyer.post(f"{address}/favorite/remove").status_code == 302
    assert name not in text_of(page(buyer.get("/favorites")))
    assert buyer.post("/recently-viewed/clear").status_code == 302
    assert name not in text_of(page(buyer.get("/recently-viewed")))
    page(buyer.get("/products?q=%E8%B1%86%E8%85%90"))
    assert "豆腐" in text_of(page(buyer.get("/search")).findall(".//main")[0])
    assert buyer.post("/search/clear").status_code == 302
    assert "搜过的" not in text_of(page(buyer.get("/search")))
    assert buyer.post("/products/nope/favorite").status_code == 404


def test_a_visitor_leaves_no_trace(browser: Browser, world: World, page: Page) -> None:
    from domain.browsing.models import ProductView, Search

    page(browser.get(f"/products/{world.product}"))
    page(browser.get("/products?q=x"))
    page(browser.get("/search"))
    assert browser.get("/favorites").status_code == 302
    assert browser.post(f"/products/{world.product}/favorite").status_code == 401
    with browser.client.application.app_context():
        assert db.session.query(ProductView).count() == db.session.query(Search).count() == 0


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path",
    ["/", "/products", "/products/{slug}", "/cart", "/orders", "/favorites", "/cluster/orders", "/cluster/listings"],
)
def test_a_page_asks_as_often_for_many_rows_as_for_few(
    app: Flask, world: World, buyer: Browser, sign_in: Callable[[int], Browser], path: str
) -> None:
    from domain.accounts.models import Account
    from domain.browsing import keeping

    with committed(app):
        operator_id = make_operator().id
    who = sign_in(operator_id) if path.startswith("/cluster") else buyer
    path = path.format(slug=world.product)
    with committed(app):
        account = db.session.get_one(Account, world.buyer)
        place(account, {make_received(5): 1})
        keeping.keep_favorite(world.buyer, make_variant(make_product()).product.slug)
    buyer.post("/cart/lines", {"sku": world.wine, "quantity": "1"})
    who.get(path)
    with counted(app) as few:
        assert who.get(path).status_code == 200
    with committed(app):
        account = db.session.get_one(Account, world.buyer)
        for _ in range(3):
            place(account, {make_received(5): 1, make_received(5): 2})
            keeping.keep_favorite(world.buyer, make_variant(make_product()).product.slug)
        more = [make_received(9).sku for _ in range(4)]
    for sku in [world.wine, *more]:
        buyer.post("/cart/lines", {"sku": sku, "quantity": "1"})
    with counted(app) as many:
        assert who.get(path).status_code == 200
    assert len(many) == len(few), "\n".join(many)
    assert len(many) < 25
