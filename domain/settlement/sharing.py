"""When a payment is shared (分账), with whom and how much; and what comes back before a refund.

A payment opened in the mode `profit_sharing` has one share. It waits until everything was received, the time to
complain is over and WeChat knows of the receipt; then each workshop with a merchant of its own gets what it is due of
the order, all together no more than the cap. What the cap leaves over stays due and is paid by statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.settings import settings
from core.states import TransitionRefused
from domain.aftersale.models import ENDED, AftersaleCase
from domain.fulfillment.models import ShippingReport
from domain.orders.models import Order, OrderHistory, OrderStatus, WorkshopOrderStatus
from domain.payments import receivers, returning, sharing
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import Payment, PaymentChannel, PaymentStatus, Refund, RefundStatus
from domain.payments.share_limits import MOST_RECEIVERS, SOONEST, divide
from domain.payments.share_models import WINDOW, AccountStatus, ProfitShare, ShareStatus
from domain.payments.sharing import Part
from domain.settlement.dues import dues_of
from gateways import registry
from gateways.wechat_mini.contract import ShippingState
from gateways.wechat_pay.errors import WechatPayRefused, WechatPayUnavailable

log = structlog.get_logger(__name__)
WARNED_AFTER = timedelta(days=25)
"""From then on a payment that still waits to be shared is an alarm: WeChat unfreezes it after thirty days."""
_PAUSE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_CONFIRMED = {ShippingState.CONFIRMED, ShippingState.DONE, ShippingState.AWAITING_SETTLEMENT}


class NothingToShare(DomainError):
    """Every workshop has what it is due, has no merchant number, or the cap is reached."""

    message = "没有可以再分的金额，可以直接解冻"


def step(share_id: int) -> None:
    """Bring a share one step further, whatever step that is. May run any number of times, and be killed."""
    payment, share = sharing.hold(share_id)
    if share.look_at is None or sharing.lapse_if_due(payment, share):
        return
    match ShareStatus(share.status):
        case ShareStatus.WAITING:
            _decide(payment, share)
        case ShareStatus.ASKED:
            sharing.send(payment, share)
        case ShareStatus.STUCK:
            _wait_for_people(payment, share)
        case ShareStatus.UNFREEZING:
            sharing.unfreeze(payment, share)


def retry(share_id: int, *, by: str) -> None:
    """Share again what a refused or closed request left over, under a new number. NothingToShare; the errors of limits."""
    payment, share = _hold_stuck(share_id, ShareStatus.ASKED)
    if sharing.has_open_refunds(payment):
        raise NothingToShare
    parts = _parts(payment, share, _order_of(payment))
    if not parts:
        raise NothingToShare
    sharing.ask_share(payment, share, parts, by=by)


def give_up(share_id: int, *, by: str) -> None:
    """Share nothing more of the payment: the rest is unfrozen, and what is due goes through statements."""
    payment, share = _hold_stuck(share_id, ShareStatus.UNFREEZING)
    sharing.stop_sharing(payment, share, by=by)


def plan_returns(*, most: int = 100) -> int:
    """Refunds of shared payments learn what comes back first: what a workshop received beyond what it is due after them.

    How many were decided. A refund whose share is still on its way is decided later.
    """
    ready = {ShareStatus.UNFREEZING, ShareStatus.OVER, ShareStatus.LAPSED}
    asked = (
        select(Refund.id, ProfitShare.id)
        .join(ProfitShare, ProfitShare.payment_id == Refund.payment_id)
        .where(
            Refund.status == RefundStatus.ASKED,
            Refund.returns_planned_at.is_(None),
            Refund.look_at.is_not(None),
            ProfitShare.status.in_(ready),
        )
        .order_by(Refund.id)
        .limit(most)
    )
    decided = 0
    for refund_id, share_id in db.session.execute(asked).all():
        decided += _plan(refund_id, share_id)
    return decided


def _hold_stuck(share_id: int, to: ShareStatus) -> tuple[Payment, ProfitShare]:
    """The table has these moves for jobs, too; people decide about what is stuck, and nothing else."""
    payment, share = sharing.hold(share_id)
    if share.status != ShareStatus.STUCK:
        raise TransitionRefused(now=share.status, to=to.value)
    return payment, share


def _plan(refund_id: int, share_id: int) -> bool:
    payment, share = sharing.hold(share_id)
    refund = db.session.get_one(Refund, refund_id)
    db.session.refresh(refund, with_for_update={"key_share": True})
    if refund.returns_planned_at is not None:
        return False
    order = _order_of(payment)
    dues = dues_of(order.id) if payment.status == PaymentStatus.PAID else {}
    needs = {
        workshop_id: fen - max(0, dues.get(workshop_id, 0))
        for workshop_id, fen in sharing.received_fen(share).items()
        if fen > max(0, dues.get(workshop_id, 0))
    }
    returning.plan_returns(share, refund, needs, by="timer")
    return True


def _decide(payment: Payment, share: ProfitShare) -> None:
    """Share a waiting payment when its time has come; unfreeze it when there is nothing to share."""
    order = _order_of(payment)
    is_over = payment.status == PaymentStatus.SURPLUS or payment.refunded_fen == payment.amount_fen
    if is_over and not sharing.has_open_refunds(payment):
        return sharing.stop_sharing(payment, share, by="timer", reason="refunded")
    later = _too_early_until(payment, order)
    parts = None if later else _parts(payment, share, order)
    if parts is None:
        return sharing.look_again(share, later or now() + _PAUSE)
    if not parts:
        return sharing.stop_sharing(payment, share, by="timer", reason="nothing to share")
    sharing.ask_share(payment, share, parts, by="timer")
    return None


def _too_early_until(payment: Payment, order: Order) -> datetime | None:
    """When to look again at a payment that can't be shared yet; None when it can. Late ones are an alarm."""
    assert payment.paid_at is not None
    if sharing.has_open_refunds(payment):
        return now() + _PAUSE
    is_late = now() >= payment.paid_at + WARNED_AFTER
    if is_late:
        sound(AlarmKind.SHARE_LATE, payment.out_trade_no)
    since = _shareable_since(order)
    if since is None or not _is_receipt_known(payment):
        return _next_look(payment)
    if since > now() and not is_late:
        return min(since, _next_look(payment))
    if not is_late and _is_account_pending(dues_of(order.id)):
        return now() + _PAUSE
    soonest = payment.paid_at + SOONEST
    return soonest if soonest > now() else None


def _parts(payment: Payment, share: ProfitShare, order: Order) -> list[Part] | None:
    """What each workshop with a receiver at WeChat still gets by sharing; None while WeChat doesn't say what is frozen."""
    try:
        frozen = registry.wechat_pay().sharing.frozen_fen(payment.transaction_id or "")
    except (WechatPayUnavailable, WechatPayRefused) as fault:
        log.warning("frozen_money_unknown", out_trade_no=payment.out_trade_no, fault=fault.code)
        return None
    dues, had = dues_of(order.id), sharing.received_fen(share)
    mchids = _mchids(set(dues))
    wanted = {key: dues[key] - had.get(key, 0) for key in mchids}
    given = divide(wanted, min(frozen, sharing.most_fen(payment, share)))
    most = sorted(given, key=lambda key: (-given[key], key))[:MOST_RECEIVERS]
    return [Part(key, mchids[key], given[key]) for key in sorted(most)]


def _mchids(workshop_ids: set[int]) -> Mapping[int, str]:
    added = (row for row in receivers.accounts_of(workshop_ids) if row.status == AccountStatus.ADDED)
    return {row.workshop_id: row.mchid for row in added}


def _is_account_pending(dues: Mapping[int, int]) -> bool:
    return any(row.status == AccountStatus.ASKED for row in receivers.accounts_of({k for k in dues if dues[k] > 0}))


def _wait_for_people(payment: Payment, share: ProfitShare) -> None:
    """The operator decides, unless a refund wants the frozen money or the thirty days are nearly over."""
    assert payment.paid_at is not None
    last_call = payment.paid_at + WINDOW - timedelta(days=1)
    if sharing.has_open_refunds(payment) or now() >= last_call:
        return sharing.stop_sharing(payment, share, by="timer", reason="no time left")
    return sharing.look_again(share, min(now() + 5 * _PAUSE, last_call))


def _shareable_since(order: Order) -> datetime | None:
    """When the last part's time to complain ends; None while something isn't received or a case is open."""
    cases = select(AftersaleCase.id).where(AftersaleCase.order_id == order.id, AftersaleCase.status.not_in(ENDED))
    if order.status != OrderStatus.COMPLETED or db.session.scalar(cases.limit(1)) is not None:
        return None
    moves = select(func.max(OrderHistory.at)).filter_by(order_id=order.id, to_status=WorkshopOrderStatus.RECEIVED)
    received_at = db.session.scalar(moves)
    return received_at and received_at + timedelta(days=settings().settlement_hold_days)


def _is_receipt_known(payment: Payment) -> bool:
    """Whether WeChat's shipping management counts a payment of the mini-program as received; others aren't under it."""
    if payment.channel != PaymentChannel.MINI:
        return True
    settled = select(ShippingReport.settled_at).filter_by(out_trade_no=payment.out_trade_no)
    if db.session.scalar(settled) is not None:
        return True
    try:
        known = registry.wechat_mini().shipping_of(payment.out_trade_no, registry.wechat_pay().mchid)
    except DomainError as fault:
        log.warning("receipt_unknown", out_trade_no=payment.out_trade_no, fault=fault.code)
        return False
    return known.state in _CONFIRMED


def _next_look(payment: Payment) -> datetime:
    """An hour on; sooner when an alarm or the end of the thirty days comes first."""
    assert payment.paid_at is not None
    ahead = [payment.paid_at + WARNED_AFTER, payment.paid_at + WINDOW, now() + _HOUR]
    return min(at for at in ahead if at > now())


def _order_of(payment: Payment) -> Order:
    return db.session.scalars(select(Order).filter_by(number=payment.purpose)).one()
