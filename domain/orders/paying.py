"""Paying an order: open a payment at WeChat, believe only what WeChat says, then split the order among its workshops."""

from __future__ import annotations

from core import jobs
from core.clock import now
from core.errors import DomainError, NotFound
from core.metrics import PAYMENTS_CONFIRMED
from domain.orders import grouping, handing, sharing_out
from domain.orders.history import lock_order, record_move
from domain.orders.models import Order, OrderStatus
from domain.orders.telling import tell_surplus
from domain.payments import closing, confirming, opening
from domain.payments.alarms import AlarmKind, sound
from domain.payments.dividing import Told
from domain.payments.models import Payment


class OrderNotPayable(DomainError):
    """It is paid, cancelled or expired already."""

    message = "这个订单现在不能付款"


def open_payment(account_id: int, order: Order, way: opening.Way) -> opening.Opened:
    """What the buyer needs to pay `order` in one way (a prepay id, a QR code's address, an H5 address).

    Asking again gives the same payment with a fresh prepay. Calls WeChat, last. Raises OrderNotPayable,
    `sharing_out.TooManyMerchants`.
    """
    # Held while WeChat is asked: whoever cancels now finds the payment afterwards and closes it.
    order = lock_order(order.number, alone=True)
    if order.account_id != account_id or not order.is_payable:
        raise OrderNotPayable
    description = _description(order)
    shares = sharing_out.shares_of(order, description)
    due = opening.Sum(order.number, description, order.total_fen, order.expires_at, shares)
    return opening.open_payment(due, way)


def confirm_payment(out_trade_no: str, told: Told, by: str) -> None:
    """Take WeChat's word that a payment succeeded: the order is paid and split, its packets are sold (or wait for its group).
    Once.

    A repeated or late word changes nothing twice. Money for an order that no longer waits becomes surplus. A wrong
    amount, merchant or app raises `confirming.PaymentMismatch`.
    """
    payment = confirming.find_payment(out_trade_no)
    order = lock_order(payment.purpose, alone=True)
    waits = order.status == OrderStatus.AWAITING_PAYMENT
    outcome = confirming.confirm(payment, told, is_awaited=waits, by=by)
    if outcome is confirming.Outcome.SURPLUS:
        tell_surplus(order, out_trade_no, payment.amount_fen)
    if outcome is not confirming.Outcome.PAID:
        return
    order.paid_at = now()
    record_move(order, OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, by=by, reason=out_trade_no)
    sharing_out.note_receivers(order, payment)
    if closing.has_others(order.number, out_trade_no):
        jobs.enqueue(closing.close_others, purpose=order.number, paid=out_trade_no)
    if order.held_for_group:
        grouping.note_paid(order, by)
    else:
        handing.hand_over(order, by)
    PAYMENTS_CONFIRMED.inc()


def hear(told: Told, by: str) -> None:
    """Take WeChat's word as `confirm_payment` does; what can't be believed becomes an alarm instead of an error.

    For jobs: repeating them wouldn't make another sum right.
    """
    try:
        confirm_payment(told.out_trade_no, told, by)
    except confirming.PaymentMismatch as mismatch:
        sound(AlarmKind.PAYMENT_MISMATCH, told.out_trade_no, str(mismatch.params.get("found", "")))
    except NotFound:
        sound(AlarmKind.PAYMENT_UNKNOWN, told.out_trade_no, f"{told.transaction_id} {told.total_fen}")


def payment_of(order: Order) -> Payment | None:
    """The payment that paid the order, if one did."""
    return confirming.paid_payment(order.number)


def _description(order: Order) -> str:
    first = order.lines[0].product_name
    more = f" 等 {len(order.lines)} 种" if len(order.lines) > 1 else ""
    return f"坂里 {first}{more}"[:127]
