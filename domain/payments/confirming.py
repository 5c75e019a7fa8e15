"""Believing that a payment succeeded: notices are kept first, then compared with what was asked for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError, NotFound
from core.metrics import NOTICES_REFUSED
from core.states import check_transition
from domain.payments import dividing, refunding
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import (
    TRANSITIONS,
    Payment,
    PaymentHistory,
    PaymentNotice,
    PaymentPart,
    PaymentStatus,
)
from gateways.wechat_pay.combining import CombinedNotice, CombinedPayment
from gateways.wechat_pay.contract import Notice, RefundNotice, RefundState, TradeState
from gateways.wechat_pay.contract import Payment as WechatPayment
from gateways.wechat_pay.contract import PaymentNotice as WechatPaymentNotice
from gateways.wechat_pay.contract import Refund as WechatRefund

log = structlog.get_logger(__name__)
SURPLUS_SUFFIX = "S"
SURPLUS_REASON = "订单没有等这笔付款，全额退回"


class PaymentMismatch(DomainError):
    """WeChat speaks of another amount, merchant, app or currency than we asked for. Nothing is done; people must look."""

    message = "付款信息不一致"


class Outcome(StrEnum):
    """What a confirmation came to."""

    PAID = "paid"
    SURPLUS = "surplus"
    REPEATED = "repeated"


def keep_notice(notice: Notice) -> bool:
    """Store a verified notice; False when the same one is there already."""
    resource: dict[str, Any] = {}
    if isinstance(notice, (WechatPaymentNotice, CombinedNotice)):
        resource = _plain(asdict(notice.payment))
    elif isinstance(notice, RefundNotice):
        resource = _plain(asdict(notice.refund))
    row = insert(PaymentNotice).values(
        notice_id=notice.notice_id, event_type=notice.event_type, resource=resource, received_at=now()
    )
    return db.session.scalar(row.on_conflict_do_nothing().returning(PaymentNotice.id)) is not None


def told_by(notice_id: str) -> WechatPayment | CombinedPayment | WechatRefund | None:
    """What a kept notice speaks of; None for a notice of a kind we don't act upon."""
    kept = db.session.scalars(select(PaymentNotice).filter_by(notice_id=notice_id)).one()
    values = dict(kept.resource)
    for name in ("success_at", "created_at"):
        if values.get(name):
            values[name] = datetime.fromisoformat(values[name])
    if "out_refund_no" in values:
        return WechatRefund(**values | {"state": RefundState(values["state"])})
    if "subs" in values:
        return dividing.combined_told(values)
    if "trade_state" in values:
        return WechatPayment(**values | {"trade_state": TradeState(values["trade_state"])})
    return None


def find_payment(out_trade_no: str) -> Payment:
    """The payment of our number, or NotFound."""
    payment = db.session.scalars(select(Payment).filter_by(out_trade_no=out_trade_no)).first()
    if payment is None:
        raise NotFound(what="payment")
    return payment


def paid_payment(purpose: str) -> Payment | None:
    """The payment that paid for `purpose`."""
    return db.session.scalars(select(Payment).filter_by(purpose=purpose, status=PaymentStatus.PAID)).first()


def confirm(payment: Payment, told: dividing.Told, *, is_awaited: bool, by: str) -> Outcome:
    """Note that the money came. `is_awaited` says whether what it is for still waits; else the money is surplus.

    Surplus money goes back by itself: its refund is asked for in the same transaction. The caller holds the lock on
    what the payment is for. Raises PaymentMismatch.
    """
    db.session.refresh(payment, with_for_update=True)
    if payment.status in {PaymentStatus.PAID, PaymentStatus.SURPLUS}:
        return Outcome.REPEATED
    _compare(payment, told)
    to = PaymentStatus.PAID if is_awaited and payment.status == PaymentStatus.OPEN else PaymentStatus.SURPLUS
    dividing.note_transactions(payment, told)
    payment.paid_at = told.success_at or now()
    move_payment(payment, to, by=by, reason=told.transaction_id or "")
    if to is PaymentStatus.SURPLUS:
        _give_back(payment)
    return Outcome(to.value)


def move_payment(payment: Payment, to: PaymentStatus, *, by: str, reason: str = "") -> None:
    """Move a payment through its table and write the line of history."""
    now_at = PaymentStatus(payment.status)
    check_transition(TRANSITIONS, now_at, to)
    payment.status = to
    payment.ask_at = None
    db.session.add(PaymentHistory(payment_id=payment.id, by=by, from_status=now_at, to_status=to, reason=reason))
    db.session.flush()


def _give_back(payment: Payment) -> None:
    sound(AlarmKind.PAYMENT_SURPLUS, payment.out_trade_no, str(payment.amount_fen))
    parts: list[PaymentPart] | list[None] = dividing.parts_of(payment) or [None]
    for part in parts:
        whole = part or payment
        number = f"{whole.out_trade_no}{SURPLUS_SUFFIX}"
        refunding.ask_refund(payment, number, whole.amount_fen, SURPLUS_REASON, by="surplus", part=part)


def _compare(payment: Payment, told: dividing.Told) -> None:
    expected, found = dividing.expected_of(payment), dividing.found_in(told)
    if expected != found:
        NOTICES_REFUSED.labels("mismatch").inc()
        log.error("payment_mismatch", out_trade_no=payment.out_trade_no, expected=expected, found=found)
        raise PaymentMismatch(out_trade_no=payment.out_trade_no, found=found)


def _plain(value: Any) -> Any:
    """The same in JSON's own types."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
