"""Settlement: whose the money is. A double-entry journal in fen, statements for workshops, payouts to their banks.

An amount is signed: positive is a debit, negative a credit. What a workshop is owed is therefore minus the sum of its
accounts. The database refuses an entry whose postings don't sum to zero, and any change to either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model


class Account(StrEnum):
    """The chart. The `WORKSHOP_ACCOUNTS` together are what is owed to a workshop.

    `own_merchants`: what workshops' own merchants got (合单), until it is known whose due it lowers; zero in between.
    """

    WECHAT = "wechat"
    OWN_MERCHANTS = "own_merchants"
    BANK = "bank"
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"
    ADVANCES = "advances"
    SURPLUS = "surplus"
    WORKSHOP_GOODS = "workshop_goods"
    WORKSHOP_DISCOUNTS = "workshop_discounts"
    WORKSHOP_COMMISSION = "workshop_commission"
    WORKSHOP_FREIGHT = "workshop_freight"
    WORKSHOP_REFUNDS = "workshop_refunds"
    WORKSHOP_CORRECTIONS = "workshop_corrections"
    WORKSHOP_SHARED = "workshop_shared"
    WORKSHOP_RECEIVED = "workshop_received"
    WORKSHOP_PAID = "workshop_paid"
    CLUSTER_COMMISSION = "cluster_commission"
    CLUSTER_COUPONS = "cluster_coupons"
    CLUSTER_CORRECTIONS = "cluster_corrections"
    WECHAT_FEES = "wechat_fees"


ACCOUNT_NAMES: Mapping[Account, str] = {
    Account.WECHAT: "微信账户里的钱",
    Account.OWN_MERCHANTS: "作坊商户号收的钱",
    Account.BANK: "银行存款",
    Account.PAYOUTS_IN_TRANSIT: "付款在途",
    Account.ADVANCES: "预收买家货款",
    Account.SURPLUS: "多收待退",
    Account.WORKSHOP_GOODS: "应付作坊货款",
    Account.WORKSHOP_DISCOUNTS: "作坊承担的优惠",
    Account.WORKSHOP_COMMISSION: "作坊应付佣金",
    Account.WORKSHOP_FREIGHT: "应付作坊运费",
    Account.WORKSHOP_REFUNDS: "作坊承担的退款",
    Account.WORKSHOP_CORRECTIONS: "作坊调整",
    Account.WORKSHOP_SHARED: "微信分账付给作坊",
    Account.WORKSHOP_RECEIVED: "作坊自己收到的货款",
    Account.WORKSHOP_PAID: "已付作坊",
    Account.CLUSTER_COMMISSION: "集群佣金收入",
    Account.CLUSTER_COUPONS: "集群承担的优惠",
    Account.CLUSTER_CORRECTIONS: "集群调整",
    Account.WECHAT_FEES: "微信手续费",
}
DUE_ACCOUNTS: tuple[Account, ...] = (
    Account.WORKSHOP_GOODS,
    Account.WORKSHOP_DISCOUNTS,
    Account.WORKSHOP_COMMISSION,
    Account.WORKSHOP_FREIGHT,
    Account.WORKSHOP_REFUNDS,
    Account.WORKSHOP_CORRECTIONS,
    Account.WORKSHOP_SHARED,
    Account.WORKSHOP_RECEIVED,
)
"""What a statement is made of."""
WORKSHOP_ACCOUNTS: tuple[Account, ...] = (*DUE_ACCOUNTS, Account.WORKSHOP_PAID)


class EntryKind(StrEnum):
    """What happened. `CLAIMABLE` are claimed by statements. `receipt`: a buyer paid; `repayment`: it went back;
    `own_receipt`: a workshop's own merchant got its part."""

    SALE = "sale"
    REFUND = "refund"
    CORRECTION = "correction"
    SHARE = "share"
    SHARE_RETURN = "share_return"
    OWN_RECEIPT = "own_receipt"
    OWN_REFUND = "own_refund"
    RECEIPT = "receipt"
    REPAYMENT = "repayment"
    SURPLUS = "surplus"
    SURPLUS_REFUND = "surplus_refund"
    FEE = "fee"
    WITHDRAWAL = "withdrawal"
    PAYOUT = "payout"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_FAILED = "payout_failed"


CLAIMABLE = (
    EntryKind.SALE, EntryKind.REFUND, EntryKind.CORRECTION, EntryKind.SHARE, EntryKind.SHARE_RETURN,
    EntryKind.OWN_RECEIPT, EntryKind.OWN_REFUND,
)  # fmt: skip


class StatementStatus(StrEnum):
    """`carried`: nothing was due, and what it lacks goes into the workshop's next statement."""

    DRAFT = "draft"
    SENT = "sent"
    AGREED = "agreed"
    DISPUTED = "disputed"
    APPROVED = "approved"
    PAYING = "paying"
    PAID = "paid"
    CARRIED = "carried"
    WITHDRAWN = "withdrawn"


_S = StatementStatus
STATEMENT_TRANSITIONS: Mapping[StatementStatus, frozenset[StatementStatus]] = {
    _S.DRAFT: frozenset({_S.SENT, _S.WITHDRAWN}),
    _S.SENT: frozenset({_S.AGREED, _S.DISPUTED, _S.WITHDRAWN}),
    _S.DISPUTED: frozenset({_S.SENT, _S.WITHDRAWN}),
    _S.AGREED: frozenset({_S.APPROVED, _S.CARRIED, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.PAYING}),
    _S.PAYING: frozenset({_S.PAID, _S.APPROVED}),
    _S.PAID: frozenset(),
    _S.CARRIED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}


class PayoutStatus(StrEnum):
    """`asked`: in a bank file."""

    ASKED = "asked"
    PAID = "paid"
    FAILED = "failed"


PAYOUT_TRANSITIONS: Mapping[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.ASKED: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED}),
    PayoutStatus.PAID: frozenset(),
    PayoutStatus.FAILED: frozenset(),
}


class JournalEntry(Model, Keyed):
    """One fact about money, posted once: `source_type` and `source_id` name the row it comes from. Append-only.

    That its workshop and order exist is checked by triggers, once for all rows of a statement.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        UniqueConstraint("kind", "source_type", "source_id"),
        Index("ix_journal_entries_workshop_order", "workshop_id", "order_id"),
        Index("ix_journal_entries_order_id", "order_id"),
    )

    at: Mapped[datetime]
    """When it happened, not when it was written down."""
    posted_at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str]
    source_type: Mapped[str]
    source_id: Mapped[int]
    workshop_id: Mapped[int | None]
    order_id: Mapped[int | None]


class JournalPosting(Model):
    """One side of an entry. All postings of an entry are written by one statement, and sum to zero. Append-only.

    That entry and line exist is checked by triggers, once for all rows of a statement.
    """

    __tablename__ = "journal_postings"
    __table_args__ = (CheckConstraint("amount_fen <> 0", name="amount_not_zero"),)

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    account: Mapped[str]
    order_line_id: Mapped[int | None]
    amount_fen: Mapped[int]


class Withdrawal(Model, Keyed):
    """Money that went from WeChat to the cluster's bank, as people read it there. Append-only."""

    __tablename__ = "withdrawals"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    amount_fen: Mapped[int]
    arrived_on: Mapped[date]
    """The day on which the bank had it."""
    bank_reference: Mapped[str] = mapped_column(unique=True)
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Correction(Model, Keyed):
    """What people add to or take from a workshop's due, and why. Positive: the workshop gets more. Append-only."""

    __tablename__ = "settlement_corrections"
    __table_args__ = (CheckConstraint("amount_fen <> 0", name="amount_not_zero"),)

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    amount_fen: Mapped[int]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    request_key: Mapped[str] = mapped_column(unique=True)


class Statement(Model, Keyed):
    """What a workshop is due for a period. The figures are the sums of the entries it claims; they never change."""

    __tablename__ = "statements"
    __table_args__ = (
        CheckConstraint(
            "due_fen = goods_fen - discount_fen - commission_fen + freight_fen - refund_fen + correction_fen "
            "- shared_fen - received_fen + carried_fen",
            name="due_adds_up",
        ),
        CheckConstraint("from_on <= until_on", name="period_runs_forward"),
        CheckConstraint("carried_fen <= 0 AND (carried_fen = 0) = (carried_from_id IS NULL)", name="carried_is_named"),
        Index("ix_statements_workshop_newest", "workshop_id", "id"),
        Index(
            "uq_statements_period", "workshop_id", "from_on", "until_on", unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index(
            "uq_statements_carried_from_id", "carried_from_id", unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
    )  # fmt: skip

    number: Mapped[str] = mapped_column(unique=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    """The last day: what became due by its end and was in no earlier statement."""
    status: Mapped[str] = mapped_column(default=StatementStatus.DRAFT, index=True)
    goods_fen: Mapped[int]
    discount_fen: Mapped[int]
    """Borne by the workshop."""
    commission_fen: Mapped[int]
    freight_fen: Mapped[int]
    refund_fen: Mapped[int]
    correction_fen: Mapped[int]
    shared_fen: Mapped[int] = mapped_column(default=0)
    """What the workshop had by profit sharing, less what it gave back: never paid again."""
    received_fen: Mapped[int] = mapped_column(default=0)
    """What its own merchant got of it already, less what that gave back."""
    carried_fen: Mapped[int] = mapped_column(default=0)
    """What an earlier statement lacked: zero or negative."""
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"))
    due_fen: Mapped[int]
    drafted_at: Mapped[datetime] = mapped_column(default=now)


class StatementEntry(Model):
    """The statement that claims an entry: at most one, by the key. Triggers check that both exist."""

    __tablename__ = "statement_entries"

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement_id: Mapped[int] = mapped_column(index=True)


class StatementHistory(Model, Keyed):
    """Every move of a statement. Append-only."""

    __tablename__ = "statement_history"

    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class Payee(Model, Keyed):
    """A workshop's bank account; the newest is used, a payout names the one it went to. Append-only."""

    __tablename__ = "payees"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    holder: Mapped[str]
    bank: Mapped[str]
    account_encrypted: Mapped[str]
    """Under ENCRYPTION_KEY."""
    account_tail: Mapped[str]
    """The last four digits, for screens."""
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class WorkshopMerchant(Model, Keyed):
    """A workshop's own merchant at WeChat Pay from some moment on; without a number it had none. Append-only."""

    __tablename__ = "workshop_merchants"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    mchid: Mapped[str | None]
    name: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class PayoutFile(Model, Keyed):
    """Payouts handed to the bank together."""

    __tablename__ = "payout_files"

    number: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by: Mapped[str]


class Payout(Model, Keyed):
    """One attempt to pay a statement. `number` is the bank's idempotency key; only one attempt can be alive."""

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("(status = 'paid') = (bank_reference IS NOT NULL)", name="paid_by_the_bank"),
        Index(
            "uq_payouts_alive", "statement_id", unique=True, postgresql_where=text("status <> 'failed'")
        ),
    )  # fmt: skip

    number: Mapped[str] = mapped_column(unique=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"), index=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("payout_files.id"), index=True)
    amount_fen: Mapped[int]
    status: Mapped[str] = mapped_column(default=PayoutStatus.ASKED, index=True)
    bank_reference: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]


class PayoutHistory(Model, Keyed):
    """Every move of a payout. Append-only."""

    __tablename__ = "payout_history"

    payout_id: Mapped[int] = mapped_column(ForeignKey("payouts.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
