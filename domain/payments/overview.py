"""What was asked, paid and given back for one purpose, as an operator reads it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.db import db
from domain.payments.models import Payment, PaymentHistory, PaymentPart, Refund


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment with its moves, the refunds of it and, if it isn't all the cluster's, its parts by merchant."""

    payment: Payment
    moves: list[PaymentHistory]
    refunds: list[Refund]
    parts: list[PaymentPart]


def payments_for(purpose: str) -> list[PaymentRecord]:
    """Every payment opened for `purpose`, oldest first, in four statements."""
    payments = list(db.session.scalars(select(Payment).filter_by(purpose=purpose).order_by(Payment.id)))
    ids = [payment.id for payment in payments]
    moves = list(
        db.session.scalars(select(PaymentHistory).where(PaymentHistory.payment_id.in_(ids)).order_by(PaymentHistory.id))
    )
    refunds = list(db.session.scalars(select(Refund).where(Refund.payment_id.in_(ids)).order_by(Refund.id)))
    divided = select(PaymentPart).where(PaymentPart.payment_id.in_(ids)).order_by(PaymentPart.place)
    parts = list(db.session.scalars(divided))
    return [
        PaymentRecord(
            payment,
            [move for move in moves if move.payment_id == payment.id],
            [refund for refund in refunds if refund.payment_id == payment.id],
            [part for part in parts if part.payment_id == payment.id],
        )
        for payment in payments
    ]
