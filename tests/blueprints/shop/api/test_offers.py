"""What comes off, over the API: a bundle's price and a percentage, the same in the preview and in the order."""

from __future__ import annotations

from flask import Flask

from core.db import db
from domain.orders.models import Order, OrderLineDiscount
from domain.promotions.terms import CouponKind
from tests.blueprints.shop.api.conftest import SignPhoneIn
from tests.factories.accounts import make_address, make_buyer
from tests.factories.products import make_product
from tests.factories.promotions import make_bundle, make_coupon
from tests.factories.purchases import fill_cart, make_received
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed


def test_a_bundle_and_a_percentage(app: Flask, clean_database: None, sign_phone_in: SignPhoneIn) -> None:
    with committed(app):
        buyer, product = make_buyer(), make_product(make_workshop())
        wine, cake = make_received(5, product, price_fen=6800), make_received(5, product, price_fen=5200)
        make_bundle({wine.id: 1, cake.id: 1}, 9999)
        percent = {"kind": CouponKind.PERCENTAGE, "off_fen": 0, "off_basis_points": 1000, "threshold_fen": 0}
        coupon_id = make_coupon(buyer.id, **percent).id
        address_id, buyer_id = make_address(buyer).id, buyer.id
        fill_cart(buyer, {wine: 1, cake: 1})
    phone = sign_phone_in(buyer_id)
    body = {"address_id": address_id, "coupon_ids": [coupon_id]}
    preview = phone.post("/checkout/preview", body).get_json()
    # A tenth of ¥99.99, in whole fen and never rounded up; freight of ¥8 as less than ¥99 is left.
    assert preview["total_fen"] == 9999 - 999 + 800
    placed = phone.post("/orders", body | {"expected_total_fen": preview["total_fen"]})
    assert placed.status_code == 201
    with app.app_context():
        order = db.session.query(Order).one()
        taken = dict.fromkeys(("bundle", "coupon"), 0)
        for row in db.session.query(OrderLineDiscount):
            taken[row.source] += row.amount_fen
        assert taken == {"bundle": 6800 + 5200 - 9999, "coupon": 999}
        assert order.total_fen == sum(line.paid_fen for line in order.lines) + 800
