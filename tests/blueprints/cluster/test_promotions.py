"""The operator makes coupons, flash sales and bundles, sees what is wrong with one, and stops it with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.promotions.models import Bundle, Coupon, FlashSale, GroupBuy, PromotionHistory
from tests.factories.groups import make_offer, take_place, team_of
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
WHILE = {"starts_at": "2026-01-01T00:00", "ends_at": "2036-01-01T00:00"}
COUPON = {
    "title": "见面礼", "kind": "percentage", "tenths": "9", "cap_fen": "30", "target": "brand:hong",
    "total_limit": "100", "valid_from": "2026-01-01T00:00", "valid_until": "2036-01-01T00:00",
}  # fmt: skip


def one(model: Any) -> Any:
    return db.session.query(model).one()


def parts(*rows: tuple[str, int]) -> dict[str, str]:
    typed: dict[str, str] = {}
    for place, (sku, quantity) in enumerate(rows):
        typed |= {f"parts.{place}.sku": sku, f"parts.{place}.quantity": str(quantity)}
    return typed


def fields(document: Element, name: str) -> list[str | None]:
    """The values of the inputs and buttons of a name, in their order."""
    found = (each for each in document.iter() if each.tag in {"input", "button"} and each.get("name") == name)
    return [each.get("value") for each in found]


def choices(document: Element) -> dict[str | None, str]:
    """Where a coupon may be used: each option with its words, the chosen one with a star."""
    options = (option for select in document.iter("select") for option in select.iter("option"))
    return {
        each.get("value"): ("*" if each.get("selected") is not None else "") + (each.text or "") for each in options
    }


@pytest.fixture
def skus(app: Flask, clean_database: None) -> list[str]:
    with committed(app):
        return [make_variant(price_fen=price).sku for price in (6800, 1200)]


def test_each_kind_is_made_listed_and_stopped_with_a_reason(
    app: Flask, operator: Browser, skus: list[str], page: Page
) -> None:
    made: dict[str, dict[str, Any]] = {
        "coupons": COUPON,
        "flash_sales": {"sku": skus[0], "price_fen": "59.90", "seats": "5"} | WHILE,
        "group_buys": {"sku": skus[0], "price_fen": "49.90", "size": "3", "seats": "30", "funder": "workshop"} | WHILE,
        "bundles": {"title": "一酒两糕", "price_fen": "80", **parts((skus[0], 1), (skus[1], 2))} | WHILE,
    }
    for kind, form in made.items():
        page(operator.get(f"/cluster/promotions/new/{kind}"))
        assert operator.post(f"/cluster/promotions/new/{kind}", form).status_code == 302, kind
    with app.app_context():
        coupon, sale, bundle = (one(model) for model in (Coupon, FlashSale, Bundle))
        together = one(GroupBuy)
        assert (together.price_fen, together.size, together.hours) == (4990, 3, 24)
        assert together.funded_by_workshop_id == together.variant.product.workshop_id
        assert (coupon.off_basis_points, coupon.cap_fen, sale.price_fen) == (1000, 3000, 5990)
        assert [item.quantity for item in bundle.items] == [1, 2]
        keys = {"coupons": coupon.id, "flash_sales": sale.id, "group_buys": together.id, "bundles": bundle.id}
    assert "一酒两糕" in text_of(page(operator.get("/cluster/promotions")))
    for kind, key in keys.items():
        address = f"/cluster/promotions/{kind}/{key}"
        assert operator.post(f"{address}/stop").status_code == 422
        assert operator.post(f"{address}/stop", {"reason": "写错了"}).status_code == 302
        assert operator.post(f"{address}/stop", {"reason": "再停"}).status_code == 409
        assert "写错了" in text_of(page(operator.get(address)))
    with app.app_context():
        assert db.session.query(PromotionHistory).count() == 8


def test_what_is_wrong_stands_at_its_field(app: Flask, operator: Browser, skus: list[str], page: Page) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("coupons", COUPON | {"target": "brand:blue"}),
        ("coupons", COUPON | {"target": "product:999999"}),
        ("coupons", COUPON | {"target": "nowhere"}),
        ("coupons", COUPON | {"tenths": ""}),
        ("flash_sales", {"sku": "NOTHING", "price_fen": "1", "seats": "5"} | WHILE),
        ("flash_sales", {"sku": skus[0], "price_fen": "68", "seats": "5"} | WHILE),
        ("group_buys", {"sku": skus[0], "price_fen": "68", "size": "3", "seats": "5"} | WHILE),
        ("group_buys", {"sku": skus[0], "price_fen": "49", "size": "6", "seats": "5"} | WHILE),
        ("group_buys", {"sku": "NOTHING", "price_fen": "49", "size": "3", "seats": "5"} | WHILE),
        ("bundles", {"title": "组合", "price_fen": "80", **parts((skus[0], 1))} | WHILE),
        ("bundles", {"title": "组合", "price_fen": "80", **parts((skus[0], 1), ("NOTHING", 1))} | WHILE),
    ]
    for kind, form in wrong:
        refused = operator.post(f"/cluster/promotions/new/{kind}", form)
        assert refused.status_code == 422, (kind, form)
        page(refused)
    assert operator.get("/cluster/promotions/coupons/999999").status_code == 404
    with app.app_context():
        assert all(db.session.query(model).count() == 0 for model in (Coupon, FlashSale, GroupBuy, Bundle))


@pytest.fixture
def goods(app: Flask, clean_database: None) -> dict[str, str]:
    """Two goods of one workshop: their SKUs, and the wine's own key."""
    with committed(app):
        cellar = make_workshop(name="石格酒坊")
        wine = make_variant(make_product(cellar, name="温壶老酒"), price_fen=6800, name="480 g 白瓷瓶")
        lees = make_variant(make_product(cellar, name="红糟"), price_fen=1200)
        hidden = make_variant(make_product(cellar, name="老酒旧瓶"), is_enabled=False)
        return {"wine": wine.sku, "lees": lees.sku, "hidden": hidden.sku, "key": str(wine.product_id)}


@pytest.mark.parametrize("words", ["老酒", "石格 白瓷", "温壶"])
def test_goods_are_found_by_name_workshop_and_variant(
    operator: Browser, goods: dict[str, str], page: Page, words: str
) -> None:
    typed = {"q": words, "look": "1", "price_fen": "59.90"}
    found = page(operator.post("/cluster/promotions/new/flash_sales", typed))
    assert goods["wine"] in fields(found, "sku")
    assert goods["hidden"] not in fields(found, "sku"), "it isn't sold"
    assert fields(found, "price_fen") == ["59.90"], "what was typed stays"
    assert "石格酒坊" in text_of(found)


def test_a_sku_is_found_and_strange_words_are_not(operator: Browser, goods: dict[str, str], page: Page) -> None:
    look = {"look": "1"}
    by_sku = page(operator.post("/cluster/promotions/new/flash_sales", look | {"q": goods["lees"].lower()}))
    assert fields(by_sku, "sku") == [goods["lees"]]
    for words in ("%", "没有的东西", "_" * 5, "\\"):
        nothing = page(operator.post("/cluster/promotions/new/flash_sales", look | {"q": words}))
        assert fields(nothing, "sku") == []
        assert "没有找到这样的商品" in text_of(nothing)


def test_a_bundle_is_put_together_without_scripts(
    app: Flask, operator: Browser, goods: dict[str, str], page: Page
) -> None:
    address = "/cluster/promotions/new/bundles"
    typed = {"title": "一酒一糟", "price_fen": "70", "q": "石格"} | WHILE
    found = page(operator.post(address, typed | {"look": "1"}))
    assert set(fields(found, "add")) == {goods["wine"], goods["lees"]}
    one = page(operator.post(address, typed | {"add": goods["wine"]}))
    assert fields(one, "parts.0.sku") == [goods["wine"]]
    two = page(operator.post(address, typed | parts((goods["wine"], 1)) | {"add": goods["lees"]}))
    assert (fields(two, "parts.1.sku"), fields(two, "title")) == ([goods["lees"]], ["一酒一糟"])
    assert fields(two, "add") == [], "both are in"
    kept = operator.post(address, typed | parts((goods["wine"], 1), (goods["lees"], 2)))
    assert kept.status_code == 302
    with app.app_context():
        bundle = db.session.query(Bundle).one()
        assert sorted(item.quantity for item in bundle.items) == [1, 2]


def test_a_coupon_for_one_product_is_found_by_name(
    app: Flask, operator: Browser, goods: dict[str, str], page: Page
) -> None:
    found = page(operator.post("/cluster/promotions/new/coupons", COUPON | {"target": "all", "q": "温壶", "look": "1"}))
    target = f"product:{goods['key']}"
    assert choices(found)[target] == "*温壶老酒（石格酒坊）"
    assert operator.post("/cluster/promotions/new/coupons", COUPON | {"target": target}).status_code == 302
    with app.app_context():
        coupon = db.session.query(Coupon).one()
        assert (coupon.scope, coupon.scope_ref) == ("product", goods["key"])
        key = coupon.id
    edited = page(operator.get(f"/cluster/promotions/coupons/{key}/edit"))
    assert choices(edited)[target].startswith("*"), "the chosen one stays without a search"
    assert "温壶老酒" in text_of(page(operator.get(f"/cluster/promotions/coupons/{key}")))


def make_each(operator: Browser, skus: list[str]) -> None:
    operator.post("/cluster/promotions/new/coupons", COUPON)
    operator.post("/cluster/promotions/new/flash_sales", {"sku": skus[0], "price_fen": "59.90", "seats": "5"} | WHILE)
    together = {"sku": skus[0], "price_fen": "55", "size": "3", "seats": "30"}
    operator.post("/cluster/promotions/new/group_buys", together | WHILE)
    bundle = {"title": "组合", "price_fen": "75", **parts((skus[0], 1), (skus[1], 1))}
    operator.post("/cluster/promotions/new/bundles", bundle | WHILE)


def test_each_kind_is_changed_with_a_reason_and_what_may_not_change_stays(
    app: Flask, operator: Browser, skus: list[str], page: Page
) -> None:
    make_each(operator, skus)
    with app.app_context():
        keys = {model.__tablename__: one(model).id for model in (Coupon, FlashSale, GroupBuy, Bundle)}
    later = {"starts_at": "2030-01-01T00:00", "ends_at": "2035-01-01T00:00"}
    changes: dict[str, dict[str, Any]] = {
        "coupons": COUPON | {"total_limit": "50", "code": "STRANGE1"},
        "flash_sales": {"sku": skus[1], "price_fen": "49.90", "seats": "9"} | later,
        "group_buys": {"sku": skus[1], "price_fen": "1", "size": "9", "hours": "3", "seats": "40"} | later,
        "bundles": {"title": "新组合", "price_fen": "70", **parts((skus[1], 5))} | later,
    }
    for kind, form in changes.items():
        address = f"/cluster/promotions/{kind}/{keys[kind]}"
        shown = page(operator.get(f"{address}/edit"))
        assert fields(shown, "reason") == [""]
        assert operator.post(f"{address}/edit", form | {"reason": "价格写错了"}).status_code == 302
        told = text_of(page(operator.get(address)))
        assert "价格写错了" in told
    with app.app_context():
        coupon, sale, bundle = (one(model) for model in (Coupon, FlashSale, Bundle))
        assert (coupon.total_limit, coupon.code) == (50, None)
        assert (sale.variant.sku, sale.price_fen, sale.seats, sale.starts_at.year) == (skus[0], 4990, 9, 2025)
        offer = one(GroupBuy)
        assert (offer.seats, offer.price_fen, offer.size, offer.hours) == (40, 5500, 3, 24)
        assert (bundle.title, [item.quantity for item in bundle.items]) == ("新组合", [1, 1])
        acts = [row.act for row in db.session.query(PromotionHistory).order_by(PromotionHistory.id)]
        assert acts == ["made"] * 4 + ["changed"] * 4


def test_a_refused_change_says_where_and_keeps_everything(
    app: Flask, operator: Browser, skus: list[str], page: Page
) -> None:
    make_each(operator, skus)
    with app.app_context():
        sale = db.session.query(FlashSale).one()
        sale.taken, key = 4, sale.id
        db.session.commit()
    good = {"sku": skus[0], "price_fen": "49.90", "seats": "5"} | WHILE
    address = f"/cluster/promotions/flash_sales/{key}"
    for wrong in ({"seats": "3"}, {"price_fen": "68"}, {"ends_at": "2020-01-01T00:00"}, {"per_person_limit": "9"}):
        refused = operator.post(f"{address}/edit", good | wrong)
        assert refused.status_code == 422, wrong
        page(refused)
    operator.post(f"{address}/stop", {"reason": "不做了"})
    assert operator.post(f"{address}/edit", good).status_code == 409
    with app.app_context():
        assert db.session.get_one(FlashSale, key).price_fen == 5990
    assert operator.get("/cluster/promotions/flash_sales/999999/edit").status_code == 404
    assert operator.post("/cluster/promotions/nothing/1/edit", good).status_code == 404


def test_an_offer_shows_its_groups(app: Flask, operator: Browser, page: Page) -> None:
    with committed(app):
        offer = make_offer(size=2)
        first = take_place(offer)
        take_place(offer, code=team_of(first).code)
        lonely, offer_id = take_place(offer), offer.id
        codes = {team_of(first).code: "2 / 2", team_of(lonely).code: "1 / 2"}
        number = lonely.number
    listed = page(operator.get("/cluster/promotions"))
    assert "3 / 100" in text_of(listed)
    cells = [text_of(cell) for row in listed.iter("tr") for cell in row.iter("td")]
    assert cells[cells.index("3 / 100") + 1 :][:3] == ["1", "1", "0"]
    shown = text_of(page(operator.get(f"/cluster/promotions/group_buys/{offer_id}")))
    assert all(code in shown and count in shown for code, count in codes.items())
    assert "待成团" in text_of(page(operator.get(f"/cluster/orders/{number}")))
