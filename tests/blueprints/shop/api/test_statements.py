"""A list of the API asks the database as often for ten rows as for two, and so does an order on its way."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.blueprints.shop.api.conftest import SignPhoneIn
from tests.blueprints.shop.api.phone import Phone
from tests.blueprints.shop.test_statements import grow, statements
from tests.factories.accounts import make_address, make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import make_mini_buyer, make_received, told
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat

# How many statements each step of an order may take, whatever it holds.
MOST = {"put in cart": 9, "preview": 4, "place": 17, "open payment": 11, "hear of the payment": 27, "read": 13}


@pytest.mark.parametrize("path", ["/home", "/products", "/workshops", "/cart", "/orders", "/addresses"])
def test_rows_cost_no_statements(app: Flask, sign_phone_in: SignPhoneIn, clean_database: None, path: str) -> None:
    with committed(app):
        buyer_id = make_buyer().id
        grow(buyer_id, 2)
    phone = sign_phone_in(buyer_id)
    phone.get(path)
    with statements(app) as few:
        phone.get(path)
    with committed(app):
        grow(buyer_id, 8)
    with statements(app) as many:
        assert phone.get(path).status_code == 200
    assert len(many) == len(few) <= 12, "\n".join(many)


def test_an_order_costs_the_same_statements_for_two_lines_as_for_eight(
    app: Flask, sign_phone_in: SignPhoneIn, clean_database: None, pretend_wechat: PretendWechat
) -> None:
    with committed(app):
        buyer = make_mini_buyer(pretend_wechat)
        buyer_id, address_id = buyer.id, make_address(buyer).id
        skus = [make_received(99, make_product(make_workshop())).sku for _ in range(8)]
    phone = sign_phone_in(buyer_id)
    _buy(app, phone, pretend_wechat, address_id, skus[:2])
    few = _buy(app, phone, pretend_wechat, address_id, skus[:2])
    many = _buy(app, phone, pretend_wechat, address_id, skus)
    assert {step: len(seen) for step, seen in many.items()} == {step: len(seen) for step, seen in few.items()}
    for step, seen in many.items():
        assert 0 < len(seen) <= MOST[step], f"{step}: " + "\n".join(seen)


def _buy(app: Flask, phone: Phone, wechat: PretendWechat, address_id: int, skus: list[str]) -> dict[str, list[str]]:
    """Buys one of each; the statements of each step, of the last one for steps that are repeated."""
    from domain.orders import paying

    seen: dict[str, list[str]] = {}
    for sku in skus:
        with statements(app) as seen["put in cart"]:
            assert phone.post("/cart/lines", {"sku": sku}).status_code == 200
    with statements(app) as seen["preview"]:
        total_fen = phone.post("/checkout/preview", {"address_id": address_id}).json["total_fen"]
    with statements(app) as seen["place"]:
        placed = phone.post("/orders", {"address_id": address_id, "expected_total_fen": total_fen})
    with statements(app) as seen["open payment"]:
        opened = phone.post(f"/orders/{placed.json['number']}/payment", {"channel": "mini"})
    number = opened.json["out_trade_no"]
    wechat.pay(out_trade_no=number)
    word = told(number)
    with statements(app) as seen["hear of the payment"], committed(app):
        paying.hear(word, by="notice")
    with statements(app) as seen["read"]:
        assert phone.get(f"/orders/{placed.json['number']}").json["status"] == "paid"
    return seen
