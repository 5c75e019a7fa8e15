"""WeChat is told of every parcel once, through lost answers, lag, corrections and its own refusals."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from core.db import db
from domain.fulfillment import declining, receiving, reporting, shipping_out, trade_events
from domain.fulfillment.models import Shipment, ShippingReport
from domain.fulfillment.shipping_out import Contents
from domain.orders import cancelling, dispatching, paying
from domain.orders.models import Order, WorkshopOrder
from gateways import registry
from gateways.wechat_mini.errors import ShippingOrderUnknown, WechatUnavailable
from tests.factories.products import make_product
from tests.factories.purchases import make_mini_buyer, make_received, open_mini_payment, place, told
from tests.factories.workshops import make_workshop
from tests.fixtures.wechat import PretendWechat

By = "作坊主"


@pytest.fixture
def order(session: scoped_session[Session], pretend_wechat: PretendWechat) -> Order:
    """A paid order of two workshops: two wines and a cake."""
    buyer = make_mini_buyer(pretend_wechat)
    wine = make_received(10, make_product(make_workshop()), price_fen=6800)
    cake = make_received(10, make_product(make_workshop()), price_fen=1250)
    made = place(buyer, {wine: 2, cake: 1})
    number = open_mini_payment(pretend_wechat, buyer, made)
    pretend_wechat.pay(out_trade_no=number)
    paying.confirm_payment(number, told(number), by="query")
    return made


@pytest.fixture(autouse=True)
def token_forgotten(app: Flask) -> Any:
    """The token store commits by itself."""
    yield
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM wechat_access_tokens"))


def send(part: WorkshopOrder, number: str, quantity: int, carrier: str = "SF") -> Shipment:
    return shipping_out.ship(part, carrier, number, By, Contents(counted={part.lines[0].id: quantity}))


def number_of(order: Order) -> str:
    payment = paying.payment_of(order)
    assert payment is not None
    return payment.out_trade_no


def known(wechat: PretendWechat, order: Order) -> dict[str, Any]:
    return wechat.ask(f"shipping/{number_of(order)}")


def report(order: Order) -> ShippingReport:
    reporting.report_shipping.run(order_id=order.id)
    found = reporting.report_of(order.id)
    assert found is not None
    return found


def test_parcels_of_two_workshops_are_told_as_they_leave(order: Order, pretend_wechat: PretendWechat) -> None:
    wine, cake = order.workshop_orders
    send(wine, f"SF{order.id:013d}", 1)
    for _ in range(2):
        assert report(order).status == "partly"
    assert (known(pretend_wechat, order)["state"], len(known(pretend_wechat, order)["parcels"])) == (1, 1)
    send(wine, f"SF{order.id + 1:013d}", 1)
    send(cake, f"78{order.id:012d}", 1, "ZTO")
    for _ in range(2):
        told_report = report(order)
    assert (told_report.status, told_report.corrections, told_report.is_split) == ("complete", 0, True)
    seen = known(pretend_wechat, order)
    assert (seen["state"], seen["mode"], len(seen["parcels"]), seen["corrections"]) == (2, 2, 3, 0)
    assert seen["parcels"][0]["contact"] == {"receiver_contact": order.masked_phone}
    assert "contact" not in seen["parcels"][2]


def test_an_upload_whose_answer_was_lost_is_not_a_correction(order: Order, pretend_wechat: PretendWechat) -> None:
    wine, cake = order.workshop_orders
    send(wine, f"SF{order.id:013d}", 2)
    send(cake, f"78{order.id:012d}", 1, "ZTO")
    pretend_wechat.ask("faults", {"shipping_answer_lost": True})
    with pytest.raises(WechatUnavailable), db.session.begin_nested():
        reporting.report_shipping.run(order_id=order.id)
    assert reporting.report_of(order.id) is None
    assert known(pretend_wechat, order)["state"] == 2
    pretend_wechat.ask("faults", {"reset": True})
    assert (report(order).status, report(order).corrections) == ("complete", 0)
    assert known(pretend_wechat, order)["corrections"] == 0


def test_a_payment_wechat_has_not_heard_of_is_tried_again(order: Order, pretend_wechat: PretendWechat) -> None:
    send(order.workshop_orders[0], f"SF{order.id:013d}", 2)
    pretend_wechat.ask("faults", {"shipping_lag": True})
    with pytest.raises(ShippingOrderUnknown), db.session.begin_nested():
        reporting.report_shipping.run(order_id=order.id)
    pretend_wechat.ask("faults", {"reset": True})
    assert report(order).status == "partly"


def test_one_correction_is_told_and_the_second_needs_a_person(order: Order, pretend_wechat: PretendWechat) -> None:
    wine, cake = order.workshop_orders
    first, second = send(wine, f"SF{order.id:013d}", 2), send(cake, f"78{order.id:012d}", 1, "ZTO")
    report(order)
    shipping_out.correct_number(first, "SF", f"SF9{order.id:012d}", By)
    for _ in range(2):
        assert (report(order).status, report(order).corrections) == ("complete", 1)
    assert known(pretend_wechat, order)["parcels"][0]["tracking_no"] == f"SF9{order.id:012d}"
    shipping_out.correct_number(second, "ZTO", f"79{order.id:012d}", By)
    assert (report(order).status, report(order).errcode) == ("correction_spent", 10060003)
    assert [row.order_id for row in reporting.reports_to_look_into()] == [order.id]
    assert known(pretend_wechat, order)["parcels"][1]["tracking_no"] == f"78{order.id:012d}"


def test_a_refusal_is_kept_and_changes_nothing_here(
    order: Order, pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paying.payment_of(order)
    assert payment is not None
    payment.openid = "o-somebody-else"
    send(order.workshop_orders[0], f"SF{order.id:013d}", 2)
    assert (report(order).status, report(order).errcode) == ("refused", 10060031)
    assert order.workshop_orders[0].status == "shipped"
    assert known(pretend_wechat, order)["parcels"] == []


def test_a_rolled_back_shipping_tells_nobody(order: Order, pretend_wechat: PretendWechat) -> None:
    jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%report_shipping'")
    before = db.session.scalar(jobs)
    with pytest.raises(shipping_out.ParcelEmpty), db.session.begin_nested():
        send(order.workshop_orders[0], f"SF{order.id:013d}", 0)
    assert db.session.scalar(jobs) == before
    send(order.workshop_orders[0], f"SF{order.id:013d}", 2)
    assert db.session.scalar(jobs) == (before or 0) + 1


def test_a_settlement_told_twice_receives_once(order: Order, pretend_wechat: PretendWechat) -> None:
    wine, cake = order.workshop_orders
    send(wine, f"SF{order.id:013d}", 2)
    trade_events.note_settlement.run(out_trade_no="NOTOURS0001")
    assert wine.status == "shipped"
    for _ in range(2):
        trade_events.note_settlement.run(out_trade_no=number_of(order))
    assert (wine.status, cake.status, order.status) == ("received", "to_pack", "paid")
    send(cake, f"78{order.id:012d}", 1, "ZTO")
    receiving.confirm_receipt(order, "buyer")
    assert order.status == "completed"
    trade_events.note_settlement.run(out_trade_no=number_of(order))
    assert registry.wechat_push() is registry.wechat_push()


def test_what_is_given_up_completes_what_wechat_was_told(order: Order, pretend_wechat: PretendWechat) -> None:
    wine, cake = order.workshop_orders
    send(wine, f"SF{order.id + 7:013d}", 2)
    assert report(order).status == "partly"
    assert reporting.plan_finished_reports() == []
    line = cake.lines[0]
    declining.decline_line(cake, line.id, by=By, reason="停电")
    assert cake.status == "reassigned"
    assert reporting.plan_finished_reports() == []
    assert report(order).status == "partly", "the operator may still find a maker"
    dispatching.assign(line, cake.workshop_id, "集群运营", "来电了")
    cancelling.cancel_part(order.account_id, order.number, cake.number)
    assert reporting.plan_finished_reports() == [order.id]
    assert report(order).status == "complete"
    assert known(pretend_wechat, order)["state"] == 2
    assert reporting.plan_finished_reports() == []
