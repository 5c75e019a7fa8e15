"""Fetching shared money back (分账回退) before a refund that needs it; a refund waits until that is decided and over.

WeChat lets merchants give back for 180 days. A return that fails does not keep the buyer waiting: the refund is paid
from the cluster's own account, the workshop owes it, and people are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.settings import SettlementMode
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import Payment, Refund
from domain.payments.share_limits import MOST_RETURNS, RETURN_WINDOW
from domain.payments.share_models import (
    RETURN_ENDED,
    SHARE_ENDED,
    ProfitShare,
    ReceiverStatus,
    ReturnStatus,
    ShareReceiver,
    ShareRequest,
    ShareReturn,
    ShareStatus,
)
from domain.payments.share_moves import move_return, note
from domain.payments.sharing import LOOKS, MOST_AT_ONCE, hold, receivers_of, share_of
from gateways import registry
from gateways.wechat_pay.errors import ShareUnknown, WechatPayRefused, WechatPayUnavailable
from gateways.wechat_pay.sharing_contract import ReturnResult, ReturnWish
from gateways.wechat_pay.sharing_contract import ShareReturn as WechatReturn

_DESCRIPTION = "订单退款"
_STATUS = {
    ReturnResult.PROCESSING: ReturnStatus.PROCESSING,
    ReturnResult.SUCCESS: ReturnStatus.SUCCEEDED,
    ReturnResult.FAILED: ReturnStatus.FAILED,
}


def may_be_sent(payment: Payment, refund: Refund) -> bool:
    """Whether a held refund needn't wait for its payment's share: nothing is shared yet, or all it needs is back.

    What is frozen is refunded first; above that the payment must be unfrozen.
    """
    if payment.settlement_mode != SettlementMode.PROFIT_SHARING:
        return True
    share = share_of(payment)
    if share is None or share.status == ShareStatus.WAITING:
        return True
    if share.status in {ShareStatus.ASKED, ShareStatus.STUCK} or refund.returns_planned_at is None:
        return False
    waits = select(ShareReturn.id).where(
        ShareReturn.refund_row_id == refund.id, ShareReturn.status.not_in(RETURN_ENDED)
    )
    if db.session.scalar(waits.limit(1)) is not None:
        return False
    return share.status in SHARE_ENDED or _is_frozen(payment, refund.amount_fen)


def plan_returns(share: ProfitShare, refund: Refund, needs: Mapping[int, int], *, by: str) -> list[ShareReturn]:
    """Decide what each workshop (by key) gives back for a held refund, in fen, never more than it received; once.

    What no return can fetch any more (too late, too often) is an alarm, and nothing is asked for.
    """
    made = []
    for workshop_id, fen in sorted(needs.items()):
        left = fen
        for receiver in receivers_of(share):
            take = min(left, receiver.amount_fen - receiver.returned_fen)
            if receiver.workshop_id != workshop_id or receiver.status != ReceiverStatus.SUCCEEDED or take <= 0:
                continue
            left -= take
            if _can_return(receiver, refund):
                made.append(_ask(share, receiver, refund, take, by))
    refund.returns_planned_at = now()
    db.session.flush()
    return made


def take_due(*, most: int = MOST_AT_ONCE) -> list[int]:
    """Returns whose time has come, each for five minutes."""
    due = select(ShareReturn).where(ShareReturn.look_at <= now()).order_by(ShareReturn.look_at).limit(most)
    rows = list(db.session.scalars(due.with_for_update(skip_locked=True, key_share=True)))
    for row in rows:
        row.look_at = now() + timedelta(minutes=5)
    return [row.id for row in rows]


def send_return(return_id: int) -> None:
    """Bring a return one step further: ask WeChat about it, send it if WeChat never heard of it. Any number of times."""
    row = db.session.get_one(ShareReturn, return_id)
    receiver = db.session.get_one(ShareReceiver, row.receiver_id)
    request = db.session.get_one(ShareRequest, receiver.request_id)
    hold(request.share_id)
    db.session.refresh(row)
    db.session.refresh(receiver)
    if row.status in RETURN_ENDED:
        row.look_at = None
        return
    row.look_at = now() + LOOKS[min(row.looks, len(LOOKS) - 1)]
    row.looks += 1
    try:
        told = _told(request, receiver, row)
    except WechatPayUnavailable:
        return
    except WechatPayRefused as refusal:
        _fail(request, receiver, row, str(refusal.params.get("reason", "")))
        return
    if told is not None:
        _believe(request, receiver, row, told)


def returns_of(share: ProfitShare) -> list[ShareReturn]:
    """All that came or is coming back of a share, oldest first."""
    keys = [receiver.id for receiver in receivers_of(share)]
    return list(
        db.session.scalars(select(ShareReturn).where(ShareReturn.receiver_id.in_(keys)).order_by(ShareReturn.id))
    )


def _ask(share: ProfitShare, receiver: ShareReceiver, refund: Refund, fen: int, by: str) -> ShareReturn:
    row = ShareReturn(
        out_return_no=f"{refund.out_refund_no}B{receiver.id}", receiver_id=receiver.id, refund_row_id=refund.id,
        amount_fen=fen, look_at=now(),
    )  # fmt: skip
    receiver.returned_fen += fen
    db.session.add(row)
    db.session.flush()
    note(share.id, row, None, ReturnStatus.ASKED, by=by, reason=refund.out_refund_no)
    return row


def _can_return(receiver: ShareReceiver, refund: Refund) -> bool:
    before = select(func.count(ShareReturn.id)).join(ShareReceiver, ShareReceiver.id == ShareReturn.receiver_id)
    times = db.session.scalar(before.where(ShareReceiver.request_id == receiver.request_id)) or 0
    late = receiver.settled_at is None or now() > receiver.settled_at + RETURN_WINDOW
    if late or times >= MOST_RETURNS:
        sound(AlarmKind.SHARE_RETURN_FAILED, refund.out_refund_no, "OVERDUE" if late else "TOO_MANY")
        return False
    return True


def _told(request: ShareRequest, receiver: ShareReceiver, row: ShareReturn) -> WechatReturn | None:
    """What WeChat says, after sending it if need be; None when the question itself was refused."""
    client = registry.wechat_pay().sharing
    try:
        return client.query_return(request.out_order_no, row.out_return_no)
    except ShareUnknown:
        pass
    except WechatPayRefused as refusal:
        # A refused question says nothing about the return.
        sound(AlarmKind.SHARE_RETURN_FAILED, row.out_return_no, str(refusal.params.get("reason", "")))
        return None
    return client.give_back(
        ReturnWish(request.out_order_no, row.out_return_no, receiver.mchid, row.amount_fen, _DESCRIPTION)
    )


def _believe(request: ShareRequest, receiver: ShareReceiver, row: ShareReturn, told: WechatReturn) -> None:
    if (told.mchid, told.amount_fen) != (receiver.mchid, row.amount_fen):
        sound(AlarmKind.SHARE_MISMATCH, row.out_return_no, f"{told.mchid} {told.amount_fen}")
        return
    to = _STATUS[told.result]
    if to is ReturnStatus.FAILED:
        _fail(request, receiver, row, told.fail_reason or "")
    elif to != row.status:
        move_return(request.share_id, row, to, by="query")
        if to is ReturnStatus.SUCCEEDED:
            row.settled_at, row.look_at = told.finished_at or now(), None
    db.session.flush()


def _fail(request: ShareRequest, receiver: ShareReceiver, row: ShareReturn, reason: str) -> None:
    sound(AlarmKind.SHARE_RETURN_FAILED, row.out_return_no, reason)
    receiver.returned_fen -= row.amount_fen
    row.fail_reason, row.settled_at, row.look_at = reason, now(), None
    move_return(request.share_id, row, ReturnStatus.FAILED, by="query", reason=reason)


def _is_frozen(payment: Payment, fen: int) -> bool:
    try:
        return registry.wechat_pay().sharing.frozen_fen(payment.transaction_id or "") >= fen
    except (WechatPayUnavailable, WechatPayRefused):
        return False
