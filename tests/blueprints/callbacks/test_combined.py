"""Notices of combined payments over HTTP: one for all sub-orders, and those of workshops' own merchants."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.db import db
from domain.orders import paying
from domain.orders.models import Order, OrderStatus, WorkshopOrder
from domain.orders.refunding import refund_lines
from domain.payments import confirming, dividing
from domain.payments.models import Payment, PaymentAlarm, PaymentNotice, Refund
from tests.blueprints.callbacks.conftest import PATH, Sent, Work
from tests.factories.merchants import known_merchants
from tests.factories.purchases import make_mini_buyer, open_mini_payment
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat

from tests.domain.payments.test_dividing import order_of_three  # isort: skip


@pytest.fixture
def awaiting(app: Flask, client: FlaskClient, combined_wechat: PretendWechat) -> str:
    """Our number of a combined payment that waits for its money."""
    with committed(app):
        order = order_of_three(combined_wechat)
        return open_mini_payment(combined_wechat, make_mini_buyer(combined_wechat), order)


@pytest.fixture
def say(combined_wechat: PretendWechat, awaiting: str) -> Callable[..., Sent]:
    """WeChat's own word that it was paid, or whatever else it is told to say."""

    def make(**what: Any) -> Sent:
        crafted = combined_wechat.ask("notices/craft", {"out_trade_no": awaiting} | what)
        return Sent(crafted["headers"], crafted["body"])

    return make


def status(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Order.status)).one()


def test_the_notice_of_wechat_pays_the_order(
    app: Flask, client: FlaskClient, combined_wechat: PretendWechat, awaiting: str, say: Callable[..., Sent], work: Work
) -> None:
    combined_wechat.pay(out_trade_no=awaiting)
    assert say().to(client).status_code == 204
    assert say().to(client).status_code == 204
    work()
    assert status(app) == OrderStatus.PAID


def test_fifty_times_at_once_is_once(
    app: Flask, client: FlaskClient, combined_wechat: PretendWechat, awaiting: str, say: Callable[..., Sent], work: Work
) -> None:
    combined_wechat.pay(out_trade_no=awaiting)
    notices = [say() for _ in range(50)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda notice: notice.to(app.test_client()).status_code, notices))
    assert set(answers) == {204}
    work()
    with app.app_context():
        assert db.session.scalar(select(func.count(PaymentNotice.id))) == 1
        assert db.session.scalar(select(func.count(WorkshopOrder.id))) == 3
        assert db.session.scalar(select(func.count(Refund.id))) == 0


@pytest.mark.parametrize("faults", [{"tampered": True}, {"unknown_serial": True}, {"stale_timestamp": True}])
def test_what_isn_t_wechats_is_refused(
    app: Flask, client: FlaskClient, say: Callable[..., Sent], work: Work, faults: dict[str, bool]
) -> None:
    assert say(faults=faults).to(client).status_code == 400
    work()
    assert status(app) == OrderStatus.AWAITING_PAYMENT


def test_a_true_notice_of_a_fen_more_is_an_alarm_and_nothing_else(
    app: Flask, client: FlaskClient, combined_wechat: PretendWechat, awaiting: str, say: Callable[..., Sent], work: Work
) -> None:
    combined_wechat.pay(out_trade_no=awaiting)
    assert say(faults={"wrong_amount": True}).to(client).status_code == 204
    work()
    assert status(app) == OrderStatus.AWAITING_PAYMENT
    with app.app_context():
        [alarm] = db.session.scalars(select(PaymentAlarm))
        assert (alarm.kind, alarm.reference) == ("payment_mismatch", awaiting)


def test_a_partial_notice_is_an_alarm_and_nothing_else(
    app: Flask, client: FlaskClient, combined_wechat: PretendWechat, awaiting: str, say: Callable[..., Sent], work: Work
) -> None:
    combined_wechat.pay(out_trade_no=awaiting)
    with app.app_context():
        told = dividing.query(confirming.find_payment(awaiting))
        [first, *_] = told.subs  # type: ignore[union-attr]
    sub = {
        "mchid": first.mchid, "out_trade_no": first.out_trade_no, "trade_state": "SUCCESS", "attach": "x",
        "transaction_id": first.transaction_id, "amount": {"total_amount": first.total_fen, "currency": "CNY"},
    }  # fmt: skip
    assert say(content={"sub_orders": [sub]}).to(client).status_code == 204
    assert say(content={"sub_orders": "none"}, id="EV-MALFORMED").to(client).status_code == 400
    work()
    assert status(app) == OrderStatus.AWAITING_PAYMENT
    with app.app_context():
        assert {row.kind for row in db.session.scalars(select(PaymentAlarm))} == {"payment_mismatch"}


def test_a_refund_is_told_to_its_own_merchants_address(
    app: Flask, client: FlaskClient, combined_wechat: PretendWechat, awaiting: str, work: Work
) -> None:
    combined_wechat.pay(out_trade_no=awaiting)
    combined_wechat.ask("faults", {"refund_seconds": 3600})
    with committed(app):
        payment = confirming.find_payment(awaiting)
        paying.confirm_payment(awaiting, dividing.query(payment), by="query")
        order = db.session.scalars(select(Order)).one()
        number = refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner").out_refund_no
    work()
    mchid = known_merchants(combined_wechat)[0].keys.mchid
    crafted = combined_wechat.ask("notices/craft", {"out_refund_no": number})
    asked = combined_wechat.ask("notices?format=json")["notices"]
    assert any(each["notify_url"].endswith(f"{PATH}/{mchid}") for each in asked)
    body, headers = crafted["body"].encode(), crafted["headers"]
    other = known_merchants(combined_wechat)[1].keys.mchid
    for wrong in (PATH, f"{PATH}/{other}"):
        assert client.post(wrong, data=body, headers=headers).status_code == 400
    assert client.post(f"{PATH}/1999999999", data=body, headers=headers).status_code == 404
    assert client.post(f"{PATH}/{mchid}", data=body, headers=headers).status_code == 204
    work()
    with app.app_context():
        assert db.session.scalars(select(Refund.status)).one() == "succeeded"
        assert db.session.scalars(select(Payment.refunded_fen)).one() == 100
