"""Pages kept for everybody: nothing of one person in them, never older than a second."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from core.db import db
from core.settings import settings
from core.web import snapshots
from core.web.snapshots import RENEWAL_SECONDS, shelf
from domain.products.models import Product, Variant
from tests.factories.accounts import make_buyer
from tests.factories.purchases import make_received
from tests.fixtures.web import Browser


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages are kept, as in production; for longer, so that a busy machine doesn't let them lapse in between."""
    monkeypatch.setattr(settings(), "snapshot_seconds", 5)
    shelf.clear()
    yield
    shelf.clear()


@pytest.fixture
def variant(app: Flask, clean_database: None) -> Variant:
    with app.app_context():
        variant = make_received(5)
        assert variant.product.slug
        db.session.commit()
        db.session.refresh(variant)
        db.session.refresh(variant.product)
        db.session.expunge_all()
    return variant


def visitor(app: Flask) -> Browser:
    return Browser(app.test_client())


def csrf_of(page: str) -> str:
    tokens = set(re.findall(r'name="csrf[_-]token" (?:content|value)="([^"]+)"', page))
    assert len(tokens) == 1
    return tokens.pop()


def count_statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    from sqlalchemy import event

    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return statements


def test_the_second_visitor_costs_the_database_nothing_and_has_a_token_of_their_own(
    app: Flask, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/products/{variant.product.slug}"
    first, second = visitor(app), visitor(app)
    one = first.get(path).get_data(as_text=True)
    statements = count_statements(app, monkeypatch)
    two = second.get(path).get_data(as_text=True)
    assert statements == []
    mine, yours = csrf_of(one), csrf_of(two)
    assert mine != yours
    assert one.replace(mine, "") == two.replace(yours, "")
    added = second.client.post("/cart/lines", data={"csrf_token": yours, "sku": variant.sku})
    assert added.status_code == 302
    assert second.client.post("/cart/lines", data={"csrf_token": mine, "sku": variant.sku}).status_code == 400


def test_whoever_has_a_cart_or_is_signed_in_gets_a_page_of_their_own(
    app: Flask, variant: Variant, sign_in: Any
) -> None:
    path = f"/products/{variant.product.slug}"
    with_cart = visitor(app)
    with_cart.post("/cart/lines", {"sku": variant.sku, "quantity": "3"})
    assert "data-cart-count>3<" in with_cart.get(path).get_data(as_text=True)
    assert "data-cart-count>3<" not in visitor(app).get(path).get_data(as_text=True)
    assert "data-cart-count>3<" in with_cart.get(path).get_data(as_text=True)
    with app.app_context():
        buyer = make_buyer()
        db.session.commit()
        buyer_id = buyer.id
    assert "data-cart-count>3<" not in sign_in(buyer_id).get(path).get_data(as_text=True)


def test_each_language_has_its_own(app: Flask, variant: Variant) -> None:
    path = f"/products/{variant.product.slug}"
    chinese = visitor(app).get(path).get_data(as_text=True)
    english = visitor(app).get(path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="zh-CN">' in chinese
    assert '<html lang="en">' in english
    asked = visitor(app)
    assert '<html lang="en">' in asked.get(f"{path}?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in asked.get(path).get_data(as_text=True)


@pytest.mark.parametrize("path", ["/products/{}", "/api/v1/products/{}"])
def test_the_end_of_a_sale_is_seen_within_a_second(
    app: Flask, variant: Variant, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(settings(), "snapshot_seconds", 0.8)
    path = path.format(variant.product.slug)
    begun = time.monotonic()
    assert visitor(app).get(path).status_code == 200
    with app.app_context():
        db.session.get_one(Product, variant.product.id).status = "off_sale"
        db.session.commit()
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: begun + 0.79)
    assert visitor(app).get(path).status_code == 200
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: begun + 1.1)
    assert visitor(app).get(path).status_code == 404


def test_while_one_renders_others_have_the_old_page_for_a_moment() -> None:
    key = ("/x?", "zh")
    page = snapshots._Page(b"old", "text/html", good_until=10.0)
    shelf.put(key, page)
    assert shelf.take(key, 9.9) == page
    assert shelf.take(key, 10.05) is None, "the first one after that renders"
    others = shelf.take(key, 10.06)
    assert others is not None
    assert others.body == b"old"
    for late in (0.0, 0.01, 5.0):
        assert shelf.take(key, 10.0 + RENEWAL_SECONDS + late) is None, (
            "nobody sees it longer, even if rendering is slow"
        )


def test_errors_are_not_kept_and_the_shelf_is_bounded(app: Flask, variant: Variant) -> None:
    assert visitor(app).get("/products/nothing").status_code == 404
    assert visitor(app).get(f"/products?q={'x' * 250}").status_code in {200, 302, 422}
    assert len(shelf._pages) == 0
    for number in range(snapshots.MOST_PAGES + 5):
        shelf.put((f"/{number}?", "zh"), snapshots._Page(b"x", "text/html", 0.0))
    assert len(shelf._pages) == snapshots.MOST_PAGES
    assert ("/0?", "zh") not in shelf._pages
    for number in range(4):
        shelf.put((f"/big{number}?", "zh"), snapshots._Page(bytes(snapshots.MOST_BYTES // 3 + 1), "text/html", 0.0))
    assert len(shelf._pages) == 2
