"""Refunds of an order whose money several merchants got: to the fen, from the right one, one story for the buyer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.db import db
from domain.notifications.models import Notification
from domain.orders import cancelling, parting, paying, telling
from domain.orders.models import Order, OrderRefund, OrderStatus
from domain.orders.pieces import status_of
from domain.orders.refunding import RefundExceedsPaid, closed_refunds, give_back, refund_lines, refunds_of
from domain.orders.refunding import refunds_of_workshop as told_to
from domain.payments import confirming, dividing, merchants
from domain.payments.models import Payment, PaymentPart, Refund, RefundStatus
from domain.payments.refunding import send_refund
from tests.factories.purchases import make_mini_buyer, open_mini_payment
from tests.fixtures.wechat import PretendWechat

# One line of ¥12.50 and a freight of ¥8 for each of three workshops; the second is no merchant.
from tests.domain.payments.test_dividing import order_of_three  # isort: skip

LINE_FEN, FREIGHT_FEN = 1250, 800


@pytest.fixture
def wechat(combined_wechat: PretendWechat) -> PretendWechat:
    return combined_wechat


@pytest.fixture
def paid(session: Any, wechat: PretendWechat) -> Order:
    order = order_of_three(wechat)
    number = open_mini_payment(wechat, make_mini_buyer(wechat), order)
    wechat.pay(out_trade_no=number)
    paying.confirm_payment(number, dividing.query(confirming.find_payment(number)), by="notice")
    return order


def payment_of(order: Order) -> Payment:
    payment = confirming.paid_payment(order.number)
    assert payment is not None
    return payment


def refunded(order: Order) -> list[tuple[int | None, int]]:
    """What is counted as going back, by whose merchant got it."""
    return [(part.workshop_id, part.refunded_fen) for part in dividing.parts_of(payment_of(order)) if part.refunded_fen]


def finish(*numbers: str) -> None:
    for number in numbers * 2:
        send_refund.run(out_refund_no=number)


def all_numbers() -> list[str]:
    return list(db.session.scalars(select(Refund.out_refund_no).order_by(Refund.id)))


def test_a_line_goes_back_from_the_merchant_that_got_it(wechat: PretendWechat, paid: Order) -> None:
    for line in paid.lines:
        number = refund_lines(paid, {line.id: 250}, {}, "碰碎了", "owner").out_refund_no
        finish(number)
        refund = db.session.scalars(select(Refund).filter_by(out_refund_no=number)).one()
        assert refund.status == RefundStatus.SUCCEEDED
        receiver = line.paid_to_workshop_id
        part = db.session.get_one(PaymentPart, refund.payment_part_id)
        assert (part.workshop_id, part.refunded_fen) == (receiver, 250)
        assert merchants.client_of(part.mchid).query_refund(number).refund_fen == 250
    assert payment_of(paid).refunded_fen == 750


def test_over_several_merchants_it_is_one_refund_to_the_buyer(wechat: PretendWechat, paid: Order) -> None:
    first, second, third = paid.lines
    goods = {first.id: 300, second.id: 200, third.id: LINE_FEN}
    freight = {third.workshop_id: FREIGHT_FEN}
    made = refund_lines(paid, goods, freight, "少了几件", "operator", key="CASE1")
    assert refund_lines(paid, goods, freight, "少了几件", "operator", key="CASE1").id == made.id
    assert db.session.scalar(select(func.count(OrderRefund.id))) == 1
    assert db.session.scalar(select(func.count(Refund.id))) == 3
    assert sum(line.amount_fen for line in made.lines) == 300 + 200 + LINE_FEN + FREIGHT_FEN
    sums = {first.workshop_id: 300, third.workshop_id: LINE_FEN + FREIGHT_FEN, None: 200}
    assert dict(refunded(paid)) == sums
    [story] = refunds_of(paid)
    assert (story.out_refund_no, story.amount_fen, story.is_surplus) == (made.out_refund_no, sum(sums.values()), False)
    assert [each.amount_fen for each in told_to(paid, third.workshop_id)] == [LINE_FEN + FREIGHT_FEN]
    one, *others = all_numbers()
    finish(one)
    [story] = refunds_of(paid)
    assert (story.status, status_of(made.out_refund_no)) == (RefundStatus.ASKED, RefundStatus.ASKED)
    finish(*others)
    [story] = refunds_of(paid)
    assert (story.status, status_of(made.out_refund_no)) == (RefundStatus.SUCCEEDED, RefundStatus.SUCCEEDED)
    assert story.succeeded_at is not None
    assert telling.tell_refunds_arrived() == 3
    assert telling.tell_refunds_arrived() == 0
    asked = select(func.count(Notification.id)).where(Notification.key.startswith("refund_asked/"))
    assert db.session.scalar(asked) == 1


def test_a_closed_piece_frees_its_own_lines_only(wechat: PretendWechat, paid: Order) -> None:
    first, second, third = paid.lines
    made = refund_lines(paid, {line.id: LINE_FEN for line in paid.lines}, {}, "", "operator")
    one, two, three = all_numbers()
    finish(one)
    wechat.ask("faults", {"refund_closed": True})
    finish(two)
    wechat.ask("faults", {"reset": True})
    finish(three)
    assert status_of(made.out_refund_no) == RefundStatus.CLOSED
    assert closed_refunds() == [two]
    for _ in range(2):
        give_back(two)
        give_back(one)
    for line in paid.lines:
        db.session.refresh(line)
    closed = next(part for part in dividing.parts_of(payment_of(paid)) if not part.refunded_fen)
    freed = next(line for line in paid.lines if line.paid_to_workshop_id == closed.workshop_id)
    assert {line.id: line.refunded_fen for line in paid.lines} == {
        line.id: 0 if line is freed else LINE_FEN for line in (first, second, third)
    }
    assert payment_of(paid).refunded_fen == 2 * LINE_FEN
    assert sorted(story.amount_fen for story in refunds_of(paid)) == [LINE_FEN, 2 * LINE_FEN]
    refund_lines(paid, {freed.id: LINE_FEN}, {}, "", "operator")
    with pytest.raises(RefundExceedsPaid):
        refund_lines(paid, {freed.id: 1}, {}, "", "operator")


def test_giving_up_the_whole_order_empties_every_merchant(wechat: PretendWechat, paid: Order) -> None:
    cancelling.cancel_paid(paid.account_id, paid.number)
    finish(*all_numbers())
    assert paid.status == OrderStatus.REFUNDED
    assert all(part.refunded_fen == part.amount_fen for part in dividing.parts_of(payment_of(paid)))
    [story] = refunds_of(paid)
    assert (story.amount_fen, story.status) == (paid.total_fen, RefundStatus.SUCCEEDED)


def test_a_line_made_by_another_goes_back_from_where_the_money_is(wechat: PretendWechat, paid: Order) -> None:
    line, other = paid.lines[0], paid.lines[2]
    was = line.workshop_id
    parting.give_to(paid, line, other.workshop_id, "operator", "停电")
    db.session.flush()
    refund_lines(paid, {line.id: 100}, {}, "", "owner")
    assert refunded(paid) == [(was, 100)]


def test_two_refunds_of_two_merchants_needn_t_wait_for_each_other(wechat: PretendWechat, paid: Order) -> None:
    for line in paid.lines[:2]:
        refund_lines(paid, {line.id: 100}, {}, "", "owner")
    finish(*all_numbers())
    assert set(db.session.scalars(select(Refund.status))) == {RefundStatus.SUCCEEDED}


def test_lost_credentials_are_an_alarm_and_the_refund_waits(wechat: PretendWechat, paid: Order) -> None:
    line = paid.lines[0]
    made = refund_lines(paid, {line.id: 100}, {}, "", "owner")
    part = next(part for part in dividing.parts_of(payment_of(paid)) if part.refunded_fen)
    row = next(each for each in merchants.list_merchants() if each.mchid == part.mchid)
    kept = row.private_key_encrypted
    row.private_key_encrypted = "unreadable"
    db.session.flush()
    finish(made.out_refund_no)
    assert status_of(made.out_refund_no) == RefundStatus.ASKED
    row.private_key_encrypted = kept
    db.session.flush()
    finish(made.out_refund_no)
    assert status_of(made.out_refund_no) == RefundStatus.SUCCEEDED
