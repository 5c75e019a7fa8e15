"""What one of our numbers stands for: the payment or refund, what it is for, and its row in WeChat's bill of a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from core.db import db
from domain.payments.models import Payment, PaymentPart, Refund, TradeBill, TradeBillRow


@dataclass(frozen=True, slots=True)
class Traced:
    """A payment or refund of ours. `purpose` is what the payment was asked for: an order's number; amounts in fen."""

    purpose: str
    is_refund: bool
    status: str
    amount_fen: int


def trace(references: Collection[str]) -> dict[str, Traced]:
    """Each number that is one of ours, in three statements; numbers we never gave are left out."""
    payments = select(Payment).where(Payment.out_trade_no.in_(references))
    found = {
        payment.out_trade_no: Traced(payment.purpose, False, payment.status, payment.amount_fen)
        for payment in db.session.scalars(payments)
    }
    parts = select(PaymentPart, Payment).join(Payment, Payment.id == PaymentPart.payment_id)
    for part, payment in db.session.execute(parts.where(PaymentPart.out_trade_no.in_(references))):
        found[part.out_trade_no] = Traced(payment.purpose, False, payment.status, part.amount_fen)
    refunds = select(Refund, Payment.purpose).join(Payment, Payment.id == Refund.payment_id)
    for refund, purpose in db.session.execute(refunds.where(Refund.out_refund_no.in_(references))):
        found[refund.out_refund_no] = Traced(purpose, True, refund.status, refund.amount_fen)
    return found


def bill_rows(day: date, references: Collection[str]) -> dict[str, TradeBillRow]:
    """The rows of these numbers in the newest version of a day's bill."""
    newest = select(TradeBill.id).filter_by(bill_on=day).order_by(TradeBill.id.desc()).limit(1).scalar_subquery()
    rows = select(TradeBillRow).where(
        TradeBillRow.trade_bill_id == newest,
        or_(TradeBillRow.out_trade_no.in_(references), TradeBillRow.out_refund_no.in_(references)),
    )
    return {
        row.out_refund_no if row.is_refund else row.out_trade_no: row
        for row in db.session.scalars(rows.order_by(TradeBillRow.line))
    }
