"""Closing payments that must not be paid any more. Closing and paying race at WeChat: whoever loses is told."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.jobs import job
from domain.payments import dividing
from domain.payments.alarms import AlarmKind, sound
from domain.payments.confirming import PaymentMismatch, confirm, move_payment
from domain.payments.models import Payment, PaymentStatus
from gateways.wechat_pay.errors import PaymentAlreadyMade, PaymentClosed, PaymentUnknown


def close_or_learn(purpose: str) -> list[dividing.Told]:
    """Close each open payment of `purpose` at WeChat; those that turn out paid are returned instead, as WeChat tells."""
    learned = []
    for payment in _open_payments(purpose):
        told = _close(payment)
        if told is not None:
            learned.append(told)
    return learned


@job(queue_name="money")
def close_others(purpose: str, paid: str) -> None:
    """After `purpose` was paid by the number `paid` (or given up: empty), close the other ways; late money is surplus."""
    for payment in _open_payments(purpose):
        if payment.out_trade_no != paid:
            told = _close(payment)
            if told is not None:
                _keep_surplus(payment, told)


def has_others(purpose: str, paid: str) -> bool:
    """Whether another payment of `purpose` than `paid` is open. Call under the lock under which payments are opened."""
    open_one = select(Payment.id).where(
        Payment.purpose == purpose, Payment.status == PaymentStatus.OPEN, Payment.out_trade_no != paid
    )
    return db.session.scalar(open_one.limit(1)) is not None


def _keep_surplus(payment: Payment, told: dividing.Told) -> None:
    try:
        confirm(payment, told, is_awaited=False, by="query")
    except PaymentMismatch as mismatch:
        sound(AlarmKind.PAYMENT_MISMATCH, payment.out_trade_no, str(mismatch.params.get("found", "")))


def _open_payments(purpose: str) -> list[Payment]:
    statement = select(Payment).filter_by(purpose=purpose, status=PaymentStatus.OPEN).order_by(Payment.id)
    return list(db.session.scalars(statement))


def _close(payment: Payment) -> dividing.Told | None:
    """Close one payment; the payment as WeChat sees it when it was paid first."""
    try:
        dividing.close(payment)
    except PaymentAlreadyMade:
        return dividing.query(payment)
    except (PaymentUnknown, PaymentClosed):
        pass
    move_payment(payment, PaymentStatus.CLOSED, by="timer")
    return None
