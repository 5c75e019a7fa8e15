"""An owner's coupons and freight: made, stopped, saved as typed; other workshops' are not there; parts handed over by code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.orders.models import OrderFreight, WorkshopOrder, WorkshopOrderStatus
from domain.promotions.models import Coupon
from domain.shipping.models import FreightTemplate
from tests.blueprints.workshop.conftest import Bench
from tests.factories.promotions import make_coupon
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
GOOD = {
    "title": "开坛券", "kind": "full_reduction", "threshold_fen": "50", "off_fen": "8.50", "total_limit": "30",
    "per_person_limit": "1", "valid_from": "2026-01-01T00:00", "valid_until": "2036-01-01T00:00",
}  # fmt: skip


def test_an_owner_issues_and_stops_a_coupon_of_the_own_workshop(
    app: Flask, owner: Browser, bench: Bench, page: Page
) -> None:
    assert owner.post("/workshop/coupons", GOOD).status_code == 302
    assert (
        owner.post("/workshop/coupons", GOOD | {"kind": "percentage", "tenths": "8.5", "off_fen": ""}).status_code
        == 302
    )
    with app.app_context():
        one, two = db.session.query(Coupon).order_by(Coupon.id)
        assert (one.funded_by_workshop_id, one.threshold_fen, one.off_fen) == (bench.workshop_id, 5000, 850)
        assert two.off_basis_points == 1500
    assert "开坛券" in text_of(page(owner.get("/workshop/coupons")))
    assert owner.post(f"/workshop/coupons/{one.id}/stop").status_code == 302
    assert owner.post(f"/workshop/coupons/{one.id}/stop").status_code == 409


def test_wrong_coupons_are_refused_by_field_and_others_are_not_there(
    app: Flask, owner: Browser, bench: Bench, theirs: Bench, page: Page, count: Callable[..., int]
) -> None:
    for values in (
        {"off_fen": "60"},
        {"kind": "percentage"},
        {"valid_until": "2025-01-01T00:00"},
        {"total_limit": "0"},
    ):
        refused = owner.post("/workshop/coupons", GOOD | values)
        assert refused.status_code == 422
        page(refused)
    assert count(Coupon) == 0
    with committed(app):
        theirs_id, clusters_id = make_coupon(funded_by_workshop_id=theirs.workshop_id).id, make_coupon().id
    for key in (theirs_id, clusters_id):
        assert owner.post(f"/workshop/coupons/{key}/stop").status_code == 404


def test_freight_is_saved_as_typed(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    form: dict[str, Any] = {
        "unit": "pieces", "pickup_place": "加工区 1 号", "rules.0.is_served": "yes", "rules.0.base_units": "2",
        "rules.0.base_fen": "8", "rules.0.extra_units": "1", "rules.0.extra_fen": "1.50", "rules.0.free_over_fen": "99",
        "rules.1.regions": "西藏、新疆", "rules.1.is_served": "no", "rules.2.regions": "", "rules.2.is_served": "",
    }  # fmt: skip
    assert owner.post("/workshop/freight", form).status_code == 302
    with app.app_context():
        template = db.session.get_one(FreightTemplate, bench.workshop_id)
        rules = [(rule.regions, rule.is_served, rule.base_fen, rule.extra_fen) for rule in template.rules]
        assert rules == [([], True, 800, 150), (["西藏", "新疆"], False, 0, 0)]
    page(owner.get("/workshop/freight"))
    refused = owner.post("/workshop/freight", form | {"rules.2.regions": "西藏自治区", "rules.2.is_served": "yes"})
    assert refused.status_code == 422
    assert "同一个地区写了两次" in text_of(page(refused))


def test_the_code_hands_a_packed_part_over(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    with committed(app):
        part = db.session.query(WorkshopOrder).filter_by(number=bench.number).one()
        part.status = WorkshopOrderStatus.PACKED
        db.session.merge(
            OrderFreight(
                order_id=part.order_id,
                workshop_id=part.workshop_id,
                freight_fen=0,
                refunded_fen=0,
                pickup_code="12345678",
            )
        )
    assert "提货码" in text_of(page(owner.get(f"/workshop/orders/{bench.number}")))
    wrong = owner.post(f"/workshop/orders/{bench.number}/hand-over", {"code": "12345679"})
    assert wrong.status_code == 422
    assert "提货码不对" in text_of(page(wrong))
    assert owner.post(f"/workshop/orders/{bench.number}/hand-over", {"code": "1234 5678"}).status_code == 302
    with app.app_context():
        assert (
            db.session.query(WorkshopOrder).filter_by(number=bench.number).one().status == WorkshopOrderStatus.RECEIVED
        )
    tries = [owner.post(f"/workshop/orders/{bench.number}/hand-over", {"code": "1"}).status_code for _ in range(9)]
    assert tries[-1] == 429
