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
from tests.factories.products import make_variant
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
WHILE = {"starts_at": "2026-01-01T00:00", "ends_at": "2036-01-01T00:00"}
COUPON = {
    "title": "见面礼", "kind": "percentage", "tenths": "9", "cap_fen": "30", "scope": "brand", "scope_ref": "hong",
    "total_limit": "100", "valid_from": "2026-01-01T00:00", "valid_until": "2036-01-01T00:00",
}  # fmt: skip


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
        "bundles": {"title": "一酒两糕", "price_fen": "80", "parts": f"{skus[0]}\n{skus[1]} × 2"} | WHILE,
    }
    for kind, form in made.items():
        page(operator.get(f"/cluster/promotions/new/{kind}"))
        assert operator.post(f"/cluster/promotions/new/{kind}", form).status_code == 302, kind
    with app.app_context():
        coupon, sale, bundle = (db.session.query(model).one() for model in (Coupon, FlashSale, Bundle))
        together = db.session.query(GroupBuy).one()
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
        ("coupons", COUPON | {"scope_ref": "blue"}),
        ("coupons", COUPON | {"tenths": ""}),
        ("flash_sales", {"sku": "NOTHING", "price_fen": "1", "seats": "5"} | WHILE),
        ("flash_sales", {"sku": skus[0], "price_fen": "68", "seats": "5"} | WHILE),
        ("group_buys", {"sku": skus[0], "price_fen": "68", "size": "3", "seats": "5"} | WHILE),
        ("group_buys", {"sku": skus[0], "price_fen": "49", "size": "6", "seats": "5"} | WHILE),
        ("group_buys", {"sku": "NOTHING", "price_fen": "49", "size": "3", "seats": "5"} | WHILE),
        ("bundles", {"title": "组合", "price_fen": "80", "parts": f"{skus[0]} × 2\n{skus[0]}"} | WHILE),
    ]
    for kind, form in wrong:
        refused = operator.post(f"/cluster/promotions/new/{kind}", form)
        assert refused.status_code == 422, (kind, form)
        page(refused)
    assert operator.get("/cluster/promotions/coupons/999999").status_code == 404
    with app.app_context():
        assert all(db.session.query(model).count() == 0 for model in (Coupon, FlashSale, GroupBuy, Bundle))


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
