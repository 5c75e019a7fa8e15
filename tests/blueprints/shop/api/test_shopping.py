"""A purchase on the phone, from the first look to the parcel in hand, against the pretend WeChat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from core.db import db
from domain.accounts.models import Account
from domain.orders import paying
from tests.blueprints.shop.api.conftest import World
from tests.blueprints.shop.api.phone import Phone, make_phone
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.wechat import PretendWechat

HOME: dict[str, Any] = {
    "recipient": " 顾客壬 ", "phone": "13900139000", "province": "福建省", "city": "漳州市", "district": "芗城区",
    "street": "延安北路 8 号",
}  # fmt: skip


@pytest.fixture
def arrive(app: Flask, clean_database: None, pretend_wechat: PretendWechat) -> Callable[[str], Phone]:
    """`arrive(nickname)`: somebody opens the mini-program and signs in."""

    def make(nickname: str, visitor: str = "") -> Phone:
        phone = make_phone(app, visitor=visitor)
        answer = phone.post("/sign-in", {"code": pretend_wechat.login_code(nickname)}, key="")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        phone.token, phone.visitor = answer.get_json()["token"], ""
        return phone

    return make


def test_a_whole_purchase(
    app: Flask, world: World, arrive: Callable[..., Phone], pretend_wechat: PretendWechat
) -> None:
    visitor = make_phone(app)
    visitor.visitor = visitor.post("/visitor", key="").get_json()["visitor_token"]
    visitor.post("/cart/lines", {"sku": world.wine, "quantity": 2})
    visitor.post("/cart/lines", {"sku": world.cake})
    phone = arrive("顾客壬", visitor=visitor.visitor)
    cart = phone.get("/cart").get_json()
    assert (cart["count"], cart["goods_fen"], cart["freight_fen"]) == (3, 14850, 800)
    assert visitor.get("/cart").get_json()["count"] == 0

    assert phone.post("/checkout/preview", {}, key="").get_json()["can_be_placed"] is False
    address = phone.post("/addresses", HOME).get_json()
    assert (address["recipient"], address["is_default"]) == ("顾客壬", True)
    preview = phone.post("/checkout/preview", {}, key="").get_json()
    assert (preview["can_be_placed"], preview["address"]["id"]) == (True, address["id"])

    placed = phone.post(
        "/orders", {"address_id": address["id"], "expected_total_fen": preview["total_fen"], "note": "少放辣"}
    )
    order = placed.get_json()
    number = order["number"]
    assert placed.headers["Location"] == f"/api/v1/orders/{number}"
    assert (order["status"], order["total_fen"], order["note"]) == ("awaiting_payment", 15650, "少放辣")
    assert order["allowed_actions"] == ["pay", "cancel"]
    assert [part["number"] for part in order["parts"]] == [None, None]
    assert phone.get("/cart").get_json()["count"] == 0

    opened = phone.post(f"/orders/{number}/payment", {"channel": "mini"}).get_json()
    paid = pretend_wechat.pay(**opened["parameters"])
    assert (paid["out_trade_no"], paid["total_fen"]) == (opened["out_trade_no"], 15650)
    assert phone.get(f"/orders/{number}").get_json()["status"] == "awaiting_payment", "the phone's word proves nothing"
    confirm(app, opened["out_trade_no"])
    order = phone.get(f"/orders/{number}").get_json()
    assert (order["status"], order["allowed_actions"]) == ("paid", ["cancel_paid"])
    assert {part["number"] for part in order["parts"]} == {f"{number}-1", f"{number}-2"}
    assert sum(part["goods_fen"] + part["freight_fen"] for part in order["parts"]) == order["total_fen"]
    refused = phone.post(f"/orders/{number}/payment", {"channel": "mini"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "order_not_payable")

    ship(app, f"{number}-1")
    assert phone.get(f"/orders/{number}").get_json()["allowed_actions"] == ["confirm_receipt"]
    received = phone.post(f"/orders/{number}/confirm-receipt", {"part": f"{number}-1"}).get_json()
    assert sorted(part["status"] for part in received["parts"]) == ["received", "to_pack"]
    ship(app, f"{number}-2")
    done = phone.post(f"/orders/{number}/confirm-receipt", {}).get_json()
    assert (done["status"], done["allowed_actions"]) == ("completed", [])
    [card] = phone.get("/orders", status="completed").get_json()["items"]
    assert card["number"] == number


def test_opening_twice_and_paying_with_the_first_parameters(
    world: World, arrive: Callable[..., Phone], pretend_wechat: PretendWechat
) -> None:
    phone = arrive("林大海")
    phone.post("/cart/lines", {"sku": world.wine})
    number = order_everything(phone)
    first = phone.post(f"/orders/{number}/payment", {"channel": "mini"}).get_json()
    again = phone.post(f"/orders/{number}/payment", {"channel": "mini"}).get_json()
    assert first["out_trade_no"] == again["out_trade_no"]
    assert pretend_wechat.pay(**first["parameters"])["trade_state"] == "SUCCESS"


def test_giving_up_an_order(world: World, phone: Phone) -> None:
    order = phone.post(f"/orders/{world.awaiting}/cancel", {"reason": "买多了"}).get_json()
    assert (order["status"], order["allowed_actions"]) == ("cancelled", [])
    refused = phone.post(f"/orders/{world.awaiting}/cancel", {})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "transition_refused")


def test_giving_up_a_paid_order_part_by_part(
    app: Flask, world: World, arrive: Callable[..., Phone], pretend_wechat: PretendWechat
) -> None:
    phone = arrive("顾客丑")
    phone.post("/cart/lines", {"sku": world.wine})
    phone.post("/cart/lines", {"sku": world.cake})
    number = order_everything(phone)
    opened = phone.post(f"/orders/{number}/payment", {"channel": "mini"}).get_json()
    pretend_wechat.pay(**opened["parameters"])
    confirm(app, opened["out_trade_no"])
    order = phone.get(f"/orders/{number}").get_json()
    assert [part["is_cancellable"] for part in order["parts"]] == [True, True]
    first = order["parts"][0]
    order = phone.post(f"/orders/{number}/cancel-paid", {"part": first["number"], "reason": "买多了"}).get_json()
    assert (order["status"], order["allowed_actions"]) == ("paid", ["cancel_paid"])
    [refund] = order["refunds"]
    assert (refund["amount_fen"], refund["reason"]) == (first["goods_fen"] + first["freight_fen"], "买多了")
    order = phone.post(f"/orders/{number}/cancel-paid", {}).get_json()
    assert (order["status"], order["allowed_actions"]) == ("refunded", [])
    assert sum(refund["amount_fen"] for refund in order["refunds"]) == order["total_fen"]
    refused = phone.post(f"/orders/{number}/cancel-paid", {})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "cancelled_too_late")
    assert phone.post(f"/orders/{number}/cancel-paid", {"part": f"{number}-9"}).status_code == 404


def test_signing_in_again_is_the_same_account(arrive: Callable[..., Phone]) -> None:
    one, two = arrive("顾客壬"), arrive("顾客壬")
    one.post("/addresses", HOME)
    assert len(two.get("/addresses").get_json()["items"]) == 1
    assert one.token != two.token


def test_signing_out_ends_this_token_only(arrive: Callable[..., Phone]) -> None:
    one, two = arrive("顾客壬"), arrive("顾客壬")
    assert one.post("/sign-out").status_code == 204
    ended = one.get("/me")
    assert (ended.status_code, ended.get_json()["code"]) == (401, "token_invalid")
    assert ended.headers["WWW-Authenticate"].startswith("Bearer")
    assert two.get("/me").status_code == 200


def test_telling_the_phone_number(arrive: Callable[..., Phone], pretend_wechat: PretendWechat, app: Flask) -> None:
    phone = arrive("顾客壬")
    told = phone.post("/sign-in/phone", {"code": pretend_wechat.phone_code("顾客壬")}).get_json()
    number = pretend_wechat.person("顾客壬")["phone"]
    assert told["masked_phone"] == f"{number[:3]}****{number[-4:]}"
    assert phone.get("/me").get_json()["masked_phone"] == told["masked_phone"]
    with app.app_context():
        stored = db.session.query(Account.phone_encrypted).scalar()
        assert stored
        assert number not in stored


def test_codes_of_wechat_work_once_and_for_their_person(
    arrive: Callable[..., Phone], pretend_wechat: PretendWechat
) -> None:
    phone = arrive("顾客壬")
    code = pretend_wechat.login_code("顾客壬")
    assert phone.post("/sign-in", {"code": code}, key="").status_code == 200
    used = phone.post("/sign-in", {"code": code}, key="")
    assert (used.status_code, used.get_json()["code"]) == (400, "login_code_refused")
    others = phone.post("/sign-in/phone", {"code": pretend_wechat.phone_code("林大海")})
    assert (others.status_code, others.get_json()["code"]) == (400, "phone_code_refused")


def test_too_many_sign_ins_are_slowed_down(fresh_phone: Phone, pretend_wechat: PretendWechat) -> None:
    answers = [fresh_phone.post("/sign-in", {"code": "wrong"}, key="") for _ in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {400}
    assert answers[30].status_code == 429
    assert 1 <= int(answers[30].headers["Retry-After"]) <= 60


def test_without_wechat_nobody_signs_in_and_nothing_breaks(fresh_phone: Phone) -> None:
    refused = fresh_phone.post("/sign-in", {"code": "any"}, key="")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "wechat_not_configured")


def test_a_line_that_ran_out_is_named(phone: Phone, world: World, unchanged: Unchanged) -> None:
    phone.post("/cart/lines", {"sku": world.scarce, "quantity": 2})
    preview = phone.post("/checkout/preview", {"skus": [world.scarce]}, key="").get_json()
    assert preview["can_be_placed"] is False
    assert preview["groups"][0]["lines"][0]["problem"] == "too_many"
    body = {"address_id": world.address, "expected_total_fen": preview["total_fen"], "skus": [world.scarce]}
    with unchanged():
        refused = phone.post("/orders", body)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "cart_has_problems")


def test_a_closed_account_is_not_let_in(
    app: Flask, pretend_wechat: PretendWechat, fresh_phone: Phone, unchanged: Unchanged
) -> None:
    code = pretend_wechat.login_code("顾客壬")
    assert fresh_phone.post("/sign-in", {"code": code}, key="").status_code == 200
    with committed(app):
        db.session.execute(update(Account).values(is_active=False))
    code = pretend_wechat.login_code("顾客壬")
    with unchanged():
        refused = fresh_phone.post("/sign-in", {"code": code}, key="")
    assert (refused.status_code, refused.get_json()["code"]) == (403, "account_deactivated")


def order_everything(phone: Phone) -> str:
    address = phone.post("/addresses", HOME).get_json()
    preview = phone.post("/checkout/preview", {}, key="").get_json()
    body = {"address_id": address["id"], "expected_total_fen": preview["total_fen"]}
    return str(phone.post("/orders", body).get_json()["number"])


def confirm(app: Flask, out_trade_no: str) -> None:
    """WeChat's word arrives."""
    from tests.factories.purchases import told

    with committed(app):
        paying.confirm_payment(out_trade_no, told(out_trade_no), by="notice")


def ship(app: Flask, part_number: str) -> None:
    from domain.fulfillment.moves import lock_part, move_part
    from domain.orders.models import WorkshopOrder, WorkshopOrderStatus

    with committed(app):
        part = db.session.query(WorkshopOrder).filter_by(number=part_number).one()
        move_part(lock_part(part.id), WorkshopOrderStatus.PACKED, "test")
        move_part(lock_part(part.id), WorkshopOrderStatus.SHIPPED, "test")
