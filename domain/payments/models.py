"""Money asked for and money received through WeChat Pay. Knows numbers and amounts, not what they are for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped
from core.settings import SettlementMode


class PaymentChannel(StrEnum):
    """Where the buyer pays: mini-program or WeChat's browser (JSAPI), a QR code (Native), a phone's browser (H5)."""

    MINI = "mini"
    JSAPI = "jsapi"
    NATIVE = "native"
    H5 = "h5"


class PaymentStatus(StrEnum):
    """`surplus`: the money came, but nothing waited for it any more; it has to go back."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    SURPLUS = "surplus"


TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.OPEN: frozenset({PaymentStatus.PAID, PaymentStatus.CLOSED, PaymentStatus.SURPLUS}),
    PaymentStatus.CLOSED: frozenset({PaymentStatus.SURPLUS}),
    PaymentStatus.PAID: frozenset(),
    PaymentStatus.SURPLUS: frozenset(),
}


class Payment(Model, Keyed, Timestamped):
    """One way a sum may be paid. `out_trade_no` is our number at WeChat and the idempotency key of everything there."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("purpose", "channel"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("refunded_fen BETWEEN 0 AND amount_fen", name="refund_within_amount"),
        Index("ix_payments_ask_at", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("ix_payments_shared", "purpose", postgresql_where=text("settlement_mode = 'profit_sharing'")),
    )

    out_trade_no: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    channel: Mapped[str]
    appid: Mapped[str]
    openid: Mapped[str | None]
    amount_fen: Mapped[int]
    settlement_mode: Mapped[str] = mapped_column(default=SettlementMode.PAYOUTS)
    """The mode that held when it was opened; it stays."""
    refunded_fen: Mapped[int] = mapped_column(default=0)
    """Of all refunds asked for that were not given up."""
    status: Mapped[str] = mapped_column(default=PaymentStatus.OPEN)
    prepay: Mapped[str | None]
    prepay_expires_at: Mapped[datetime | None]
    transaction_id: Mapped[str | None] = mapped_column(unique=True)
    paid_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]
    """When WeChat is asked about it next, in case a notice was lost; None once nothing is expected any more."""


class PaymentPart(Model, Keyed):
    """What one merchant gets of a payment (合单): a sub-order, or the whole if there is one part only.

    A payment without parts is the cluster's own. Merchant, number and amount never change once it is opened.
    """

    __tablename__ = "payment_parts"
    __table_args__ = (
        UniqueConstraint("payment_id", "place"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("refunded_fen BETWEEN 0 AND amount_fen", name="refund_within_amount"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    place: Mapped[int]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    """Whose merchant it is; None for the cluster's."""
    mchid: Mapped[str]
    out_trade_no: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str]
    amount_fen: Mapped[int]
    refunded_fen: Mapped[int] = mapped_column(default=0)
    """Of all refunds asked for that were not given up."""
    transaction_id: Mapped[str | None] = mapped_column(unique=True)


class Merchant(Model, Keyed):
    """API credentials of a workshop's own merchant. Kept for ever: what was paid there is refunded there."""

    __tablename__ = "merchants"

    mchid: Mapped[str] = mapped_column(unique=True)
    serial: Mapped[str]
    """Of the merchant's API certificate."""
    private_key_encrypted: Mapped[str]
    apiv3_key_encrypted: Mapped[str]
    """Both under ENCRYPTION_KEY."""
    public_key_id: Mapped[str] = mapped_column(default="")
    public_key_pem: Mapped[str] = mapped_column(default="")
    """WeChat Pay's public key for this merchant; empty: the cluster's."""
    set_at: Mapped[datetime] = mapped_column(default=now)
    set_by: Mapped[str]
    stopped_at: Mapped[datetime | None]
    """New payments go to the cluster from then on."""


class PaymentHistory(Model, Keyed):
    """Every move of a payment. Append-only."""

    __tablename__ = "payment_history"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class RefundStatus(StrEnum):
    """`asked`: decided here; `processing`: WeChat has it; `abnormal`: the buyer's account takes no money back."""

    ASKED = "asked"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    ABNORMAL = "abnormal"
    CLOSED = "closed"


REFUND_TRANSITIONS: Mapping[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.ASKED: frozenset(set(RefundStatus) - {RefundStatus.ASKED}),
    RefundStatus.PROCESSING: frozenset({RefundStatus.SUCCEEDED, RefundStatus.ABNORMAL, RefundStatus.CLOSED}),
    RefundStatus.ABNORMAL: frozenset({RefundStatus.PROCESSING, RefundStatus.SUCCEEDED, RefundStatus.CLOSED}),
    RefundStatus.SUCCEEDED: frozenset(),
    RefundStatus.CLOSED: frozenset(),
}


class Refund(Model, Keyed, Timestamped):
    """Money of a payment that goes back. `out_refund_no` is our number at WeChat; it refunds once and never changes."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_refunds_status", "status", "id"),
        Index("ix_refunds_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    out_refund_no: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    payment_part_id: Mapped[int | None] = mapped_column(ForeignKey("payment_parts.id"), index=True)
    """The sub-order it is of; None for a payment without parts."""
    amount_fen: Mapped[int]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default=RefundStatus.ASKED)
    refund_id: Mapped[str | None] = mapped_column(unique=True)
    succeeded_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    """When WeChat took it on: the day of its bill."""
    sent_at: Mapped[datetime | None]
    """When it was sent last, whatever came of it."""
    look_at: Mapped[datetime | None]
    """When it is looked at next (sent, or asked about); None once it is over."""
    looks: Mapped[int] = mapped_column(default=0)
    """How often it was looked at: the pauses grow with it."""
    returns_planned_at: Mapped[datetime | None]
    """When it was decided what of a shared payment comes back first (分账回退); None while nothing was shared."""


class RefundHistory(Model, Keyed):
    """Every move of a refund. Append-only."""

    __tablename__ = "refund_history"

    refund_row_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class PaymentNotice(Model, Keyed):
    """A verified notice from WeChat, as decrypted, kept before anything is done about it. Append-only."""

    __tablename__ = "payment_notices"

    notice_id: Mapped[str] = mapped_column(unique=True)
    received_at: Mapped[datetime] = mapped_column(default=now)
    event_type: Mapped[str]
    resource: Mapped[dict[str, Any]] = mapped_column(JSONB)


class PaymentAlarm(Model, Keyed):
    """Something about money that people must look at, told once. Append-only."""

    __tablename__ = "payment_alarms"
    __table_args__ = (UniqueConstraint("kind", "reference", "detail"),)

    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str]
    reference: Mapped[str]
    """Our number of the payment or the refund, or a day of the bill."""
    detail: Mapped[str]


class PaymentAlarmSighting(Model):
    """Who looked at an alarm first, when, and what they did about it. Append-only."""

    __tablename__ = "payment_alarm_sightings"

    alarm_id: Mapped[int] = mapped_column(ForeignKey("payment_alarms.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class TradeBill(Model, Keyed):
    """WeChat's bill of a day as it was fetched; another version of the same day is another row, and the newest counts.

    Append-only.
    """

    __tablename__ = "trade_bills"
    __table_args__ = (Index("ix_trade_bills_newest", "bill_on", "id"),)

    bill_on: Mapped[date]
    digest: Mapped[str]
    """SHA-256 of its rows: what says the same as the newest version adds nothing."""
    fetched_at: Mapped[datetime] = mapped_column(default=now)
    rows: Mapped[int]


class TradeBillRow(Model, Keyed):
    """A line of a bill: a payment or a refund as WeChat counts it. Append-only."""

    __tablename__ = "trade_bill_rows"
    __table_args__ = (UniqueConstraint("trade_bill_id", "line"),)

    trade_bill_id: Mapped[int] = mapped_column(ForeignKey("trade_bills.id"))
    line: Mapped[int]
    traded_at: Mapped[str]
    is_refund: Mapped[bool]
    transaction_id: Mapped[str]
    out_trade_no: Mapped[str] = mapped_column(index=True)
    refund_id: Mapped[str]
    out_refund_no: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    amount_fen: Mapped[int]
    fee_fen: Mapped[int]
    """WeChat's fee; less than 0 where it is given back."""
    rate: Mapped[str]
    workshop_mchid: Mapped[str | None]
    """The workshop's own merchant whose bill it is from; None for the cluster's."""


class BillDifference(Model, Keyed):
    """Where a day's bill and our books disagree. Found once, however often they are compared. Append-only."""

    __tablename__ = "bill_differences"
    __table_args__ = (UniqueConstraint("bill_on", "kind", "reference", "ours_fen", "bill_fen"),)

    bill_on: Mapped[date]
    kind: Mapped[str]
    reference: Mapped[str]
    """Our number of the payment or refund, or WeChat's where we have none."""
    ours_fen: Mapped[int]
    bill_fen: Mapped[int]
    found_at: Mapped[datetime] = mapped_column(default=now)


class BillDifferenceNote(Model, Keyed):
    """Why a difference is none, or what was done about it. Append-only."""

    __tablename__ = "bill_difference_notes"

    bill_difference_id: Mapped[int] = mapped_column(ForeignKey("bill_differences.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    reason: Mapped[str]
