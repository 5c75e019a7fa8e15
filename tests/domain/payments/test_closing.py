"""Closing a payment at WeChat: whoever loses the race against the buyer is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from core.states import TransitionRefused
from domain.orders import paying
from domain.payments import closing, confirming
from domain.payments.models import Payment, PaymentChannel, PaymentHistory, PaymentStatus
from domain.payments.opening import PaymentOver, Way, open_payment
from gateways.wechat_pay.contract import TradeState
from gateways.wechat_pay.errors import WechatPayUnavailable
from tests.factories.purchases import make_mini_buyer, make_received, open_mini_payment, place, told
from tests.fixtures.wechat import PretendWechat


@pytest.fixture
def opened(session: Any, pretend_wechat: PretendWechat) -> str:
    """The number of a payment that is open at WeChat."""
    buyer = make_mini_buyer(pretend_wechat)
    return open_mini_payment(pretend_wechat, buyer, place(buyer, {make_received(5): 1}))


def purpose_of(number: str) -> str:
    return confirming.find_payment(number).purpose


def test_an_open_payment_is_closed_here_and_there(opened: str) -> None:
    assert closing.close_or_learn(purpose_of(opened)) == []
    assert confirming.find_payment(opened).status == PaymentStatus.CLOSED
    assert told(opened).trade_state is TradeState.CLOSED
    assert closing.close_or_learn(purpose_of(opened)) == []


def test_a_payment_that_was_paid_first_is_told(opened: str, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.pay(out_trade_no=opened)
    [heard] = closing.close_or_learn(purpose_of(opened))
    assert (heard.out_trade_no, heard.trade_state) == (opened, TradeState.SUCCESS)
    assert confirming.find_payment(opened).status == PaymentStatus.OPEN, "believing it is the order's business"


def test_money_found_while_giving_up_is_surplus(opened: str, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.pay(out_trade_no=opened)
    closing.close_others.run(purpose=purpose_of(opened), paid="")
    assert confirming.find_payment(opened).status == PaymentStatus.SURPLUS
    moves = select(PaymentHistory.to_status).order_by(PaymentHistory.id)
    assert db.session.scalars(moves).all() == [PaymentStatus.OPEN, PaymentStatus.SURPLUS]


def test_a_closed_payment_is_not_opened_again(opened: str) -> None:
    closing.close_or_learn(purpose_of(opened))
    payment = confirming.find_payment(opened)
    order = paying.lock_order(payment.purpose)
    way = Way(PaymentChannel.MINI, openid=payment.openid)
    with pytest.raises(PaymentOver):
        paying.open_payment(order.account_id, order, way)


def test_wechat_out_of_reach_leaves_the_payment_open(
    opened: str, pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.settings import settings
    from gateways import registry

    monkeypatch.setenv("WECHAT_PAY_BASE", "http://127.0.0.1:9")
    settings.cache_clear()
    registry.reset()
    with pytest.raises(WechatPayUnavailable):
        closing.close_or_learn(purpose_of(opened))
    assert confirming.find_payment(opened).status == PaymentStatus.OPEN


def test_what_is_paid_is_never_closed_nor_paid_again(opened: str, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.pay(out_trade_no=opened)
    payment = confirming.find_payment(opened)
    assert confirming.confirm(payment, told(opened), is_awaited=True, by="query") is confirming.Outcome.PAID
    assert confirming.confirm(payment, told(opened), is_awaited=True, by="query") is confirming.Outcome.REPEATED
    for to in (PaymentStatus.CLOSED, PaymentStatus.SURPLUS, PaymentStatus.OPEN):
        with pytest.raises(TransitionRefused):
            confirming.move_payment(payment, to, by="test")
    assert payment.transaction_id == told(opened).transaction_id


def test_a_number_of_nobody(session: Any) -> None:
    with pytest.raises(NotFound):
        confirming.find_payment("NOBODY0001")


def test_a_payment_that_could_not_be_opened_leaves_nothing(session: Any) -> None:
    """WeChat is not configured: the attempt is rolled back and can be repeated under the same number."""
    from core.clock import now
    from core.errors import OutsideUnavailable
    from domain.payments.opening import Sum

    with pytest.raises(OutsideUnavailable), db.session.begin_nested():
        open_payment(Sum("ORDER0001", "酒", 100, now()), Way(PaymentChannel.NATIVE))
    assert db.session.scalar(select(func.count(Payment.id))) == 0
