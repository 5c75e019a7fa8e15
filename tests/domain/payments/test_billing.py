"""Bills of several merchants against our books: every sub-order is found in its own merchant's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from core.clock import today
from core.db import db
from domain.orders import paying
from domain.orders.refunding import refund_lines
from domain.payments import confirming, dividing, merchants
from domain.payments.models import Payment, PaymentAlarm, Refund, TradeBillRow
from domain.payments.reconciling import days, differences, reconcile
from domain.payments.refunding import send_refund
from domain.payments.tracing import trace
from domain.settlement.models import Account
from domain.settlement.posting import post_new
from tests.domain.settlement.test_posting import balances
from tests.factories.purchases import make_mini_buyer, open_mini_payment
from tests.fixtures.wechat import PretendWechat

from tests.domain.payments.test_dividing import order_of_three  # isort: skip

FEE_FEN = 12  # 0.6 % of ¥20.50, rounded


@pytest.fixture
def payment(session: Any, combined_wechat: PretendWechat) -> Payment:
    """A combined payment of three times ¥20.50, a line of each refunded in part; two days have passed at WeChat."""
    combined_wechat.ask("forget", {})
    order = order_of_three(combined_wechat)
    number = open_mini_payment(combined_wechat, make_mini_buyer(combined_wechat), order)
    combined_wechat.pay(out_trade_no=number)
    made = confirming.find_payment(number)
    paying.confirm_payment(number, dividing.query(made), by="query")
    refund_lines(order, {line.id: 500 for line in order.lines}, {}, "", "owner")
    for refund in list(db.session.scalars(select(Refund))):
        send_refund.run(out_refund_no=refund.out_refund_no)
        send_refund.run(out_refund_no=refund.out_refund_no)
    combined_wechat.ask("clock", {"advance_seconds": 2 * 86400})
    return made


def test_every_sub_order_and_refund_is_found(payment: Payment) -> None:
    reconcile(today())
    assert differences(today()) == []
    rows = list(db.session.scalars(select(TradeBillRow)))
    assert len(rows) == 6
    own = {part.out_trade_no: part.mchid for part in dividing.parts_of(payment) if part.workshop_id}
    assert {row.out_trade_no: row.workshop_mchid for row in rows if row.workshop_mchid} == own
    [day] = days()
    assert day.rows == day.matched == 6
    reconcile(today())
    assert len(list(db.session.scalars(select(TradeBillRow)))) == 6


def test_only_the_clusters_own_fees_are_the_clusters(payment: Payment) -> None:
    reconcile(today())
    post_new()
    refunded_fee = 3  # 0.6 % of ¥5
    assert balances()[Account.WECHAT_FEES] == FEE_FEN - refunded_fee
    assert days()[0].fee_fen == FEE_FEN - refunded_fee


def test_a_sub_order_that_its_bill_lacks_or_that_differs_is_a_difference(payment: Payment) -> None:
    part = dividing.parts_of(payment)[0]
    db.session.execute(update(Payment).where(Payment.id == payment.id).values(amount_fen=payment.amount_fen + 1))
    part.amount_fen += 1
    db.session.flush()
    reconcile(today())
    [found] = differences(today())
    assert (found.kind, found.reference, found.off_fen) == ("payment_amount", part.out_trade_no, -1)
    assert trace([found.reference])[part.out_trade_no].purpose == payment.purpose


def test_a_merchant_whose_bill_can_t_be_had_is_an_alarm(payment: Payment) -> None:
    part = next(part for part in dividing.parts_of(payment) if part.workshop_id)
    row = next(each for each in merchants.list_merchants() if each.mchid == part.mchid)
    row.serial = "B" * 40
    db.session.flush()
    reconcile(today())
    [alarm] = db.session.scalars(select(PaymentAlarm).filter_by(kind="bill_unreadable"))
    assert alarm.detail.startswith(part.mchid)
    assert {found.kind for found in differences(today())} == {"payment_missing", "refund_missing"}
    assert today() - timedelta(days=1) < today()
    assert db.session.scalar(text("SELECT count(*) FROM trade_bills")) == 1
