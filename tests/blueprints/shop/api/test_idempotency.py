"""A call repeated with its key: one effect, the same bytes, and no answer kept without its effect."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core.clock import now
from core.db import db
from core.web.idempotency import RememberedAnswer, forget_old_answers
from domain.orders.models import Order
from domain.shipping.models import Address
from tests.blueprints.shop.api.conftest import SignPhoneIn, World
from tests.blueprints.shop.api.phone import Phone, make_phone
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged

HOME: dict[str, Any] = {
    "recipient": "顾客辛", "phone": "13900139000", "province": "福建省", "city": "漳州市", "district": "芗城区",
    "street": "延安北路 8 号",
}  # fmt: skip


def order_body(world: World) -> dict[str, Any]:
    return {"address_id": world.address, "expected_total_fen": world.total_fen}


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def test_a_replay_answers_byte_for_byte_and_does_nothing(
    app: Flask, phone: Phone, world: World, unchanged: Unchanged
) -> None:
    first = phone.post("/orders", order_body(world), key="order-1")
    assert (first.status_code, first.headers.get("Idempotent-Replayed")) == (201, None)
    with unchanged():
        again = phone.post("/orders", order_body(world), key="order-1")
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_data() == first.get_data()
    assert (again.headers["Location"], again.content_type) == (first.headers["Location"], first.content_type)


def test_a_replay_after_a_lost_answer_puts_no_more_in_the_cart(phone: Phone, world: World) -> None:
    counts = [phone.post("/cart/lines", {"sku": world.wine, "quantity": 3}, key="k").get_json()["count"] for _ in "123"]
    assert counts == [6, 6, 6]


def test_an_empty_answer_is_repeated_too(app: Flask, phone: Phone, world: World) -> None:
    added = phone.post("/addresses", HOME).get_json()
    first, again = (phone.delete(f"/addresses/{added['id']}", key="gone") for _ in "12")
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_data() == b""


def test_another_body_under_the_same_key_is_refused(phone: Phone, world: World, unchanged: Unchanged) -> None:
    phone.post("/cart/lines", {"sku": world.wine, "quantity": 1}, key="k")
    with unchanged():
        refused = phone.post("/cart/lines", {"sku": world.wine, "quantity": 2}, key="k")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_belongs_to_one_call_of_one_person(app: Flask, phone: Phone, stranger_phone: Phone, world: World) -> None:
    assert phone.post("/addresses", HOME, key="k").status_code == 201
    other = stranger_phone.post("/addresses", HOME, key="k")
    assert (other.status_code, "Idempotent-Replayed" in other.headers) == (201, False)
    elsewhere = phone.post("/cart/lines", {"sku": world.cake}, key="k")
    assert (elsewhere.status_code, "Idempotent-Replayed" in elsewhere.headers) == (200, False)
    visitor = make_phone(app)
    visitor.visitor = visitor.post("/visitor", key="").get_json()["visitor_token"]
    assert visitor.post("/cart/lines", {"sku": world.cake}, key="k").get_json()["count"] == 1


def test_a_refusal_is_not_remembered(phone: Phone, world: World) -> None:
    """It left nothing behind, so the same key may be tried again once the reason is gone."""
    body = {"address_id": world.address, "expected_total_fen": world.total_fen + 1}
    assert phone.post("/orders", body, key="k").status_code == 409
    assert phone.post("/orders", order_body(world), key="k").status_code == 201


def test_a_fault_of_ours_is_not_remembered(app: Flask, phone: Phone, world: World, unchanged: Unchanged) -> None:
    """The order's payment fails at WeChat, which is not there; nothing stays, and the key stays free."""
    with committed(app):
        db.session.execute(text("UPDATE wechat_identities SET appid = ''"))
    with unchanged():
        failed = phone.post(f"/orders/{world.awaiting}/payment", {"channel": "mini"}, key="pay")
    assert failed.status_code == 503
    assert count(app, RememberedAnswer) == 0


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "schlüssel", "x" * 256, "\t"], ids=["none", "blank", "two words", "ü", "long", "tab"]
)
def test_a_key_must_be_there_and_printable(phone: Phone, world: World, unchanged: Unchanged, key: str) -> None:
    with unchanged():
        headers = {"Idempotency-Key": key.encode().decode("latin-1")} if key else {}
        refused = phone.post("/addresses", HOME, key="", headers=headers)
    assert (refused.status_code, list(refused.get_json()["fields"])) == (422, ["Idempotency-Key"])


def test_a_key_of_255_characters_is_fine(phone: Phone, world: World) -> None:
    assert phone.post("/addresses", HOME, key="!~" + "k" * 253).status_code == 201


def test_twelve_at_once_have_one_effect(app: Flask, world: World, sign_phone_in: SignPhoneIn) -> None:
    """Real connections: one is served, the others are told to wait or given the same answer."""
    phones = [sign_phone_in(world.buyer) for _ in range(12)]
    start, answers = threading.Barrier(12), [(0, b"")] * 12

    def call(place: int) -> None:
        start.wait(30)
        response = phones[place].post("/orders", order_body(world), key="the-same")
        answers[place] = (response.status_code, response.get_data() if response.status_code == 201 else b"")

    threads = [threading.Thread(target=call, args=(place,)) for place in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    with app.app_context():
        mine = select(func.count(Order.id)).filter_by(account_id=world.buyer, request_key="the-same")
        assert db.session.scalar(mine) == 1
    assert count(app, RememberedAnswer) == 1


def test_while_the_first_is_under_way_the_second_is_refused(app: Flask, phone: Phone, world: World) -> None:
    scope = "\n".join((f"account:{world.buyer}", "POST", "/api/v1/addresses", "slow"))
    with app.app_context(), db.engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:scope, 2))"), {"scope": scope})
        refused = phone.post("/addresses", HOME, key="slow")
        assert (refused.status_code, refused.get_json()["code"]) == (409, "request_in_flight")
        assert phone.post("/addresses", HOME, key="another").status_code == 201
    assert phone.post("/addresses", HOME, key="slow").status_code == 201


def test_after_a_day_a_key_is_forgotten(app: Flask, phone: Phone, world: World) -> None:
    before = count(app, Address)
    phone.post("/addresses", HOME, key="old")
    phone.post("/addresses", HOME, key="new")
    with committed(app):
        aged = update(RememberedAnswer).where(RememberedAnswer.key == "old")
        db.session.execute(aged.values(created_at=now() - timedelta(hours=24, seconds=1)))
    again = phone.post("/addresses", HOME, key="old")
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert count(app, Address) == before + 3
    with committed(app):
        db.session.execute(update(RememberedAnswer).values(created_at=now() - timedelta(hours=25)))
    with committed(app):
        forget_old_answers.run()
    assert count(app, RememberedAnswer) == 0


def test_the_same_order_key_is_the_same_order_even_after_its_answer_is_forgotten(
    app: Flask, phone: Phone, world: World
) -> None:
    first = phone.post("/orders", order_body(world), key="for-ever").get_json()
    with committed(app):
        db.session.execute(text("DELETE FROM idempotency_keys"))
    again = phone.post("/orders", order_body(world), key="for-ever")
    assert (again.status_code, again.get_json()["number"]) == (201, first["number"])


def test_no_token_is_stored(app: Flask, world: World) -> None:
    visitor = make_phone(app)
    visitor.visitor = visitor.post("/visitor", key="").get_json()["visitor_token"]
    visitor.post("/cart/lines", {"sku": world.cake}, key="k")
    with app.app_context():
        holder = db.session.scalars(select(RememberedAnswer.holder)).one()
    assert visitor.visitor not in holder
