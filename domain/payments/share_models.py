"""Profit sharing (分账): one share a payment, with its requests, who received what, and what was given back.

The money of such a payment is frozen at WeChat until it is shared or unfrozen. `workshop_id` is an account to pay, no
more: what the money is for is known above.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped

WINDOW = timedelta(days=30)
"""How long after it was paid WeChat keeps a payment frozen; then it unfreezes by itself."""


class ShareStatus(StrEnum):
    """`waiting`: for receipt. `asked`: a request is on its way. `stuck`: WeChat refused it, or a receiver closed.

    `unfreezing`: nothing more is shared, the rest is being freed. `lapsed`: the thirty days ended it.
    """

    WAITING = "waiting"
    ASKED = "asked"
    STUCK = "stuck"
    UNFREEZING = "unfreezing"
    OVER = "over"
    LAPSED = "lapsed"


_S = ShareStatus
SHARE_TRANSITIONS: Mapping[ShareStatus, frozenset[ShareStatus]] = {
    _S.WAITING: frozenset({_S.ASKED, _S.UNFREEZING, _S.LAPSED}),
    _S.ASKED: frozenset({_S.UNFREEZING, _S.STUCK}),
    _S.STUCK: frozenset({_S.ASKED, _S.UNFREEZING, _S.LAPSED}),
    _S.UNFREEZING: frozenset({_S.OVER, _S.LAPSED}),
    _S.OVER: frozenset(),
    _S.LAPSED: frozenset(),
}
SHARE_ENDED = frozenset({_S.OVER, _S.LAPSED})


class RequestStatus(StrEnum):
    """`refused`: WeChat did not take it on, nothing happened."""

    ASKED = "asked"
    PROCESSING = "processing"
    FINISHED = "finished"
    REFUSED = "refused"


REQUEST_TRANSITIONS: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    RequestStatus.ASKED: frozenset({RequestStatus.PROCESSING, RequestStatus.FINISHED, RequestStatus.REFUSED}),
    RequestStatus.PROCESSING: frozenset({RequestStatus.FINISHED}),
    RequestStatus.FINISHED: frozenset(),
    RequestStatus.REFUSED: frozenset(),
}


class ReceiverStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"


RECEIVER_TRANSITIONS: Mapping[ReceiverStatus, frozenset[ReceiverStatus]] = {
    ReceiverStatus.PENDING: frozenset({ReceiverStatus.SUCCEEDED, ReceiverStatus.CLOSED}),
    ReceiverStatus.SUCCEEDED: frozenset(),
    ReceiverStatus.CLOSED: frozenset(),
}


class ReturnStatus(StrEnum):
    ASKED = "asked"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


RETURN_TRANSITIONS: Mapping[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.ASKED: frozenset({ReturnStatus.PROCESSING, ReturnStatus.SUCCEEDED, ReturnStatus.FAILED}),
    ReturnStatus.PROCESSING: frozenset({ReturnStatus.SUCCEEDED, ReturnStatus.FAILED}),
    ReturnStatus.SUCCEEDED: frozenset(),
    ReturnStatus.FAILED: frozenset(),
}
RETURN_ENDED = frozenset({ReturnStatus.SUCCEEDED, ReturnStatus.FAILED})


class AccountStatus(StrEnum):
    """`refused`: WeChat found number or name wrong. `leaving`: another number took its place."""

    ASKED = "asked"
    ADDED = "added"
    REFUSED = "refused"
    LEAVING = "leaving"
    REMOVED = "removed"


_A = AccountStatus
ACCOUNT_TRANSITIONS: Mapping[AccountStatus, frozenset[AccountStatus]] = {
    _A.ASKED: frozenset({_A.ADDED, _A.REFUSED, _A.LEAVING}),
    _A.ADDED: frozenset({_A.ASKED, _A.LEAVING}),
    _A.REFUSED: frozenset({_A.ASKED, _A.LEAVING}),
    _A.LEAVING: frozenset({_A.REMOVED, _A.ASKED}),
    _A.REMOVED: frozenset({_A.ASKED}),
}


class ProfitShare(Model, Keyed, Timestamped):
    """What becomes of the frozen money of one payment."""

    __tablename__ = "profit_shares"
    __table_args__ = (Index("ix_profit_shares_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    status: Mapped[str] = mapped_column(default=ShareStatus.WAITING, index=True)
    unfreeze_no: Mapped[str | None] = mapped_column(unique=True)
    """Our number of the unfreezing at WeChat; no request has it."""
    look_at: Mapped[datetime | None]
    """When it is looked at next; None once it is over."""
    looks: Mapped[int] = mapped_column(default=0)


class ShareRequest(Model, Keyed):
    """One request to share. `out_order_no` is our number at WeChat; it shares once and never changes."""

    __tablename__ = "profit_share_requests"

    share_id: Mapped[int] = mapped_column(ForeignKey("profit_shares.id"), index=True)
    out_order_no: Mapped[str] = mapped_column(unique=True)
    wechat_order_id: Mapped[str | None] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default=RequestStatus.ASKED)
    asked_at: Mapped[datetime] = mapped_column(default=now)


class ShareReceiver(Model, Keyed):
    """A workshop's part of a request, and the merchant it goes to."""

    __tablename__ = "profit_share_receivers"
    __table_args__ = (
        UniqueConstraint("request_id", "mchid"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("returned_fen BETWEEN 0 AND amount_fen", name="return_within_amount"),
    )

    request_id: Mapped[int] = mapped_column(ForeignKey("profit_share_requests.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    mchid: Mapped[str]
    amount_fen: Mapped[int]
    returned_fen: Mapped[int] = mapped_column(default=0)
    """Of all returns asked for that did not fail."""
    status: Mapped[str] = mapped_column(default=ReceiverStatus.PENDING)
    detail_id: Mapped[str | None]
    fail_reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class ShareReturn(Model, Keyed, Timestamped):
    """Shared money that a workshop's merchant gives back, so that a refund can be paid. Once per receiver and refund."""

    __tablename__ = "profit_share_returns"
    __table_args__ = (
        UniqueConstraint("receiver_id", "refund_row_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_profit_share_returns_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    out_return_no: Mapped[str] = mapped_column(unique=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("profit_share_receivers.id"))
    refund_row_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    amount_fen: Mapped[int]
    status: Mapped[str] = mapped_column(default=ReturnStatus.ASKED)
    fail_reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)


class ShareAccount(Model, Keyed, Timestamped):
    """A workshop's merchant as a receiver of shares at WeChat."""

    __tablename__ = "profit_share_accounts"
    __table_args__ = (
        UniqueConstraint("workshop_id", "mchid"),
        Index("ix_profit_share_accounts_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    mchid: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=AccountStatus.ASKED)
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)


class Subject(StrEnum):
    """Whose move a row of the history is."""

    SHARE = "share"
    REQUEST = "request"
    RECEIVER = "receiver"
    RETURN = "return"
    ACCOUNT = "account"


class ShareHistory(Model, Keyed):
    """Every move of a share, its requests, receivers and returns, and of accounts (which have no share). Append-only."""

    __tablename__ = "profit_share_history"

    share_id: Mapped[int | None] = mapped_column(ForeignKey("profit_shares.id"), index=True)
    subject: Mapped[str]
    subject_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
