"""Money on its way back, end to end with the pretend WeChat: notices over HTTP, a worker in this process."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from core.clock import now
from core.db import db
from domain.orders import cancelling, paying
from domain.orders.jobs import ask_about_open_payments, give_back_closed_refunds
from domain.orders.models import Order, OrderStatus
from domain.orders.refunding import refund_lines, refunds_of
from domain.payments.models import Payment, PaymentAlarm, PaymentNotice, PaymentStatus, Refund, RefundStatus
from domain.stock.models import Stock
from tests.blueprints.callbacks.conftest import PATH, Awaited, Craft, Sent, Work
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat

pytestmark = pytest.mark.usefixtures("clean_database")


def order_now() -> Order:
    return db.session.scalars(select(Order)).one()


def refund_now() -> Refund:
    return db.session.scalars(select(Refund)).one()


def refund_notice(wechat: PretendWechat, number: str, **what: Any) -> Sent:
    crafted = wechat.ask("notices/craft", {"out_refund_no": number} | what)
    return Sent(crafted["headers"], crafted["body"])


def paid_and_asked(
    app: Flask, wechat: PretendWechat, awaited: Awaited, client: FlaskClient, craft: Craft, work: Work
) -> str:
    """The order is paid; ¥5 of a line go back. The number of the refund, which WeChat has taken on."""
    wechat.pay(out_trade_no=awaited.payment)
    craft().to(client)
    work()
    with committed(app):
        order = order_now()
        return refund_lines(order, {order.lines[0].id: 500}, {}, "少一件", "owner").out_refund_no


def test_a_late_payment_of_a_cancelled_order_goes_back_by_itself(
    app: Flask, client: FlaskClient, pretend_wechat: PretendWechat, awaited: Awaited, craft: Craft, work: Work
) -> None:
    pretend_wechat.pay(out_trade_no=awaited.payment)
    with committed(app):
        cancelling.cancel(awaited.buyer, awaited.order)
    sent = craft()
    assert sent.to(client).status_code == 204
    work()
    with app.app_context():
        order, refund = order_now(), refund_now()
        assert order.status == OrderStatus.CANCELLED
        assert db.session.scalar(select(func.sum(Stock.on_hand))) == 20
        payment = db.session.scalars(select(Payment)).one()
        assert (payment.status, payment.refunded_fen) == (PaymentStatus.SURPLUS, awaited.total_fen)
        assert (refund.amount_fen, refund.out_refund_no) == (awaited.total_fen, f"{awaited.payment}S")
        assert refund.refund_id is not None, "it was sent"
        [story] = refunds_of(order)
        assert (story.is_surplus, story.amount_fen) == (True, awaited.total_fen)
    for _ in range(3):
        assert refund_notice(pretend_wechat, f"{awaited.payment}S").to(client).status_code == 204
        sent.to(client)
    work()
    with app.app_context():
        assert refund_now().status == RefundStatus.SUCCEEDED
        assert db.session.scalars(select(PaymentAlarm.kind)).all() == ["payment_surplus"]


def test_a_refund_notice_ends_the_refund(
    app: Flask, client: FlaskClient, pretend_wechat: PretendWechat, awaited: Awaited, craft: Craft, work: Work
) -> None:
    pretend_wechat.ask("faults", {"refund_seconds": 600})
    number = paid_and_asked(app, pretend_wechat, awaited, client, craft, work)
    work()
    with app.app_context():
        assert refund_now().status == RefundStatus.PROCESSING
    sent = refund_notice(pretend_wechat, number, refund_status="SUCCESS", id="EV-REFUND-1")
    for _ in range(3):
        assert sent.to(client).status_code == 204
    work()
    with app.app_context():
        assert refund_now().status == RefundStatus.SUCCEEDED
        assert db.session.scalar(select(func.count(PaymentNotice.id)).filter_by(event_type="REFUND.SUCCESS")) == 1


def test_closed_gives_back_and_late_words_change_nothing(
    app: Flask, client: FlaskClient, pretend_wechat: PretendWechat, awaited: Awaited, craft: Craft, work: Work
) -> None:
    pretend_wechat.ask("faults", {"refund_seconds": 600})
    number = paid_and_asked(app, pretend_wechat, awaited, client, craft, work)
    work()
    for state in ("ABNORMAL", "CLOSED", "ABNORMAL", "CLOSED"):
        refund_notice(pretend_wechat, number, refund_status=state).to(client)
        work()
    with app.app_context():
        assert refund_now().status == RefundStatus.CLOSED
        assert db.session.scalars(select(Payment.refunded_fen)).one() == 0
        assert order_now().lines[0].refunded_fen == 0
    with committed(app):
        give_back_closed_refunds.run()
    with app.app_context():
        assert order_now().lines[0].refunded_fen == 0


@pytest.mark.parametrize(
    "what",
    [
        {"content": {"refund_status": "SUCH"}},
        {"content": {"amount": {}}},
        {"content": {"refund_id": ""}},
        {"content": {"mchid": "1230000109"}},
        {"faults": {"tampered": True}},
        {"faults": {"stale_timestamp": True}},
        {"faults": {"unknown_serial": True}},
        {"signtest": True},
    ],
    ids=str,
)
def test_refund_notices_that_are_not_proven_change_nothing(
    app: Flask,
    client: FlaskClient,
    pretend_wechat: PretendWechat,
    awaited: Awaited,
    craft: Craft,
    work: Work,
    what: dict[str, Any],
) -> None:
    pretend_wechat.ask("faults", {"refund_seconds": 600})
    number = paid_and_asked(app, pretend_wechat, awaited, client, craft, work)
    work()
    response = refund_notice(pretend_wechat, number, **what).to(client)
    assert (response.status_code, json.loads(response.data)["code"]) == (400, "FAIL")
    work()
    with app.app_context():
        assert refund_now().status == RefundStatus.PROCESSING


def test_an_old_fashioned_notice_does_not_crash(client: FlaskClient, pretend_wechat: PretendWechat) -> None:
    xml = b"<xml><return_code>SUCCESS</return_code><req_info><![CDATA[T87G]]></req_info></xml>"
    response = client.post(PATH, data=xml, content_type="text/xml")
    assert (response.status_code, json.loads(response.data)["message"]) == (400, "v2_xml")


def test_a_lost_notice_is_found_by_asking(
    app: Flask, pretend_wechat: PretendWechat, awaited: Awaited, work: Work
) -> None:
    def minute_passes() -> None:
        with committed(app):
            db.session.execute(update(Payment).values(ask_at=Payment.ask_at - timedelta(minutes=1)))
            ask_about_open_payments.run()

    pretend_wechat.ask("faults", {"lost": True})
    with committed(app):
        ask_about_open_payments.run()
        assert db.session.scalar(_asking()) == 0, "it was opened just now"
    minute_passes()
    work()
    with app.app_context():
        assert order_now().status == OrderStatus.AWAITING_PAYMENT
    pretend_wechat.pay(out_trade_no=awaited.payment)
    minute_passes()
    work()
    with app.app_context():
        assert order_now().status == OrderStatus.PAID
        assert db.session.scalars(select(Payment.ask_at)).one() is None
    minute_passes()
    with app.app_context():
        assert db.session.scalar(_asking()) == 2, "what is paid is not asked about"


def test_each_run_asks_about_some_only_and_the_longest_waiting_first(
    app: Flask, awaited: Awaited, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.payments import asking

    monkeypatch.setattr(asking, "MOST_AT_ONCE", 2)
    with committed(app):
        for n in range(4):
            values = {"purpose": f"P{n}", "channel": "native", "appid": "wx", "amount_fen": 1}
            db.session.add(Payment(out_trade_no=f"P{n}N", ask_at=now() - timedelta(minutes=9 - n), **values))
    runs = []
    for _ in range(3):
        with committed(app):
            runs.append(asking.take_due())
    assert runs == [["P0N", "P1N"], ["P2N", "P3N"], []]


def test_a_wrong_amount_is_an_alarm_and_is_not_tried_again(
    app: Flask, client: FlaskClient, craft: Craft, work: Work
) -> None:
    for n in range(2):
        assert craft(faults={"wrong_amount": True}, id=f"EV-{n}").to(client).status_code == 204
    work()
    with app.app_context():
        assert order_now().status == OrderStatus.AWAITING_PAYMENT
        [alarm] = db.session.scalars(select(PaymentAlarm))
        assert alarm.kind == "payment_mismatch"
        states = text("SELECT status, attempts FROM procrastinate_jobs WHERE task_name LIKE '%process_notice'")
        assert {tuple(row) for row in db.session.execute(states)} == {("succeeded", 1)}


def test_a_notice_about_a_payment_of_nobody_is_an_alarm(
    app: Flask, client: FlaskClient, craft: Craft, work: Work
) -> None:
    assert craft(content={"out_trade_no": "NOBODY0001M"}, id="EV-X").to(client).status_code == 204
    work()
    with app.app_context():
        assert [alarm.reference for alarm in db.session.scalars(select(PaymentAlarm))] == ["NOBODY0001M"]


def test_surplus_and_its_refund_are_one_transaction(
    app: Flask, pretend_wechat: PretendWechat, awaited: Awaited, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.payments import refunding
    from tests.factories.purchases import told

    pretend_wechat.pay(out_trade_no=awaited.payment)
    with committed(app):
        cancelling.cancel(awaited.buyer, awaited.order)
        heard = told(awaited.payment)

    def killed(*args: Any, **values: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        moment.setattr(refunding, "ask_refund", killed)
        with pytest.raises(KeyboardInterrupt), committed(app):
            paying.confirm_payment(awaited.payment, heard, by="notice")
    with app.app_context():
        assert db.session.scalars(select(Payment.status)).one() == PaymentStatus.OPEN
    for _ in range(2):
        with committed(app):
            paying.confirm_payment(awaited.payment, heard, by="notice")
    with app.app_context():
        assert refund_now().amount_fen == awaited.total_fen


def _asking() -> Any:
    return text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'domain.orders.jobs.ask_about'")
