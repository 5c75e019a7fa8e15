"""Giving money back: asked for here, sent by a job under a number that never changes, followed until it is over.

Rows are taken in one order: the payment, then its refund. A caller that holds what the payment is for holds it before.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from core import jobs
from core.clock import now
from core.db import db
from core.errors import DomainError, NotFound
from core.jobs import job
from core.metrics import REFUNDS_ENDED
from core.states import check_transition
from domain.payments import dividing, merchants
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import (
    REFUND_TRANSITIONS,
    Payment,
    PaymentPart,
    PaymentStatus,
    Refund,
    RefundHistory,
    RefundStatus,
)
from domain.payments.returning import may_be_sent
from gateways import registry
from gateways.wechat_pay.contract import Refund as WechatRefund
from gateways.wechat_pay.contract import RefundState, RefundWish
from gateways.wechat_pay.errors import (
    RefundNotCovered,
    RefundUnknown,
    WechatPayNotConfigured,
    WechatPayRefused,
    WechatPayUnavailable,
)

# WeChat's limits: refunds of one payment, and the pause between two of them (a second more, for the clocks).
MOST_REFUNDS = 50
PAUSE = timedelta(seconds=61)
# How soon a refund is looked at again, by how often it was; the last one for ever.
LOOKS = tuple(timedelta(minutes=m) for m in (1, 1, 2, 5, 10, 30, 60, 180, 360))
_PER_RUN = 100
_STATUS = {
    RefundState.PROCESSING: RefundStatus.PROCESSING,
    RefundState.SUCCESS: RefundStatus.SUCCEEDED,
    RefundState.ABNORMAL: RefundStatus.ABNORMAL,
    RefundState.CLOSED: RefundStatus.CLOSED,
}
_OVER = {RefundStatus.SUCCEEDED, RefundStatus.CLOSED}


class RefundExceedsPayment(DomainError):
    """More would go back than came in."""

    message = "退款金额超过了还能退的金额"


class RefundNumberTaken(DomainError):
    """The number belongs to a refund of another payment or another sum."""

    message = "这个退款单号已经用过"


class TooManyRefunds(DomainError):
    """WeChat takes no more than fifty refunds of one payment."""

    message = "这笔付款的退款次数已满，请联系客服"


def ask_refund(
    payment: Payment, out_refund_no: str, amount_fen: int, reason: str, *, by: str, part: PaymentPart | None = None
) -> Refund:
    """Decide that `amount_fen` of a payment goes back, and have the job send it after the commit.

    A payment that has parts is refunded part by part, each by its own merchant: `part` says which.

    A number refunds once: asked again with the same sum it is the refund made before. Never more than came in.
    `reason` is shown to the buyer by WeChat, which cuts it at 80 characters. Raises RefundExceedsPayment,
    RefundNumberTaken or TooManyRefunds.
    """
    db.session.refresh(payment, with_for_update={"key_share": True})
    if part is None and dividing.parts_of(payment):
        raise ValueError("a payment that has parts is refunded by part")
    refund = _insert(payment, part, out_refund_no, amount_fen, reason)
    if refund is None:
        return _made_before(payment, part, out_refund_no, amount_fen)
    if (db.session.scalar(select(func.count(Refund.id)).where(_same_order(refund))) or 0) > MOST_REFUNDS:
        raise TooManyRefunds
    taken = update(Payment).where(
        Payment.id == payment.id,
        Payment.status.in_({PaymentStatus.PAID, PaymentStatus.SURPLUS}),
        Payment.refunded_fen + amount_fen <= Payment.amount_fen,
    )
    taken = taken.values(refunded_fen=Payment.refunded_fen + amount_fen)
    if db.session.scalar(taken.returning(Payment.id)) is None or not _take_from(part, amount_fen):
        raise RefundExceedsPayment(out_trade_no=payment.out_trade_no)
    _note(refund, None, RefundStatus.ASKED, by=by, reason=reason)
    jobs.enqueue(send_refund, lock=f"refund/{payment.out_trade_no}", out_refund_no=out_refund_no)
    db.session.flush()
    return refund


@job(queue_name="money")
def send_refund(out_refund_no: str) -> None:
    """Bring a refund one step further: ask WeChat about it, send it if WeChat has never heard of it.

    May run any number of times. What is out of reach, refused or not covered is looked at again later, under the same
    number and with the same sum.
    """
    payment, refund = lock_refund(out_refund_no)
    if refund.status in _OVER:
        refund.look_at = None
        return
    refund.look_at = now() + LOOKS[min(refund.looks, len(LOOKS) - 1)]
    refund.looks += 1
    try:
        told = _told_by_wechat(payment, refund)
    except RefundNotCovered:
        sound(AlarmKind.REFUND_REFUSED, out_refund_no, "NOT_ENOUGH")
    except WechatPayUnavailable:
        pass
    except WechatPayNotConfigured as fault:
        sound(AlarmKind.REFUND_REFUSED, out_refund_no, str(fault.params.get("setting", "")))
    except WechatPayRefused as refusal:
        sound(AlarmKind.REFUND_REFUSED, out_refund_no, str(refusal.params.get("reason", "")))
    else:
        if told is not None:
            _believe(payment, refund, told, by="query")
    db.session.flush()


@job(queue_name="money", cron="* * * * *")
def look_after_refunds() -> None:
    """Every minute: the refunds whose time has come are looked at, so that none is forgotten with a lost job."""
    due = select(Refund).where(Refund.look_at <= now()).order_by(Refund.look_at).limit(_PER_RUN)
    for refund in db.session.scalars(due.with_for_update(skip_locked=True, key_share=True)):
        payment = db.session.get_one(Payment, refund.payment_id)
        # Until the job has set the next time, it isn't enqueued once more every minute.
        refund.look_at = now() + timedelta(minutes=5)
        jobs.enqueue(send_refund, lock=f"refund/{payment.out_trade_no}", out_refund_no=refund.out_refund_no)


def hear_refund(told: WechatRefund, *, by: str) -> None:
    """Take WeChat's word on a refund, in any order and any number of times. Another sum or number is an alarm."""
    try:
        payment, refund = lock_refund(told.out_refund_no)
    except NotFound:
        sound(AlarmKind.REFUND_UNKNOWN, told.out_refund_no, f"{told.out_trade_no} {told.refund_fen}")
        return
    _believe(payment, refund, told, by=by)


def lock_refund(out_refund_no: str) -> tuple[Payment, Refund]:
    """A refund and its payment, held until the transaction ends; NotFound."""
    refund = db.session.scalars(select(Refund).filter_by(out_refund_no=out_refund_no)).first()
    if refund is None:
        raise NotFound(what="refund")
    payment = db.session.get_one(Payment, refund.payment_id)
    db.session.refresh(payment, with_for_update={"key_share": True})
    db.session.refresh(refund, with_for_update={"key_share": True})
    return payment, refund


def refunds_for(purpose: str) -> list[tuple[Payment, Refund]]:
    """Every refund of every payment for `purpose`, oldest first, each with its payment."""
    statement = (
        select(Payment, Refund)
        .join(Refund, Refund.payment_id == Payment.id)
        .where(Payment.purpose == purpose)
        .order_by(Refund.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def _take_from(part: PaymentPart | None, amount_fen: int) -> bool:
    """Count what goes back of a part, too; False beyond what it got."""
    if part is None:
        return True
    taken = update(PaymentPart).where(
        PaymentPart.id == part.id, PaymentPart.refunded_fen + amount_fen <= PaymentPart.amount_fen
    )
    taken = taken.values(refunded_fen=PaymentPart.refunded_fen + amount_fen)
    return db.session.scalar(taken.returning(PaymentPart.id)) is not None


def _same_order(refund: Refund) -> ColumnElement[bool]:
    """Refunds of the same order at WeChat: its limits are counted there."""
    return and_(
        Refund.payment_id == refund.payment_id, Refund.payment_part_id.is_not_distinct_from(refund.payment_part_id)
    )


def _insert(
    payment: Payment, part: PaymentPart | None, out_refund_no: str, amount_fen: int, reason: str
) -> Refund | None:
    values = {
        "out_refund_no": out_refund_no,
        "payment_id": payment.id,
        "payment_part_id": part.id if part else None,
        "amount_fen": amount_fen,
        "reason": reason[:80] or "退款",
        "status": RefundStatus.ASKED,
        "created_at": now(),
        "look_at": now() + PAUSE,
        "looks": 0,
    }
    if amount_fen < 1:
        raise RefundExceedsPayment(out_trade_no=payment.out_trade_no)
    return db.session.scalar(insert(Refund).values(values).on_conflict_do_nothing().returning(Refund))


def _made_before(payment: Payment, part: PaymentPart | None, out_refund_no: str, amount_fen: int) -> Refund:
    refund = db.session.scalars(select(Refund).filter_by(out_refund_no=out_refund_no)).one()
    wanted = (payment.id, part.id if part else None, amount_fen)
    if (refund.payment_id, refund.payment_part_id, refund.amount_fen) != wanted:
        raise RefundNumberTaken(out_refund_no=out_refund_no)
    return refund


def _told_by_wechat(payment: Payment, refund: Refund) -> WechatRefund | None:
    """What WeChat says, after sending it if need be; None while another refund of the payment is too recent."""
    order = _order_of(payment, refund)
    client = merchants.client_of(order.mchid) if isinstance(order, PaymentPart) else registry.wechat_pay()
    try:
        return client.query_refund(refund.out_refund_no)
    except RefundUnknown:
        pass
    last = db.session.scalar(select(func.max(Refund.sent_at)).where(_same_order(refund), Refund.id != refund.id))
    if not may_be_sent(payment, refund):
        refund.look_at = now() + PAUSE
        refund.looks -= 1
        return None
    if last is not None and now() < last + PAUSE:
        refund.look_at = last + PAUSE
        refund.looks -= 1
        return None
    refund.sent_at = now()
    return client.refund(
        RefundWish(
            out_trade_no=order.out_trade_no,
            out_refund_no=refund.out_refund_no,
            reason=refund.reason,
            refund_fen=refund.amount_fen,
            total_fen=order.amount_fen,
            notify_url=dividing.notify_url(client.mchid),
        )
    )


def _believe(payment: Payment, refund: Refund, told: WechatRefund, *, by: str) -> None:
    """Move a locked refund to what WeChat says, unless that is older than what is known."""
    order = _order_of(payment, refund)
    expected = (order.out_trade_no, order.transaction_id, order.amount_fen, refund.amount_fen)
    found = (told.out_trade_no, told.transaction_id, told.total_fen, told.refund_fen)
    if expected != found or refund.refund_id not in (None, told.refund_id):
        sound(AlarmKind.REFUND_MISMATCH, refund.out_refund_no, f"{expected} {found}")
        return
    refund.refund_id = told.refund_id
    refund.accepted_at = refund.accepted_at or told.created_at or now()
    was, to = RefundStatus(refund.status), _STATUS[told.state]
    if to == was or to not in REFUND_TRANSITIONS[was]:
        if {was, to} == _OVER:
            sound(AlarmKind.REFUND_MISMATCH, refund.out_refund_no, f"{was} {to}")
        return
    _note(refund, was, to, by=by)
    if to in _OVER:
        refund.look_at = None
        REFUNDS_ENDED.labels(to.value).inc()
    if to is RefundStatus.SUCCEEDED:
        refund.succeeded_at = told.success_at or now()
    elif to is RefundStatus.CLOSED:
        sound(AlarmKind.REFUND_CLOSED, refund.out_refund_no)
        payment.refunded_fen -= refund.amount_fen
        if isinstance(order, PaymentPart):
            order.refunded_fen -= refund.amount_fen
    elif to is RefundStatus.ABNORMAL:
        sound(AlarmKind.REFUND_ABNORMAL, refund.out_refund_no)
    db.session.flush()


def _order_of(payment: Payment, refund: Refund) -> Payment | PaymentPart:
    """The order at WeChat that a refund is of: the payment, or the sub-order of its part."""
    if refund.payment_part_id is None:
        return payment
    part = db.session.get_one(PaymentPart, refund.payment_part_id)
    db.session.refresh(part)
    return part


def _note(refund: Refund, was: RefundStatus | None, to: RefundStatus, *, by: str, reason: str = "") -> None:
    if was is not None:
        check_transition(REFUND_TRANSITIONS, was, to)
        refund.status = to
    row = RefundHistory(refund_row_id=refund.id, by=by, from_status=was, to_status=to, reason=reason)
    db.session.add(row)
