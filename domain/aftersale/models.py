"""After-sale: what a buyer asks for about one line of an order, and how it is answered, until the money is back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from core.clock import now
from core.db import Keyed, Model


class CaseKind(StrEnum):
    """What is asked for. A fresh-food claim (坏单包赔) needs photos and no return; a return is not for perishable goods."""

    BEFORE_SHIPPING = "before_shipping"
    FRESH_CLAIM = "fresh_claim"
    REFUND_ONLY = "refund_only"
    RETURN = "return"


class CaseStatus(StrEnum):
    """`approved` waits for the goods, `goods_sent` for the workshop to have them, `refunding` for the money."""

    APPLIED = "applied"
    APPROVED = "approved"
    GOODS_SENT = "goods_sent"
    RECEIVED = "received"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REFUSED = "refused"
    ARBITRATION = "arbitration"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


ENDED = frozenset({CaseStatus.REFUNDED, CaseStatus.WITHDRAWN, CaseStatus.CLOSED})
TRANSITIONS: Mapping[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.APPLIED: frozenset({CaseStatus.APPROVED, CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.CLOSED}),
    CaseStatus.APPROVED: frozenset(
        {CaseStatus.GOODS_SENT, CaseStatus.REFUNDING, CaseStatus.WITHDRAWN, CaseStatus.CLOSED}
    ),
    CaseStatus.GOODS_SENT: frozenset({CaseStatus.RECEIVED, CaseStatus.REFUSED}),
    CaseStatus.RECEIVED: frozenset({CaseStatus.REFUNDING}),
    CaseStatus.REFUNDING: frozenset({CaseStatus.REFUNDED, CaseStatus.ARBITRATION}),
    CaseStatus.REFUSED: frozenset({CaseStatus.ARBITRATION, CaseStatus.WITHDRAWN, CaseStatus.CLOSED}),
    CaseStatus.ARBITRATION: frozenset({CaseStatus.REFUNDING, CaseStatus.WITHDRAWN, CaseStatus.CLOSED}),
    CaseStatus.REFUNDED: frozenset(),
    CaseStatus.WITHDRAWN: frozenset(),
    CaseStatus.CLOSED: frozenset(),
}
IS_OPEN = "status NOT IN ('refunded', 'withdrawn', 'closed')"


class AftersaleCase(Model, Keyed):
    """A case about one line. `due_at` is when something happens by itself in this status; None: nothing does."""

    __tablename__ = "aftersale_cases"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND amount_fen > 0 AND freight_fen >= 0", name="something_asked"),
        CheckConstraint("approved_fen BETWEEN 1 AND amount_fen", name="approved_within_asked"),
        Index("uq_aftersale_cases_open_line", "order_line_id", unique=True, postgresql_where=text(IS_OPEN)),
        Index("ix_aftersale_cases_workshop_status", "workshop_id", "status", "id"),
        Index("ix_aftersale_cases_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str]
    quantity: Mapped[int]
    amount_fen: Mapped[int]
    """What was asked for."""
    approved_fen: Mapped[int | None]
    freight_fen: Mapped[int] = mapped_column(default=0)
    """What of the workshop's freight goes back along, because nothing of its part is sent."""
    status: Mapped[str] = mapped_column(default=CaseStatus.APPLIED)
    applied_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None]
    return_carrier: Mapped[str] = mapped_column(default="")
    return_number: Mapped[str] = mapped_column(default="")
    out_refund_no: Mapped[str | None] = mapped_column(unique=True)

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED

    @property
    def wants_goods_back(self) -> bool:
        return self.kind == CaseKind.RETURN


class Side(StrEnum):
    """Who acts in a case."""

    BUYER = "buyer"
    OWNER = "owner"
    OPERATOR = "operator"
    TIMER = "timer"


class CaseHistory(Model, Keyed):
    """Every move of a case and every word of either side, with photos. A mere word keeps the status. Append-only."""

    __tablename__ = "aftersale_history"

    case_id: Mapped[int] = mapped_column(ForeignKey("aftersale_cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    side: Mapped[str]
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    amount_fen: Mapped[int | None]
