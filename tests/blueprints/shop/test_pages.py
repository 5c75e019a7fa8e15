"""Each page of the storefront is a valid page, for a visitor and for a buyer, in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from core.db import db
from domain.products.models import ListingStatus, Product, Variant
from domain.stock.models import Stock
from tests.blueprints.shop.api.conftest import World
from tests.factories.accounts import make_buyer, make_owner
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]

# Path → its heading in Chinese and in English. What workshops wrote stays as they wrote it.
PUBLIC = {
    "/": ("坂里的灶台，今天也开着火", "The stoves of Banli are lit today"),
    "/products": ("全部商品", "All products"),
    "/products?q=nothing": ("全部商品", "All products"),
    "/workshops": ("作坊名录", "Workshop directory"),
    "/workshops/{workshop}": ("四大桶红曲酒坊", "四大桶红曲酒坊"),
    "/cart": ("购物车", "Cart"),
    "/me": ("我的", "Account"),
    "/sign-in": ("登录", "Sign in"),
    "/staff/sign-in": ("工作人员登录", "Staff sign-in"),
}
SIGNED_IN = {
    "/checkout": ("确认订单", "Review your order"),
    "/checkout?sku={wine}": ("确认订单", "Review your order"),
    "/addresses": ("收货地址", "Addresses"),
    "/addresses?edit={address}": ("收货地址", "Addresses"),
    "/addresses?next=/checkout": ("收货地址", "Addresses"),
    "/orders": ("我的订单", "My orders"),
    "/orders?status=awaiting_payment": ("我的订单", "My orders"),
    "/orders?status=expired": ("我的订单", "My orders"),
    "/orders/{awaiting}": ("订单详情", "Order details"),
    "/orders/{shipped}": ("订单详情", "Order details"),
    "/orders/{shipped}/pay/done": ("付好了", "Paid, thank you"),
}
ALL = PUBLIC | SIGNED_IN


def at(world: World, path: str) -> str:
    return path.format_map(asdict(world))


def heading(document: Element) -> str:
    found = document.find(".//h1")
    assert found is not None
    return text_of(found)


def check_references(document: Element) -> None:
    """Ids stand once; what points to an id finds it."""
    ids = Counter(each.get("id") for each in document.iter() if each.get("id"))
    assert not [name for name, count in ids.items() if count > 1]
    for each in document.iter():
        for attribute in ("for", "form", "aria-describedby", "aria-labelledby", "aria-controls"):
            for name in each.get(attribute, "").split():
                assert name in ids, f'{each.tag} {attribute}="{name}"'


@pytest.mark.parametrize("path", PUBLIC)
def test_a_visitor(world: World, browser: Browser, page: Page, path: str) -> None:
    response = browser.get(at(world, path))
    assert response.status_code == 200
    document = page(response)
    check_references(document)
    assert (document.get("lang"), heading(document)) == ("zh-CN", ALL[path][0])


@pytest.mark.parametrize("path", ALL)
def test_a_buyer_in_both_languages(world: World, buyer: Browser, page: Page, path: str) -> None:
    chinese = page(buyer.get(at(world, path)))
    check_references(chinese)
    assert (chinese.get("lang"), heading(chinese)) == ("zh-CN", ALL[path][0])
    english = page(buyer.get(at(world, path) + ("&" if "?" in path else "?") + "lang=en"))
    assert (english.get("lang"), heading(english)) == ("en", ALL[path][1])
    # The choice is kept, whatever the browser prefers.
    kept = page(buyer.get(at(world, path), headers={"Accept-Language": "zh-CN"}))
    assert kept.get("lang") == "en"


def test_the_browsers_language_counts_while_nothing_is_chosen(world: World, browser: Browser, page: Page) -> None:
    assert page(browser.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})).get("lang") == "en"
    assert page(browser.get("/", headers={"Accept-Language": "fr, zh;q=0.5"})).get("lang") == "zh-CN"
    assert page(browser.get("/?lang=klingon")).get("lang") == "zh-CN"


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_visitor_is_sent_to_sign_in_and_back(world: World, browser: Browser, path: str) -> None:
    response = browser.get(at(world, path))
    place = urlsplit(response.headers["Location"])
    assert (response.status_code, place.netloc, place.path) == (302, "", "/sign-in")
    assert parse_qs(place.query)["next"] == [at(world, path)]


def test_a_product_says_what_the_law_wants_said(world: World, browser: Browser, page: Page) -> None:
    text = text_of(page(browser.get(at(world, "/products/{product}"))))
    for fact in ("糯米", "红曲米", "30", "四大桶红曲酒坊", "¥68.00", "示例"):
        assert fact in text


def test_someone_without_anything(app: Flask, world: World, sign_in: Any, page: Page) -> None:
    with committed(app):
        newcomer = make_buyer("新人").id
    browser: Browser = sign_in(newcomer)
    for path in ("/cart", "/orders", "/addresses", "/me", "/orders?status=completed&page=3"):
        check_references(page(browser.get(path)))
    assert browser.get("/checkout").headers["Location"] == "/cart"


def test_checkout_without_an_address_asks_for_one(app: Flask, world: World, sign_in: Any, page: Page) -> None:
    with committed(app):
        newcomer = make_buyer("新人").id
    browser: Browser = sign_in(newcomer)
    browser.post("/cart/lines", {"sku": world.wine})
    document = page(browser.get("/checkout"))
    check_references(document)
    [form] = [form for form in document.iter("form") if form.get("action") == "/addresses"]
    assert {field.get("name") for field in form.iter("input")} >= {"recipient", "phone", "next", "csrf_token"}
    buttons = [button for button in document.iter("button") if button.get("form") == "order"]
    assert [button.get("disabled") for button in buttons] == [""]


def test_a_cart_says_what_is_wrong_with_each_line(app: Flask, world: World, buyer: Browser, page: Page) -> None:
    buyer.post("/cart/lines", {"sku": world.scarce, "quantity": "2"})
    with committed(app):
        wine = db.session.query(Variant).filter_by(sku=world.wine).one()
        db.session.execute(update(Stock).where(Stock.variant_id == wine.id).values(on_hand=0, reserved=0))
        cake = db.session.query(Variant).filter_by(sku=world.cake).one()
        db.session.execute(update(Product).filter_by(id=cake.product_id).values(status=ListingStatus.OFF_SALE))
    document = page(buyer.get("/cart"))
    check_references(document)
    lines = {form.get("data-keep"): text_of(form) for form in document.iter("form") if form.get("data-keep")}
    assert set(lines) == {world.wine, world.cake, world.scarce}
    for sku, word in ((world.wine, "售罄"), (world.cake, "下架"), (world.scarce, "1")):
        assert word in lines[sku]


def test_a_sold_out_product_cannot_be_bought(app: Flask, world: World, browser: Browser, page: Page) -> None:
    with committed(app):
        slug = make_variant(stock=0).product.slug
    document = page(browser.get(f"/products/{slug}"))
    assert "售罄" in text_of(document)
    live = [
        button for button in document.iter("button") if button.get("name") == "go" and button.get("disabled") is None
    ]
    assert live == []


def test_an_owner_finds_the_console(app: Flask, world: World, sign_in: Any, page: Page) -> None:
    with committed(app):
        owner = make_owner(make_workshop()).id
    document = page(sign_in(owner).get("/me"))
    assert "/workshop" in {link.get("href") for link in document.iter("a")}


def test_signing_out_is_a_form_with_a_token(world: World, buyer: Browser, page: Page) -> None:
    forms = [form.get("action") for form in page(buyer.get("/me")).iter("form")]
    assert "/sign-out" in forms
    assert buyer.get("/sign-out").status_code == 405
