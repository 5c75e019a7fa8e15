"""A product's page in two specifications: each value leads to a page of its own, or says why it can't."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from core.db import db
from domain.products.models import Product, Variant
from domain.stock.models import Stock, StockLot
from tests.factories.specifications import make_flavored
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def slug(app: Flask, clean_database: None) -> str:
    with committed(app):
        product = make_flavored()
        product.variants[2].picture = "/pictures/b"
        return product.slug


def choices(document: Element) -> dict[str, str]:
    """Each value with where it leads: `*` is the chosen one, without an address the reason why not."""
    found = {}
    for link in document.iter("a"):
        if link.get("data-pick"):
            value = (link.text or "").strip()
            reason = "".join(small.text or "" for small in link.iter("small"))
            found[value] = "*" if link.get("aria-current") else link.get("href", "").removesuffix("#buy") or reason
    return found


def sku_of(document: Element) -> str | None:
    return next(field.get("value") for field in document.iter("input") if field.get("name") == "sku")


def sell_out(app: Flask, sku: str) -> None:
    with committed(app):
        variant = db.session.query(Variant).filter_by(sku=sku).one()
        db.session.execute(update(Stock).where(Stock.variant_id == variant.id).values(on_hand=0))
        db.session.execute(update(StockLot).where(StockLot.variant_id == variant.id).values(on_hand=0))


def test_values_lead_to_variants_and_price_and_picture_follow(slug: str, browser: Browser, page: Page) -> None:
    first = page(browser.get(f"/products/{slug}"))
    assert sku_of(first) == "flavored-250-plain"
    assert choices(first) == {
        "原味": "*", "微辣": "?sku=flavored-250-hot", "250 g": "*", "500 g": "?sku=flavored-500-plain",
    }  # fmt: skip
    hot = page(browser.get(f"/products/{slug}?sku=flavored-250-hot"))
    assert sku_of(hot) == "flavored-250-hot"
    assert choices(hot) == {"原味": "?sku=flavored-250-plain", "微辣": "*", "250 g": "*", "500 g": "没有这种"}
    assert "11.00" in text_of(hot)
    pictures = [image.get("src") for image in hot.iter("img") if "/pictures/" in image.get("src", "")]
    assert pictures == ["/pictures/b-400.webp", "/pictures/a-400.webp"]


def test_another_flavor_takes_the_weight_along_that_there_is(slug: str, browser: Browser, page: Page) -> None:
    heavy = page(browser.get(f"/products/{slug}?sku=flavored-500-plain"))
    assert choices(heavy)["微辣"] == "?sku=flavored-250-hot"


def test_what_cannot_be_bought_says_why(app: Flask, slug: str, browser: Browser, page: Page) -> None:
    sell_out(app, "flavored-500-plain")
    assert choices(page(browser.get(f"/products/{slug}")))["500 g"] == "售罄"
    with committed(app):
        db.session.execute(update(Variant).where(Variant.sku == "flavored-250-hot").values(is_enabled=False))
    found = page(browser.get(f"/products/{slug}?sku=flavored-250-hot"))
    assert sku_of(found) == "flavored-250-plain", "what isn't sold can't be asked for"
    assert choices(found)["微辣"] == "停售"
    sold_out = page(browser.get(f"/products/{slug}?sku=flavored-500-plain"))
    assert sku_of(sold_out) == "flavored-500-plain"
    assert "售罄，正在做下一批" in text_of(sold_out)


def test_what_is_chosen_is_put_in_the_cart_under_its_name(slug: str, browser: Browser, page: Page) -> None:
    sku = sku_of(page(browser.get(f"/products/{slug}?sku=flavored-250-hot")))
    assert browser.post("/cart/lines", {"sku": sku, "quantity": "2"}).status_code == 302
    cart = page(browser.get("/cart"))
    assert "微辣 / 250 g" in text_of(cart)
    assert any("/pictures/b-400.webp" in image.get("src", "") for image in cart.iter("img"))


@pytest.mark.parametrize("sku", ["", "nothing", "x" * 40])
def test_an_unknown_sku_shows_the_first_variant(slug: str, browser: Browser, page: Page, sku: str) -> None:
    assert sku_of(page(browser.get(f"/products/{slug}?sku={sku}"))) == "flavored-250-plain"


def test_a_product_without_specifications_has_nothing_to_choose(
    app: Flask, slug: str, browser: Browser, page: Page
) -> None:
    with committed(app):
        product = db.session.query(Product).filter_by(slug=slug).one()
        product.specifications = []
        for variant in product.variants[1:]:
            variant.is_enabled = False
            variant.specification_values = [variant.name]
        product.variants[0].specification_values = []
        for variant in product.variants[1:]:
            db.session.execute(Stock.__table__.delete().where(Stock.variant_id == variant.id))
            db.session.execute(StockLot.__table__.delete().where(StockLot.variant_id == variant.id))
            db.session.delete(variant)
    found = page(browser.get(f"/products/{slug}"))
    assert choices(found) == {}
    assert sku_of(found) == "flavored-250-plain"
