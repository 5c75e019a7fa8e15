"""Money and orders: paid once whatever is repeated, split to the fen, and never paid by a word that isn't WeChat's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core.clock import now
from core.db import db
from core.states import TransitionRefused
from domain.orders import cancelling, paying
from domain.orders.history import lock_order
from domain.orders.jobs import expire_order, process_notice
from domain.orders.models import Order, OrderHistory, OrderStatus, WorkshopOrder
from domain.orders.paying import OrderNotPayable
from domain.payments import closing, confirming
from domain.payments.models import Payment, PaymentChannel, PaymentHistory, PaymentNotice, PaymentStatus
from domain.payments.opening import Way
from domain.products.models import Product
from domain.stock.models import MovementKind, Reservation, ReservationStatus, Stock, StockMovement
from gateways import registry
from gateways.wechat_pay.contract import PaymentNotice as WechatPaymentNotice
from gateways.wechat_pay.contract import TradeState
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import make_mini_buyer, make_received, open_mini_payment, place, told
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, committed, failures
from tests.fixtures.wechat import PretendWechat

pytestmark = pytest.mark.usefixtures("pretend_wechat")


@pytest.fixture
def wechat(pretend_wechat: PretendWechat) -> PretendWechat:
    return pretend_wechat


def order_of_two_workshops(wechat: PretendWechat) -> Order:
    wine = make_received(10, make_product(make_workshop()), price_fen=6800, weight_grams=2000)
    cake = make_received(10, make_product(make_workshop()), price_fen=1250, weight_grams=400)
    return place(make_mini_buyer(wechat), {wine: 2, cake: 1})


def paid_at_wechat(wechat: PretendWechat, order: Order) -> str:
    """The order's payment is opened in the mini-program and paid at the cashier; its number."""
    number = open_mini_payment(wechat, make_mini_buyer(wechat), order)
    wechat.pay(out_trade_no=number)
    return number


def stock_of(order: Order) -> dict[int, tuple[int, int]]:
    rows = db.session.scalars(select(Stock).where(Stock.variant_id.in_([line.variant_id for line in order.lines])))
    return {row.variant_id: (row.on_hand, row.reserved) for row in rows}


def test_the_parameters_open_wechats_payment_sheet(session: Any, wechat: PretendWechat) -> None:
    buyer = make_mini_buyer(wechat)
    order = place(buyer, {make_received(3): 1})
    way = Way(PaymentChannel.MINI, openid=wechat.person(buyer.display_name)["openids"]["mini"])
    opened = paying.open_payment(buyer.id, order, way)
    assert opened.parameters is not None
    paid = wechat.pay(**opened.parameters.for_mini_program())
    assert paid["trade_state"] == "SUCCESS"
    assert paid["total_fen"] == order.total_fen


def test_opening_again_is_the_same_payment(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    numbers = {open_mini_payment(wechat, make_mini_buyer(wechat), order) for _ in range(3)}
    assert len(numbers) == 1
    assert db.session.scalar(select(func.count(Payment.id))) == 1


def test_nobody_else_opens_a_payment_nor_for_an_order_that_is_over(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    way = Way(PaymentChannel.NATIVE)
    with pytest.raises(OrderNotPayable):
        paying.open_payment(make_buyer().id, order, way)
    order.expires_at = now() - timedelta(seconds=1)
    db.session.flush()
    with pytest.raises(OrderNotPayable):
        paying.open_payment(order.account_id, order, way)
    cancelling.cancel(order.account_id, order.number)
    with pytest.raises(OrderNotPayable):
        paying.open_payment(order.account_id, order, way)
    assert db.session.scalar(select(func.count(Payment.id))) == 0


def test_a_paid_order_is_split_sold_and_told(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    number = paid_at_wechat(wechat, order)
    paying.confirm_payment(number, told(number), by="query")
    assert order.status == OrderStatus.PAID
    assert sum(part.goods_fen + part.freight_fen for part in order.workshop_orders) == order.total_fen
    assert [part.number for part in order.workshop_orders] == [f"{order.number}-1", f"{order.number}-2"]
    assert set(stock_of(order).values()) == {(8, 0), (9, 0)}
    sales = db.session.execute(
        select(StockMovement.change, StockMovement.reference).filter_by(kind=MovementKind.SALE)
    ).all()
    assert sorted(tuple(row) for row in sales) == [(-2, order.number), (-1, order.number)]
    assert set(db.session.scalars(select(Reservation.status))) == {ReservationStatus.SOLD}
    assert sorted(db.session.scalars(select(Product.sold_count))) == [1, 2]
    payment = paying.payment_of(order)
    assert payment is not None
    assert (payment.status, payment.amount_fen) == (PaymentStatus.PAID, order.total_fen)
    moves = db.session.scalars(select(OrderHistory.to_status).order_by(OrderHistory.id)).all()
    assert moves == ["awaiting_payment", "paid", "to_pack", "to_pack"]


def test_one_payment_confirmed_twenty_times_at_once_has_one_effect(
    app: Flask, race: Race, wechat: PretendWechat
) -> None:
    with committed(app):
        order = order_of_two_workshops(wechat)
        number = paid_at_wechat(wechat, order)
        heard = told(number)
    outcomes = race(*[lambda: paying.confirm_payment(number, heard, by="notice")] * 20)
    assert failures(outcomes) == []
    with app.app_context():
        _assert_paid_once()


def test_one_notice_twenty_times_at_once_is_kept_once_and_done_once(
    app: Flask, race: Race, wechat: PretendWechat
) -> None:
    with committed(app):
        order = order_of_two_workshops(wechat)
        number = paid_at_wechat(wechat, order)
        notice = WechatPaymentNotice("EV-1", "TRANSACTION.SUCCESS", now(), told(number))
    kept = race(*[lambda: confirming.keep_notice(notice)] * 20)
    assert sorted(kept) == [False] * 19 + [True]
    outcomes = race(*[lambda: process_notice.run(notice_id="EV-1")] * 20)
    assert failures(outcomes) == []
    with app.app_context():
        assert db.session.scalar(select(func.count(PaymentNotice.id))) == 1
        _assert_paid_once()


@pytest.mark.parametrize(
    "lie",
    [
        {"total_fen": 1},
        {"total_fen": None},
        {"appid": "wx0000000000000000"},
        {"mchid": "1999999999"},
        {"currency": "USD"},
        {"out_trade_no": "ANOTHER00001"},
        {"trade_state": TradeState.NOTPAY},
        {"trade_state": TradeState.CLOSED},
    ],
    ids=str,
)
def test_a_payment_that_differs_from_what_was_asked_changes_nothing(
    session: Any, wechat: PretendWechat, lie: dict[str, Any]
) -> None:
    order = order_of_two_workshops(wechat)
    number = paid_at_wechat(wechat, order)
    before = stock_of(order)
    with pytest.raises(confirming.PaymentMismatch):
        paying.confirm_payment(number, replace(told(number), **lie), by="notice")
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert stock_of(order) == before
    assert db.session.scalars(select(Payment.status)).all() == [PaymentStatus.OPEN]


def test_the_other_ways_to_pay_are_closed_once_it_is_paid(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    other = paying.open_payment(order.account_id, order, Way(PaymentChannel.NATIVE)).out_trade_no
    number = paid_at_wechat(wechat, order)
    paying.confirm_payment(number, told(number), by="notice")
    row = db.session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'domain.payments.closing.close_others'")
    ).one()
    closing.close_others.run(**row.args)
    states = {row.channel: row.status for row in db.session.scalars(select(Payment))}
    assert states == {PaymentChannel.MINI: PaymentStatus.PAID, PaymentChannel.NATIVE: PaymentStatus.CLOSED}
    assert told(other).trade_state is TradeState.CLOSED


def test_an_order_paid_in_two_ways_keeps_the_second_money_as_surplus(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    other = paying.open_payment(order.account_id, order, Way(PaymentChannel.NATIVE)).out_trade_no
    number = paid_at_wechat(wechat, order)
    wechat.pay(out_trade_no=other)
    for one in (number, other, number, other):
        paying.confirm_payment(one, told(one), by="notice")
    states = {row.channel: row.status for row in db.session.scalars(select(Payment))}
    assert states == {PaymentChannel.MINI: PaymentStatus.PAID, PaymentChannel.NATIVE: PaymentStatus.SURPLUS}
    assert set(stock_of(order).values()) == {(8, 0), (9, 0)}


def test_an_order_whose_time_is_up_gives_its_packets_back_once(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    number = open_mini_payment(wechat, make_mini_buyer(wechat), order)
    _time_is_up(order)
    for _ in range(3):
        expire_order.run(number=order.number)
    assert order.status == OrderStatus.EXPIRED
    assert set(stock_of(order).values()) == {(10, 0)}
    assert told(number).trade_state is TradeState.CLOSED
    with pytest.raises(AssertionError, match=r"order_closed|door_closed"):
        wechat.pay(out_trade_no=number)


def test_a_timer_that_rings_early_leaves_the_order_payable(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    number = open_mini_payment(wechat, make_mini_buyer(wechat), order)
    expire_order.run(number=order.number)
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert told(number).trade_state is TradeState.NOTPAY
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'domain.orders.jobs.expire_order'")
    assert db.session.scalar(waiting) == 2, "the timer is set once more"


def test_money_that_came_without_a_notice_is_found_when_the_time_is_up(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    paid_at_wechat(wechat, order)
    _time_is_up(order)
    expire_order.run(number=order.number)
    assert order.status == OrderStatus.PAID
    assert set(stock_of(order).values()) == {(8, 0), (9, 0)}


def test_money_for_an_order_that_is_over_is_surplus_and_takes_no_packets(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    number = paid_at_wechat(wechat, order)
    heard = told(number)
    cancelling.cancel(order.account_id, order.number)
    paying.confirm_payment(number, heard, by="notice")
    assert order.status == OrderStatus.CANCELLED
    assert set(stock_of(order).values()) == {(10, 0)}
    assert db.session.scalars(select(Payment.status)).all() == [PaymentStatus.SURPLUS]


def test_a_paid_order_can_not_be_cancelled(session: Any, wechat: PretendWechat) -> None:
    order = order_of_two_workshops(wechat)
    number = paid_at_wechat(wechat, order)
    paying.confirm_payment(number, told(number), by="notice")
    with pytest.raises(TransitionRefused):
        cancelling.cancel(order.account_id, order.number)
    assert order.status == OrderStatus.PAID


@pytest.mark.parametrize("turn", range(4))
def test_the_timer_against_the_notice_loses_no_money_and_no_packet(
    app: Flask, race: Race, wechat: PretendWechat, turn: int
) -> None:
    with committed(app):
        order = order_of_two_workshops(wechat)
        number = paid_at_wechat(wechat, order)
        heard = told(number)
        _time_is_up(order)
        order_number, order_id = order.number, order.id
    timer = partial(expire_order.run, number=order_number)
    notice = partial(paying.confirm_payment, number, heard, by="notice")
    assert failures(race(timer, notice, timer, notice)) == []
    with app.app_context():
        # The money was there before the timer closed anything, so the order is paid whoever came first.
        assert db.session.get_one(Order, order_id).status == OrderStatus.PAID
        _assert_paid_once()


@pytest.mark.parametrize("turn", range(6))
def test_cancelling_against_the_notice_ends_in_one_of_two_ways(
    app: Flask, race: Race, wechat: PretendWechat, turn: int
) -> None:
    with committed(app):
        order = order_of_two_workshops(wechat)
        number = paid_at_wechat(wechat, order)
        heard = told(number)
        account_id, order_number, order_id = order.account_id, order.number, order.id
    outcomes = race(
        lambda: paying.confirm_payment(number, heard, by="notice"),
        lambda: cancelling.cancel(account_id, order_number).status,
    )
    with app.app_context():
        order = db.session.get_one(Order, order_id)
        payment = db.session.scalars(select(Payment)).one()
        held = set(stock_of(order).values())
        if order.status == OrderStatus.PAID:
            assert (payment.status, failures(outcomes)) == (PaymentStatus.PAID, ["TransitionRefused"])
            assert held == {(8, 0), (9, 0)}
        else:
            assert order.status == OrderStatus.CANCELLED
            assert (payment.status, failures(outcomes)) == (PaymentStatus.SURPLUS, [])
            assert held == {(10, 0)}


@pytest.mark.parametrize("turn", range(4))
def test_opening_against_cancelling_leaves_nothing_that_can_be_paid(
    app: Flask, race: Race, wechat: PretendWechat, turn: int
) -> None:
    with committed(app):
        order = order_of_two_workshops(wechat)
        account_id, order_number = order.account_id, order.number

    def opens() -> str:
        order = db.session.scalars(select(Order).filter_by(number=order_number)).one()
        return paying.open_payment(account_id, order, Way(PaymentChannel.NATIVE)).out_trade_no

    outcomes = race(opens, lambda: cancelling.cancel(account_id, order_number).status)
    assert set(failures(outcomes)) <= {"OrderNotPayable"}
    with committed(app):
        closing.close_others.run(purpose=order_number, paid="")
    with app.app_context():
        assert set(db.session.scalars(select(Payment.status))) <= {PaymentStatus.CLOSED}


def test_the_registry_talks_to_the_pretend_wechat(wechat: PretendWechat) -> None:
    assert registry.wechat_pay().mchid == wechat.environment["WECHAT_PAY_MCHID"]


def _time_is_up(order: Order) -> None:
    db.session.execute(update(Order).where(Order.id == order.id).values(expires_at=now() - timedelta(seconds=1)))
    lock_order(order.number)


def _assert_paid_once() -> None:
    assert db.session.scalars(select(Order.status)).all() == [OrderStatus.PAID]
    assert db.session.scalar(select(func.count(WorkshopOrder.id))) == 2
    assert db.session.scalar(select(func.count(StockMovement.id)).filter_by(kind=MovementKind.SALE)) == 2
    assert db.session.scalar(select(func.count(PaymentHistory.id)).filter_by(to_status=PaymentStatus.PAID)) == 1
    assert db.session.scalar(select(func.count(OrderHistory.id)).filter_by(to_status=OrderStatus.PAID)) == 1
    assert sorted(db.session.scalars(select(Product.sold_count))) == [1, 2]
    assert sorted((row.on_hand, row.reserved) for row in db.session.scalars(select(Stock))) == [(8, 0), (9, 0)]
    for variant_id, on_hand in db.session.execute(select(Stock.variant_id, Stock.on_hand)):
        moved = db.session.scalar(select(func.sum(StockMovement.change)).filter_by(variant_id=variant_id))
        assert moved == on_hand
