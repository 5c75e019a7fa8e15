"""Coupons over the API: offered, claimed, suggested, used, shown on the order; every amount is the server's."""

from __future__ import annotations

from flask import Flask

from core.db import db
from domain.products.models import Variant
from domain.workshops.models import Workshop
from tests.blueprints.shop.api.conftest import World
from tests.blueprints.shop.api.phone import Phone
from tests.factories.promotions import make_coupon, make_flash_sale
from tests.fixtures.racing import committed


def test_a_coupon_from_the_offer_to_the_order(app: Flask, phone: Phone, world: World) -> None:
    with committed(app):
        winery = db.session.query(Workshop).filter_by(slug=world.workshop).one()
        cluster, own = make_coupon().id, make_coupon(funded_by_workshop_id=winery.id, off_fen=2000).id
        ids = {cluster, own}
        secret = make_coupon(code="BANLI", off_fen=1100).id
    offers = phone.get("/coupons/offers", product=world.product).get_json()["items"]
    assert {offer["id"] for offer in offers} == ids
    assert {offer["worth"] for offer in offers} == {"¥10", "¥20"}
    for key in ids:
        assert phone.post(f"/coupons/{key}/claim", {}).status_code == 201
    assert phone.post(f"/coupons/{secret}/claim", {}).status_code == 404
    assert phone.post("/coupons/codes", {"code": "banli"}).status_code == 201
    assert phone.post(f"/coupons/{min(ids)}/claim", {}).get_json()["code"] == "coupon_claimed_already"
    seen = phone.post("/checkout/preview", {}).get_json()
    assert {each["id"] for each in seen["coupons"] if each["is_chosen"]} == {own, secret}
    assert (seen["discount_fen"], seen["total_fen"]) == (3100, world.total_fen - 3100)
    plain = phone.post("/checkout/preview", {"coupon_ids": []}).get_json()
    assert (plain["discount_fen"], plain["total_fen"]) == (0, world.total_fen)
    wish = {"address_id": world.address, "expected_total_fen": seen["total_fen"], "coupon_ids": [own, secret]}
    order = phone.post("/orders", wish).get_json()
    assert (order["discount_fen"], order["total_fen"]) == (3100, seen["total_fen"])
    assert sum(line["discount_fen"] for line in order["lines"]) == 3100
    left = phone.get("/coupons").get_json()["items"]
    assert [each["id"] for each in left] == [cluster]


def test_a_total_with_a_coupon_that_is_not_theirs_is_refused(app: Flask, phone: Phone, world: World) -> None:
    with committed(app):
        strange = make_coupon(world.stranger).id
    wish = {"address_id": world.address, "expected_total_fen": world.total_fen - 1000, "coupon_ids": [strange]}
    refused = phone.post("/orders", wish)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "coupon_unusable")


def test_a_flash_price_stands_on_the_product_and_in_the_cart(app: Flask, phone: Phone, world: World) -> None:
    with committed(app):
        variant = db.session.query(Variant).filter_by(sku=world.wine).one()
        make_flash_sale(variant.id, 6000, per_person_limit=1)
    product = phone.get(f"/products/{world.product}").get_json()
    assert (product["variants"][0]["flash"]["price_fen"], product["variants"][0]["flash"]["left"]) == (6000, 1)
    cart = phone.get("/cart").get_json()
    lines = [line for group in cart["groups"] for line in group["lines"]]
    flash = next(line for line in lines if line["sku"] == world.wine)
    assert (flash["flash"]["count"], flash["discount_fen"], cart["discount_fen"]) == (1, 800, 800)
