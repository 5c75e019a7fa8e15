"""Coupons on the pages: claimed with one tap, chosen at checkout, counted anew without scripts; fetching with a code."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.orders.models import Order
from domain.promotions.models import Coupon, CouponHolding
from domain.shipping.templates import USUAL, save_template
from domain.workshops.models import Workshop
from tests.blueprints.shop.api.conftest import World
from tests.factories.promotions import make_coupon
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def test_a_coupon_is_claimed_on_the_product_and_chosen_at_checkout(
    app: Flask, buyer: Browser, world: World, page: Page
) -> None:
    with committed(app):
        coupon_id = make_coupon(title="开张券", total_limit=1).id
    assert "开张券" in text_of(page(buyer.get(f"/products/{world.product}")))
    claimed = buyer.post(
        f"/coupons/{coupon_id}/claim", headers={"Referer": f"http://localhost/products/{world.product}"}
    )
    assert claimed.location == f"/products/{world.product}"
    assert "开张券" in text_of(page(buyer.get("/me/coupons")))
    checkout = page(buyer.get("/checkout"))
    chosen = [each.get("value") for each in checkout.iter("option") if each.get("selected") is not None]
    assert chosen == [str(coupon_id)]
    form = {
        "address_id": str(world.address), "request_key": "request-key-of-0001", "coupon": "", "go": "again",
        "expected_total_fen": "1",
    }  # fmt: skip
    without = page(buyer.post("/checkout", form))
    assert _total(without) == world.total_fen
    with app.app_context():
        assert db.session.query(Order).filter_by(request_key="request-key-of-0001").count() == 0
    placed = form | {"coupon": str(coupon_id), "expected_total_fen": str(world.total_fen - 1000)}
    placed.pop("go")
    assert buyer.post("/checkout", placed).status_code == 302
    with app.app_context():
        order = db.session.query(Order).filter_by(request_key="request-key-of-0001").one()
        assert order.discount_fen == 1000
    assert "-¥10.00" in text_of(page(buyer.get(f"/orders/{order.number}")))


def test_a_visitor_who_claims_signs_in_and_comes_back(app: Flask, browser: Browser, world: World) -> None:
    with committed(app):
        coupon_id = make_coupon().id
    shown = f"http://localhost/products/{world.product}"
    claimed = browser.post(f"/coupons/{coupon_id}/claim", headers={"Referer": shown})
    assert claimed.location == f"/sign-in?next=/products/{world.product}"
    elsewhere = browser.post(f"/coupons/{coupon_id}/claim", headers={"Referer": "http://elsewhere.test/x"})
    assert elsewhere.location == "/sign-in?next=/me/coupons"
    with app.app_context():
        assert db.session.query(CouponHolding).filter_by(coupon_id=coupon_id).count() == 0


def test_a_refused_claim_leaves_nothing(app: Flask, buyer: Browser, world: World) -> None:
    with committed(app):
        coupon_id = make_coupon(world.stranger, total_limit=1).id
    assert (
        buyer.post(f"/coupons/{coupon_id}/claim", headers={"Referer": "http://elsewhere.test/"}).location
        == "/me/coupons"
    )
    with app.app_context():
        assert db.session.get_one(Coupon, coupon_id).claimed_count == 1
        assert db.session.query(CouponHolding).count() == 1


def test_codes_are_taken_and_wrong_ones_said_so(app: Flask, buyer: Browser, world: World, page: Page) -> None:
    with committed(app):
        make_coupon(code="BANLI", title="暗号券")
    assert buyer.post("/me/coupons", {"code": "nothing"}).status_code == 422
    assert buyer.post("/me/coupons", {"code": "ban li"}).status_code == 302
    assert "暗号券" in text_of(page(buyer.get("/me/coupons")))
    assert [buyer.post("/me/coupons", {"code": "guess"}).status_code for _ in range(9)][-1] == 429


def test_fetching_is_chosen_at_checkout(app: Flask, buyer: Browser, world: World, page: Page) -> None:
    with committed(app):
        winery = db.session.query(Workshop).filter_by(slug=world.workshop).one()
        save_template(winery.id, [USUAL], pickup_place="加工区 1 号")
        cake = db.session.query(Workshop).filter(Workshop.name == "石格糕饼坊").one()
        save_template(cake.id, [USUAL], pickup_place="石格村口")
        bakery = cake.slug
    form = {
        "address_id": str(world.address), "request_key": "request-key-of-0002", "pickup": [world.workshop, bakery],
        "expected_total_fen": str(world.total_fen),
    }  # fmt: skip
    # The buyer saw freight; fetching costs none: the page comes back with the new total.
    again = buyer.post("/checkout", form)
    assert again.status_code == 409
    total = _total(page(again))
    assert total == world.total_fen - 800
    assert buyer.post("/checkout", form | {"expected_total_fen": str(total)}).status_code == 302


def _total(checkout: Element) -> int:
    return next(
        int(each.get("value", "")) for each in checkout.iter("input") if each.get("name") == "expected_total_fen"
    )
