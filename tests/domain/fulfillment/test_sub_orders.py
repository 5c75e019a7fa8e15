"""WeChat hears of parcels, and settles, by sub-order of a combined payment."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from core.db import db
from domain.fulfillment import reporting, shipping_out, trade_events
from domain.fulfillment.models import ShippingReport
from domain.fulfillment.shipping_out import Contents
from domain.orders import parting, paying
from domain.orders.models import Order, WorkshopOrder
from domain.payments import confirming, dividing
from tests.factories.purchases import make_mini_buyer, open_mini_payment
from tests.fixtures.wechat import PretendWechat

from tests.domain.payments.test_dividing import order_of_three  # isort: skip


@pytest.fixture
def order(session: scoped_session[Session], combined_wechat: PretendWechat) -> Order:
    made = order_of_three(combined_wechat)
    number = open_mini_payment(combined_wechat, make_mini_buyer(combined_wechat), made)
    combined_wechat.pay(out_trade_no=number)
    paying.confirm_payment(number, dividing.query(confirming.find_payment(number)), by="query")
    return made


@pytest.fixture(autouse=True)
def token_forgotten(app: Flask) -> Any:
    """The token store commits by itself."""
    yield
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM wechat_access_tokens"))


def send(part: WorkshopOrder, number: str) -> None:
    counted = {line.id: line.quantity for line in part.lines}
    shipping_out.ship(part, "ZTO", number, "作坊主", Contents(counted=counted))


def sub_numbers(order: Order) -> dict[int | None, str]:
    payment = paying.payment_of(order)
    assert payment is not None
    return {part.workshop_id: part.out_trade_no for part in dividing.parts_of(payment)}


def tell(order: Order) -> dict[str, str]:
    """Tell WeChat, each sub-order as its job would; what the reports say."""
    reporting.report_shipping.run(order_id=order.id)
    for number in sub_numbers(order).values():
        reporting.report_sub_order.run(order_id=order.id, out_trade_no=number)
    return {row.out_trade_no: row.status for row in db.session.scalars(select(ShippingReport))}


def test_each_sub_order_is_told_of_its_own_parcels(order: Order, combined_wechat: PretendWechat) -> None:
    numbers = sub_numbers(order)
    first, second, _ = order.workshop_orders
    send(first, "78000000000001")
    for _ in range(2):
        assert tell(order)[numbers[first.workshop_id]] == "complete"
    send(second, "78000000000002")  # no merchant: the cluster's sub-order
    assert tell(order)[numbers[None]] == "complete"
    known = {key: combined_wechat.ask(f"shipping/{number}") for key, number in numbers.items()}
    assert [parcel["tracking_no"] for parcel in known[first.workshop_id]["parcels"]] == ["78000000000001"]
    assert [parcel["tracking_no"] for parcel in known[None]["parcels"]] == ["78000000000002"]
    states = [known[key]["state"] for key in (first.workshop_id, None, order.workshop_orders[2].workshop_id)]
    assert states == [2, 2, 1]


def test_a_line_that_another_sends_is_told_of_where_it_was_paid(order: Order, combined_wechat: PretendWechat) -> None:
    line, other = order.lines[0], order.lines[2]
    was = line.workshop_id
    parting.give_to(order, line, other.workshop_id, "operator", "停电")
    db.session.flush()
    db.session.refresh(order)
    numbers = sub_numbers(order)
    maker = next(part for part in order.workshop_orders if part.workshop_id == other.workshop_id)
    send(maker, "78000000000003")
    statuses = tell(order)
    for key, name in ((was, line.product_name), (other.workshop_id, other.product_name)):
        assert statuses[numbers[key]] == "complete"
        [parcel] = combined_wechat.ask(f"shipping/{numbers[key]}")["parcels"]
        assert parcel["item_desc"] == f"{name}×1"


def test_settling_one_sub_order_receives_its_part_only(order: Order, combined_wechat: PretendWechat) -> None:
    numbers = sub_numbers(order)
    first, second, third = order.workshop_orders
    for place, part in enumerate((first, second, third)):
        send(part, f"7800000000001{place}")
    tell(order)
    trade_events.note_settlement.run(out_trade_no=numbers[first.workshop_id])
    trade_events.note_settlement.run(out_trade_no=numbers[first.workshop_id])
    assert [part.status for part in (first, second, third)] == ["received", "shipped", "shipped"]
    trade_events.note_settlement.run(out_trade_no=numbers[None])
    assert [part.status for part in (first, second, third)] == ["received", "received", "shipped"]
