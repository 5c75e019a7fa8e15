"""Looking at shares: which there are, and all that is known of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from core.paging import Page
from domain.payments.models import Payment
from domain.payments.returning import returns_of
from domain.payments.share_limits import RETURN_WINDOW
from domain.payments.share_models import (
    WINDOW,
    ProfitShare,
    ReceiverStatus,
    ShareHistory,
    ShareReceiver,
    ShareRequest,
    ShareReturn,
    ShareStatus,
)
from domain.payments.sharing import fee_fen, receivers_of, requests_of


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share with its payment; in fen what workshops received of it, after returns."""

    share: ProfitShare
    payment: Payment
    received_fen: int = 0

    @property
    def ends_at(self) -> datetime | None:
        """When WeChat unfreezes what is left by itself."""
        return self.payment.paid_at and self.payment.paid_at + WINDOW


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of a share, oldest first."""

    share: ProfitShare
    payment: Payment
    requests: list[ShareRequest]
    receivers: list[ShareReceiver]
    returns: list[ShareReturn]
    moves: list[ShareHistory]
    fee_fen: int

    @property
    def ends_at(self) -> datetime | None:
        return self.payment.paid_at and self.payment.paid_at + WINDOW

    @property
    def is_stuck(self) -> bool:
        return self.share.status == ShareStatus.STUCK

    @property
    def number_of(self) -> Mapping[int, str]:
        """Our number of each request."""
        return {request.id: request.out_order_no for request in self.requests}

    def returnable_until(self, receiver: ShareReceiver) -> datetime | None:
        """Until when WeChat lets this receiver give money back; None where it has none."""
        if receiver.status != ReceiverStatus.SUCCEEDED or receiver.settled_at is None:
            return None
        return receiver.settled_at + RETURN_WINDOW


def find_shares(status: ShareStatus | None, wanted: str, *, number: int = 1, size: int = 50) -> Page[ShareRow]:
    """A page of shares, newest payment first: all, those of a status, those of an order or payment number."""
    chosen = select(ProfitShare, Payment).join(Payment, Payment.id == ProfitShare.payment_id)
    if status is not None:
        chosen = chosen.where(ProfitShare.status == status)
    if wanted:
        chosen = chosen.where((Payment.purpose == wanted) | (Payment.out_trade_no == wanted))
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = db.session.execute(chosen.order_by(ProfitShare.id.desc()).offset((number - 1) * size).limit(size)).all()
    had = _received([row[0].id for row in rows])
    return Page([ShareRow(row[0], row[1], had.get(row[0].id, 0)) for row in rows], number, size, total)


def status_counts() -> dict[str, int]:
    """How many shares stand in each status."""
    rows = select(ProfitShare.status, func.count()).group_by(ProfitShare.status)
    return {row[0]: row[1] for row in db.session.execute(rows)}


def find_share(out_trade_no: str) -> ShareRow:
    """The share of the payment of our number, or NotFound."""
    chosen = select(ProfitShare, Payment).join(Payment, Payment.id == ProfitShare.payment_id)
    row = db.session.execute(chosen.where(Payment.out_trade_no == out_trade_no)).first()
    if row is None:
        raise NotFound(what="share")
    return ShareRow(row[0], row[1])


def story_of(out_trade_no: str) -> Story:
    """All of the share of the payment of our number, or NotFound."""
    found = find_share(out_trade_no)
    moves = select(ShareHistory).filter_by(share_id=found.share.id).order_by(ShareHistory.id)
    return Story(
        found.share,
        found.payment,
        requests_of(found.share),
        receivers_of(found.share),
        returns_of(found.share),
        list(db.session.scalars(moves)),
        fee_fen(found.payment),
    )


def _received(share_ids: list[int]) -> dict[int, int]:
    sums = (
        select(ShareRequest.share_id, func.sum(ShareReceiver.amount_fen - ShareReceiver.returned_fen))
        .join(ShareReceiver, ShareReceiver.request_id == ShareRequest.id)
        .where(ShareRequest.share_id.in_(share_ids), ShareReceiver.status == ReceiverStatus.SUCCEEDED)
        .group_by(ShareRequest.share_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(sums)}
