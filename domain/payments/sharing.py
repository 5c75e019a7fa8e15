"""Sharing a payment's frozen money (分账) and unfreezing the rest: decided by rows, sent by jobs, repeated at will.

Rows are taken in one order: the payment, then its share with all that belongs to it. A number is written down and
committed before it is sent, asked about before it is sent again, and never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import NotFound
from core.settings import SettlementMode, settings
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import Payment, PaymentStatus, Refund, RefundStatus, TradeBillRow
from domain.payments.share_limits import ShareOverCap, cap_fen, check_request, check_window
from domain.payments.share_models import (
    WINDOW,
    AccountStatus,
    ProfitShare,
    ReceiverStatus,
    RequestStatus,
    ShareAccount,
    ShareReceiver,
    ShareRequest,
    ShareStatus,
)
from domain.payments.share_moves import move_receiver, move_request, move_share, note
from gateways import registry
from gateways.wechat_pay.errors import ShareUnknown, WechatPayRefused, WechatPayUnavailable
from gateways.wechat_pay.sharing_contract import Share as WechatShare
from gateways.wechat_pay.sharing_contract import ShareResult, ShareState, ShareWish, UnfreezeWish

# How soon something on its way is looked at again, by how often it was; the last one for ever.
LOOKS = tuple(timedelta(minutes=m) for m in (1, 1, 2, 5, 10, 30, 60, 180, 360))
MOST_AT_ONCE = 100
_DESCRIPTION = "作坊货款"
_UNFREEZE = "解冻剩余资金"
_RESULT = {ShareResult.SUCCESS: ReceiverStatus.SUCCEEDED, ShareResult.CLOSED: ReceiverStatus.CLOSED}


@dataclass(frozen=True, slots=True)
class Part:
    """What one workshop is to get, in fen, and at which merchant."""

    workshop_id: int
    mchid: str
    amount_fen: int


def open_shares(*, most: int = MOST_AT_ONCE) -> int:
    """Every payment that came in frozen has its share, waiting; how many are new. Any number may do it at once."""
    fresh = (
        select(Payment.id)
        .outerjoin(ProfitShare, ProfitShare.payment_id == Payment.id)
        .where(
            Payment.settlement_mode == SettlementMode.PROFIT_SHARING,
            Payment.status.in_({PaymentStatus.PAID, PaymentStatus.SURPLUS}),
            ProfitShare.id.is_(None),
        )
        .order_by(Payment.id)
        .limit(most)
    )
    rows = [
        {"payment_id": key, "status": ShareStatus.WAITING, "look_at": now(), "looks": 0, "created_at": now()}
        for key in db.session.scalars(fresh)
    ]
    if not rows:
        return 0
    made = insert(ProfitShare).values(rows).on_conflict_do_nothing().returning(ProfitShare)
    shares = list(db.session.scalars(made))
    for share in shares:
        note(share.id, share, None, ShareStatus.WAITING, by="timer")
    return len(shares)


def take_due(*, most: int = MOST_AT_ONCE) -> list[int]:
    """Shares whose time has come, each for five minutes: until then a job has set the next time."""
    due = select(ProfitShare).where(ProfitShare.look_at <= now()).order_by(ProfitShare.look_at).limit(most)
    shares = list(db.session.scalars(due.with_for_update(skip_locked=True, key_share=True)))
    for share in shares:
        share.look_at = now() + timedelta(minutes=5)
    return [share.id for share in shares]


def hold(share_id: int) -> tuple[Payment, ProfitShare]:
    """A share and its payment, held until the transaction ends; NotFound."""
    share = db.session.get(ProfitShare, share_id)
    if share is None:
        raise NotFound(what="share")
    payment = db.session.get_one(Payment, share.payment_id)
    db.session.refresh(payment, with_for_update={"key_share": True})
    db.session.refresh(share, with_for_update={"key_share": True})
    return payment, share


def has_open_refunds(payment: Payment) -> bool:
    """Whether money of it is on its way back: nothing is shared until WeChat has answered."""
    on_its_way = {RefundStatus.ASKED, RefundStatus.PROCESSING}
    found = select(Refund.id).where(Refund.payment_id == payment.id, Refund.status.in_(on_its_way)).limit(1)
    return db.session.scalar(found) is not None


def most_fen(payment: Payment, share: ProfitShare) -> int:
    """What may still be shared of a payment by the cap on all its shares together."""
    paid_fen = payment.amount_fen - payment.refunded_fen
    cap = cap_fen(paid_fen, fee_fen(payment), settings().profit_sharing_cap_basis_points)
    given = (receiver.amount_fen for receiver in receivers_of(share) if receiver.status != ReceiverStatus.CLOSED)
    return max(0, cap - sum(given))


def fee_fen(payment: Payment) -> int:
    """WeChat's fee: what its bill says, and until there is one the agreed rate, rounded up."""
    billed = select(TradeBillRow.fee_fen).filter_by(out_trade_no=payment.out_trade_no, is_refund=False)
    known = db.session.scalar(billed.order_by(TradeBillRow.id.desc()).limit(1))
    rate = settings().wechat_fee_basis_points
    return known if known is not None else -(-payment.amount_fen * rate // 10_000)


def ask_share(payment: Payment, share: ProfitShare, parts: Sequence[Part], *, by: str) -> ShareRequest:
    """Decide that these parts of a held payment are shared; a job sends it after the commit.

    Raises the errors of `share_limits` for what WeChat would refuse; then nothing has changed.
    """
    assert payment.paid_at is not None
    check_window(payment.paid_at, now())
    before = requests_of(share)
    check_request([part.mchid for part in parts], _known_mchids(), len(before))
    if sum(part.amount_fen for part in parts) > most_fen(payment, share):
        raise ShareOverCap(out_trade_no=payment.out_trade_no)
    request = ShareRequest(share_id=share.id, out_order_no=f"{payment.out_trade_no}P{len(before) + 1}")
    db.session.add(request)
    db.session.flush()
    for part in parts:
        receiver = ShareReceiver(
            request_id=request.id, workshop_id=part.workshop_id, mchid=part.mchid, amount_fen=part.amount_fen
        )
        db.session.add(receiver)
        db.session.flush()
        note(share.id, receiver, None, ReceiverStatus.PENDING, by=by)
    note(share.id, request, None, RequestStatus.ASKED, by=by)
    move_share(share, ShareStatus.ASKED, by=by, reason=request.out_order_no)
    _soon(share)
    return request


def send(payment: Payment, share: ProfitShare) -> None:
    """Bring the request of a held share one step further: ask WeChat about it, send it if WeChat never heard of it."""
    request = next(each for each in reversed(requests_of(share)) if each.status != RequestStatus.REFUSED)
    _look_later(share)
    try:
        told = registry.wechat_pay().sharing.query_share(payment.transaction_id or "", request.out_order_no)
    except ShareUnknown:
        _send_first(payment, share, request)
    except WechatPayRefused as refusal:
        sound(AlarmKind.SHARE_REFUSED, request.out_order_no, str(refusal.params.get("reason", "")))
    except WechatPayUnavailable:
        pass
    else:
        _believe(share, request, told)


def stop_sharing(payment: Payment, share: ProfitShare, *, by: str, reason: str = "") -> None:
    """Nothing (more) of a held payment is shared; a job unfreezes the rest under a number of its own."""
    share.unfreeze_no = f"{payment.out_trade_no}U"
    move_share(share, ShareStatus.UNFREEZING, by=by, reason=reason)
    _soon(share)


def unfreeze(payment: Payment, share: ProfitShare) -> None:
    """Free what isn't shared of a held payment, unless nothing is frozen any more. It is over when WeChat says so."""
    assert share.unfreeze_no is not None
    _look_later(share)
    client, transaction_id = registry.wechat_pay().sharing, payment.transaction_id or ""
    try:
        if client.frozen_fen(transaction_id) and not _is_unfreezing(transaction_id, share.unfreeze_no):
            client.unfreeze(UnfreezeWish(transaction_id, share.unfreeze_no, _UNFREEZE))
        left = client.frozen_fen(transaction_id)
    except WechatPayUnavailable:
        return
    except WechatPayRefused as refusal:
        sound(AlarmKind.SHARE_NOT_UNFROZEN, payment.out_trade_no, str(refusal.params.get("reason", "")))
        return
    if not left:
        move_share(share, ShareStatus.OVER, by="query")
        share.look_at = None
    elif share.looks > len(LOOKS):
        sound(AlarmKind.SHARE_NOT_UNFROZEN, payment.out_trade_no, "FROZEN")


def lapse_if_due(payment: Payment, share: ProfitShare) -> bool:
    """Thirty days after it was paid WeChat has unfrozen it by itself: the share is at its end. Whether it is."""
    if payment.paid_at is None or now() < payment.paid_at + WINDOW or share.status == ShareStatus.ASKED:
        return False
    move_share(share, ShareStatus.LAPSED, by="timer")
    share.look_at = None
    return True


def look_again(share: ProfitShare, at: datetime) -> None:
    """Nothing to do yet: it is looked at again then."""
    share.look_at = at
    db.session.flush()


def share_of(payment: Payment) -> ProfitShare | None:
    """The share of a payment, if there is one yet."""
    return db.session.scalars(select(ProfitShare).filter_by(payment_id=payment.id)).first()


def requests_of(share: ProfitShare) -> list[ShareRequest]:
    """Its requests, oldest first."""
    return list(db.session.scalars(select(ShareRequest).filter_by(share_id=share.id).order_by(ShareRequest.id)))


def receivers_of(share: ProfitShare) -> list[ShareReceiver]:
    """All receivers of all its requests, oldest first."""
    mine = select(ShareReceiver).join(ShareRequest, ShareRequest.id == ShareReceiver.request_id)
    return list(db.session.scalars(mine.where(ShareRequest.share_id == share.id).order_by(ShareReceiver.id)))


def received_fen(share: ProfitShare) -> Mapping[int, int]:
    """What each workshop has of a payment by sharing, after what it gave or is asked to give back."""
    found: dict[int, int] = {}
    for receiver in receivers_of(share):
        if receiver.status == ReceiverStatus.SUCCEEDED:
            left = receiver.amount_fen - receiver.returned_fen
            found[receiver.workshop_id] = found.get(receiver.workshop_id, 0) + left
    return found


def _send_first(payment: Payment, share: ProfitShare, request: ShareRequest) -> None:
    receivers = [each for each in receivers_of(share) if each.request_id == request.id]
    wish = ShareWish(
        payment.appid,
        payment.transaction_id or "",
        request.out_order_no,
        {receiver.mchid: receiver.amount_fen for receiver in receivers},
        _DESCRIPTION,
    )
    try:
        told = registry.wechat_pay().sharing.share(wish)
    except WechatPayUnavailable:
        return
    except WechatPayRefused as refusal:
        # A refusal is certain: nothing happened under this number, and another may be tried by the operator.
        _give_up(share, request, receivers, str(refusal.params.get("reason", "")))
        return
    _believe(share, request, told)


def _believe(share: ProfitShare, request: ShareRequest, told: WechatShare) -> None:
    """Take WeChat's word on a request: FINISHED is no success, each receiver is read."""
    receivers = {each.mchid: each for each in receivers_of(share) if each.request_id == request.id}
    words = {each.mchid: each for each in told.receivers if each.mchid in receivers}
    if {key: word.amount_fen for key, word in words.items()} != {k: r.amount_fen for k, r in receivers.items()}:
        sound(AlarmKind.SHARE_MISMATCH, request.out_order_no, str(sorted(words)))
        return
    request.wechat_order_id = told.order_id
    for mchid, word in sorted(words.items()):
        receiver = receivers[mchid]
        if receiver.status != ReceiverStatus.PENDING or word.result is ShareResult.PENDING:
            continue
        receiver.detail_id, receiver.fail_reason = word.detail_id, word.fail_reason
        receiver.settled_at = word.finished_at or now()
        move_receiver(share, receiver, _RESULT[word.result], by="query", reason=word.fail_reason or "")
        if word.result is ShareResult.CLOSED:
            sound(AlarmKind.SHARE_CLOSED, request.out_order_no, f"{mchid} {word.fail_reason or ''}".strip())
    _conclude(share, request, told.state, list(receivers.values()))


def _conclude(share: ProfitShare, request: ShareRequest, state: ShareState, receivers: list[ShareReceiver]) -> None:
    if state is not ShareState.FINISHED or any(each.status == ReceiverStatus.PENDING for each in receivers):
        if request.status == RequestStatus.ASKED:
            move_request(share, request, RequestStatus.PROCESSING, by="query")
        return
    move_request(share, request, RequestStatus.FINISHED, by="query")
    if any(each.status == ReceiverStatus.CLOSED for each in receivers):
        move_share(share, ShareStatus.STUCK, by="query", reason=request.out_order_no)
        _soon(share)
        return
    stop_sharing(db.session.get_one(Payment, share.payment_id), share, by="query")


def _give_up(share: ProfitShare, request: ShareRequest, receivers: list[ShareReceiver], reason: str) -> None:
    sound(AlarmKind.SHARE_REFUSED, request.out_order_no, reason)
    for receiver in receivers:
        receiver.fail_reason, receiver.settled_at = reason, now()
        move_receiver(share, receiver, ReceiverStatus.CLOSED, by="query", reason=reason)
    move_request(share, request, RequestStatus.REFUSED, by="query", reason=reason)
    move_share(share, ShareStatus.STUCK, by="query", reason=reason)
    _soon(share)


def _is_unfreezing(transaction_id: str, unfreeze_no: str) -> bool:
    try:
        registry.wechat_pay().sharing.query_share(transaction_id, unfreeze_no)
    except ShareUnknown:
        return False
    return True


def _known_mchids() -> set[str]:
    added = select(ShareAccount.mchid).filter_by(status=AccountStatus.ADDED)
    return set(db.session.scalars(added))


def _soon(share: ProfitShare) -> None:
    share.look_at, share.looks = now(), 0
    db.session.flush()


def _look_later(share: ProfitShare) -> None:
    share.look_at = now() + LOOKS[min(share.looks, len(LOOKS) - 1)]
    share.looks += 1
    db.session.flush()
