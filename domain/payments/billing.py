"""What bills of several merchants (合单) speak of: payments that aren't divided, and parts of those that are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CompoundSelect, exists, select

from core.db import db
from domain.payments import merchants
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import Merchant, Payment, PaymentPart
from gateways.wechat_pay.bills import read_trade_bill
from gateways.wechat_pay.contract import BillRow
from gateways.wechat_pay.errors import (
    BillEmpty,
    BillNotReady,
    WechatPayNotConfigured,
    WechatPayRefused,
    WechatPayUnavailable,
)


@dataclass(frozen=True, slots=True)
class Ours:
    """An order at WeChat as our books have it: a payment, or a part of one."""

    payment: Payment
    amount_fen: int
    transaction_id: str | None

    @property
    def status(self) -> str:
        return self.payment.status


def orders_of(numbers: Iterable[str]) -> dict[str, Ours]:
    """Our orders at WeChat of these numbers. The number of a combined payment as a whole is in no bill."""
    wanted = set(numbers)
    payments = select(Payment).where(Payment.out_trade_no.in_(wanted))
    found = {
        payment.out_trade_no: Ours(payment, payment.amount_fen, payment.transaction_id)
        for payment in db.session.scalars(payments)
    }
    parts = select(PaymentPart, Payment).join(Payment, Payment.id == PaymentPart.payment_id)
    for part, payment in db.session.execute(parts.where(PaymentPart.out_trade_no.in_(wanted))):
        found[part.out_trade_no] = Ours(payment, part.amount_fen, part.transaction_id)
    return found


def numbers_at_wechat() -> CompoundSelect[int, str, int]:
    """(payment_id, out_trade_no, amount_fen) of everything that belongs into a bill we can fetch.

    What a workshop got whose credentials are gone is in no bill that we see: nothing is missed there.
    """
    divided = exists().where(PaymentPart.payment_id == Payment.id)
    whole = select(Payment.id.label("payment_id"), Payment.out_trade_no, Payment.amount_fen).where(~divided)
    seen = PaymentPart.workshop_id.is_(None) | exists().where(Merchant.mchid == PaymentPart.mchid)
    return whole.union_all(select(PaymentPart.payment_id, PaymentPart.out_trade_no, PaymentPart.amount_fen).where(seen))


def bills_of_merchants(day: date) -> list[tuple[str, BillRow]]:
    """The rows of the day's bills of workshops' own merchants, as far as they concern us.

    One that can't be had is an alarm, so that nobody waits for it; the operator may have the day fetched again. Raises
    BillNotReady, as the cluster's own does.
    """
    rows: list[tuple[str, BillRow]] = []
    for merchant in merchants.list_merchants():
        try:
            with merchants.client_of(merchant.mchid).trade_bill(day) as file:
                rows += [(merchant.mchid, row) for row in read_trade_bill(file)]
        except BillEmpty:
            continue
        except BillNotReady:
            raise
        except (WechatPayRefused, WechatPayUnavailable, WechatPayNotConfigured) as fault:
            reason = str(fault.params.get("reason") or fault.params.get("setting") or fault.code)
            sound(AlarmKind.BILL_UNREADABLE, day.isoformat(), f"{merchant.mchid} {reason}")
    known = orders_of(row.out_trade_no for _, row in rows)
    # A workshop's merchant may sell elsewhere, too: that is none of our business.
    return [(mchid, row) for mchid, row in rows if row.out_trade_no in known]
