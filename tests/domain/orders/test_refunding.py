"""An order's money goes back line by line: never more than was paid for each, whatever is asked, twice or at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.errors import DomainError
from domain.orders.models import Order, OrderFreight, OrderLine, OrderRefund, OrderRefundLine
from domain.orders.refunding import (
    NothingToRefund,
    RefundExceedsPaid,
    closed_refunds,
    give_back,
    hear_refund,
    refund_lines,
    refunds_of,
    refunds_of_workshop,
)
from domain.payments.models import Payment, Refund, RefundStatus
from gateways.wechat_pay.contract import Refund as WechatRefund
from gateways.wechat_pay.contract import RefundState
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import make_received, place, pretend_paid
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, committed, failures


def paid_order() -> Order:
    """Two wines at ¥68 of one workshop, a cake at ¥12.50 with freight of ¥8 of another."""
    wine = make_received(10, make_product(make_workshop()), price_fen=6800, weight_grams=2000)
    cake = make_received(10, make_product(make_workshop()), price_fen=1250, weight_grams=400)
    order = place(make_buyer(), {wine: 2, cake: 1})
    pretend_paid(order)
    return order


def word(number: str, state: RefundState) -> WechatRefund:
    refund = db.session.scalars(select(Refund).filter_by(out_refund_no=number)).one()
    payment = db.session.get_one(Payment, refund.payment_id)
    return WechatRefund(
        f"5030{number}", number, payment.out_trade_no, payment.transaction_id or "", state, now(), now(),
        payment.amount_fen, refund.amount_fen,
    )  # fmt: skip


def books_balance(order_number: str) -> int:
    """Assert that every counter says what the live refunds add up to, within what was paid; the sum."""
    db.session.expire_all()
    order = db.session.scalars(select(Order).filter_by(number=order_number)).one()
    payment = db.session.scalars(select(Payment).filter_by(purpose=order_number)).one()
    live = (
        select(func.coalesce(func.sum(OrderRefundLine.amount_fen), 0))
        .join(OrderRefund, OrderRefund.id == OrderRefundLine.order_refund_id)
        .where(OrderRefund.order_id == order.id, OrderRefund.given_back_at.is_(None))
    )
    for line in order.lines:
        assert line.refunded_fen == db.session.scalar(live.where(OrderRefundLine.order_line_id == line.id))
        assert 0 <= line.refunded_fen <= line.paid_fen
    for freight in order.freights:
        of_freight = live.where(
            OrderRefundLine.order_line_id.is_(None), OrderRefundLine.workshop_id == freight.workshop_id
        )
        assert freight.refunded_fen == db.session.scalar(of_freight)
        assert 0 <= freight.refunded_fen <= freight.freight_fen
    total = int(db.session.scalar(live) or 0)
    assert payment.refunded_fen == total <= payment.amount_fen
    return total


def test_a_line_and_a_freight(session: Any) -> None:
    order = paid_order()
    wine, cake = order.lines
    freight = next(row for row in order.freights if row.freight_fen)
    refund = refund_lines(order, {cake.id: 250}, {freight.workshop_id: 100}, "碰碎了", "owner")
    assert [(part.order_line_id, part.amount_fen) for part in refund.lines] == [(cake.id, 250), (None, 100)]
    assert books_balance(order.number) == 350
    [story] = refunds_of(order)
    assert (story.amount_fen, story.status, story.is_surplus) == (350, RefundStatus.ASKED, False)
    assert [told.amount_fen for told in refunds_of_workshop(order, cake.workshop_id)] == [350]
    assert refunds_of_workshop(order, wine.workshop_id) == []


def test_a_key_refunds_once(session: Any) -> None:
    order = paid_order()
    first = refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner", key="CASE7")
    again = refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner", key="CASE7")
    assert first.id == again.id
    refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner")
    assert books_balance(order.number) == 200


def test_nothing_goes_back_for_nothing(session: Any) -> None:
    order = paid_order()
    with pytest.raises(NothingToRefund):
        refund_lines(order, {}, {}, "", "owner")
    with pytest.raises(NothingToRefund):
        refund_lines(order, {order.lines[0].id: 0}, {}, "", "owner")
    unpaid = place(make_buyer(), {make_received(2): 1})
    with pytest.raises(NothingToRefund):
        refund_lines(unpaid, {unpaid.lines[0].id: 1}, {}, "", "owner")


def test_what_is_too_much_changes_nothing(session: Any) -> None:
    order, other = paid_order(), paid_order()
    cake = order.lines[1]
    free = next(row for row in order.freights if not row.freight_fen)
    for goods, freight in (
        ({cake.id: 1251}, {}),
        ({cake.id: -1}, {}),
        ({other.lines[0].id: 1}, {}),
        ({cake.id: 1}, {free.workshop_id: 1}),
        ({}, {987654: 1}),
    ):
        with pytest.raises(RefundExceedsPaid), db.session.begin_nested():
            refund_lines(order, goods, freight, "", "owner")
    assert books_balance(order.number) == 0
    assert db.session.scalar(select(func.count(Refund.id))) == 0


def test_what_wechat_closed_can_be_refunded_again(session: Any) -> None:
    order = paid_order()
    line = order.lines[0]
    number = refund_lines(order, {line.id: line.paid_fen}, {}, "", "owner").out_refund_no
    with pytest.raises(RefundExceedsPaid), db.session.begin_nested():
        refund_lines(order, {line.id: 1}, {}, "", "owner")
    give_back(number)
    assert books_balance(order.number) == line.paid_fen, "it isn't closed"
    for _ in range(3):
        hear_refund(word(number, RefundState.CLOSED), by="notice")
    assert books_balance(order.number) == 0
    assert closed_refunds() == []
    refund_lines(order, {line.id: line.paid_fen}, {}, "", "owner")
    assert books_balance(order.number) == line.paid_fen


def test_what_a_query_found_closed_is_given_back_by_the_timer(session: Any) -> None:
    from domain.orders.jobs import give_back_closed_refunds
    from domain.payments import refunding

    order = paid_order()
    number = refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner").out_refund_no
    refunding.hear_refund(word(number, RefundState.CLOSED), by="query")
    assert closed_refunds() == [number]
    for _ in range(2):
        give_back_closed_refunds.run()
    assert books_balance(order.number) == 0


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(1, 9000), st.sampled_from(["", "A", "B"]), st.sampled_from(RefundState)
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_and_told_the_books_balance(session: Any, steps: list[tuple[int, int, str, Any]]) -> None:
    with db.session.begin_nested() as all_of_it:
        order = paid_order()
        freight = next(row for row in order.freights if row.freight_fen)
        for place_of, fen, key, state in steps:
            goods = {order.lines[place_of].id: fen} if place_of < 2 else {}
            sent = {freight.workshop_id: fen // 10 + 1} if place_of >= 2 else {}
            try:
                with db.session.begin_nested():
                    refund_lines(order, goods, sent, "", "test", key=key)
            except DomainError:
                pass
            numbers = db.session.scalars(select(OrderRefund.out_refund_no).order_by(OrderRefund.id)).all()
            if numbers and place_of % 2:
                hear_refund(word(numbers[fen % len(numbers)], state), by="notice")
            books_balance(order.number)
        all_of_it.rollback()


@pytest.mark.parametrize("turn", range(3))
def test_refunds_at_once_stay_within_each_line(app: Flask, race: Race, turn: int) -> None:
    with committed(app):
        order = paid_order()
        number, line_id, paid_fen = order.number, order.lines[1].id, order.lines[1].paid_fen

    def act(fen: int, key: str) -> None:
        order = db.session.scalars(select(Order).filter_by(number=number)).one()
        refund_lines(order, {line_id: fen}, {}, "", "test", key=key)

    keyed = [partial(act, paid_fen // 2, "ONE")] * 4
    outcomes = race(*keyed, *[partial(act, paid_fen // 4, "") for _ in range(6)])
    assert set(failures(outcomes)) <= {"RefundExceedsPaid"}
    with app.app_context():
        books_balance(number)
        assert (
            db.session.scalar(select(func.count(OrderRefund.id)).where(OrderRefund.out_refund_no.endswith("KONE"))) <= 1
        )


def test_one_notice_fifty_times_at_once_gives_back_once(app: Flask, race: Race) -> None:
    with committed(app):
        order = paid_order()
        number = order.number
        refund = refund_lines(order, {order.lines[0].id: 100}, {}, "", "owner")
        refund_lines(order, {order.lines[0].id: 50}, {}, "", "owner")
        closed = word(refund.out_refund_no, RefundState.CLOSED)
    assert failures(race(*[partial(hear_refund, closed, by="notice")] * 50)) == []
    with app.app_context():
        assert books_balance(number) == 50


def test_the_database_itself_refuses_more(session: Any) -> None:
    from sqlalchemy.exc import IntegrityError

    order = paid_order()
    for change in (
        OrderLine.__table__.update().values(refunded_fen=OrderLine.amount_fen + 1),
        OrderFreight.__table__.update().values(refunded_fen=OrderFreight.freight_fen + 1),
        Payment.__table__.update().values(refunded_fen=order.total_fen + 1),
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(change)
