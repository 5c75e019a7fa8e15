"""The owner's table of combinations: a second dimension, prices, packets, what isn't sold for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.products.models import Product, Variant
from domain.stock.models import Stock
from tests.blueprints.workshop.conftest import Bench
from tests.fixtures.pages import text_of
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def address(app: Flask, bench: Bench) -> str:
    """The product's, with its two variants called 250 g and 500 g."""
    with app.app_context():
        for variant, name in zip(_product(bench).variants, ("250 g", "500 g"), strict=True):
            variant.name, variant.specification_values = name, [name]
        db.session.commit()
    return f"/workshop/products/{bench.slug}"


def _product(bench: Bench) -> Product:
    return db.session.query(Product).filter_by(slug=bench.slug).one()


def dimensions(**changes: str) -> dict[str, str]:
    """口味 in front of what is called 规格 until now."""
    form = {
        "first_name": "重量", "values.0.place": "0", "values.0.was": "250 g", "values.0.name": "250 g",
        "values.1.place": "0", "values.1.was": "500 g", "values.1.name": "500 g",
        "second_name": "口味", "second_values": "原味、微辣",
    }  # fmt: skip
    return form | changes


def table(*rows: dict[str, str], **whole: str) -> dict[str, str]:
    form = dict(whole)
    for place, row in enumerate(rows):
        form |= {f"combinations.{place}.{name}": value for name, value in row.items()}
    return form


def sold(app: Flask, bench: Bench) -> dict[str, tuple[int, int, bool]]:
    with app.app_context():
        return {row.name: (row.price_fen, row.weight_grams, row.is_enabled) for row in _product(bench).variants}


def test_a_second_dimension_is_added_and_its_combinations_are_priced_counted_and_disabled(
    app: Flask, owner: Browser, bench: Bench, address: str, page: Page
) -> None:
    page(owner.get(f"{address}/specifications"))
    assert owner.post(f"{address}/specifications", dimensions()).status_code == 302
    assert set(sold(app, bench)) == {"250 g / 原味", "500 g / 原味"}
    shown = page(owner.get(f"{address}/specifications"))
    assert "250 g / 微辣" in text_of(shown)
    form = table(
        {"name": "250 g / 原味", "is_enabled": "1", "price": "13", "weight_grams": "300"},
        {"name": "250 g / 微辣", "is_enabled": "1", "packets": "7"},
        {"name": "500 g / 原味"},
        {"name": "500 g / 微辣"},
        price="15。50", weight_grams="320",
    )  # fmt: skip
    assert owner.post(f"{address}/combinations", form).status_code == 302
    assert sold(app, bench) == {
        "250 g / 原味": (1300, 300, True), "250 g / 微辣": (1550, 320, True), "500 g / 原味": (1280, 500, False),
    }  # fmt: skip
    with app.app_context():
        made = db.session.query(Variant).filter_by(name="250 g / 微辣").one()
        assert db.session.get_one(Stock, made.id).on_hand == 7
        assert _product(bench).status == "submitted", "a new combination is looked at before it is sold"
    assert "停售" in text_of(page(owner.get(address)))
    assert owner.get(f"{address}/variants/new").location.endswith("/specifications")
    page(owner.get(f"/workshop/variants/{made.id}/edit"))


WRONG = [
    ("specifications", dimensions(**{"values.1.name": ""}), 422),
    ("specifications", dimensions(second_name="重量"), 422),
    ("specifications", dimensions(second_values=""), 422),
    ("specifications", dimensions(**{"values.0.name": "x" * 61}), 422),
    ("specifications", dimensions(**{"values.0.was": "改过的"}), 422),
    ("specifications", dimensions(first_name="", second_name=""), 422),
    ("combinations", table({"name": "没有的", "is_enabled": "1"}), 422),
    ("combinations", table({"name": "250 g", "is_enabled": "1", "price": "-1"}), 422),
    ("combinations", table({"name": "250 g"}, {"name": "500 g"}), 409),
    ("combinations", table({"name": "250 g", "is_enabled": "1", "picture": "/pictures/elsewhere"}), 422),
]


@pytest.mark.parametrize(("where", "form", "status"), WRONG)
def test_what_is_wrong_is_said_and_changes_nothing(
    owner: Browser, address: str, page: Page, unchanged: Unchanged, where: str, form: dict[str, Any], status: int
) -> None:
    with unchanged():
        refused = owner.post(f"{address}/{where}", form)
    assert refused.status_code == status
    document = page(refused)
    is_marked = any(each.get("aria-invalid") for each in document.iter("input"))
    assert is_marked or any("refusal" in (each.get("class") or "") for each in document.iter("div"))


def test_a_new_combination_needs_a_price_and_a_weight(owner: Browser, address: str, page: Page) -> None:
    owner.post(f"{address}/specifications", dimensions())
    refused = owner.post(f"{address}/combinations", table({"name": "250 g / 微辣", "is_enabled": "1"}))
    assert refused.status_code == 422
    assert "新组合没写的要在这里写一个" in text_of(page(refused))


def test_another_workshops_product_is_not_found(owner: Browser, theirs: Bench) -> None:
    for where in ("specifications", "combinations"):
        assert owner.post(f"/workshop/products/{theirs.slug}/{where}", dimensions()).status_code == 404
    assert owner.get(f"/workshop/products/{theirs.slug}/specifications").status_code == 404
