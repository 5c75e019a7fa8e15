"""Groups of people who buy together (拼团): who has a seat in which, and how each group ended.

A seat is keyed by the order's number; groups know no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model
from domain.promotions.models import GroupBuy, PromotionStatus

TIME_TO_PAY = timedelta(minutes=2)
"""Nobody joins a group with less time left: it couldn't be paid."""


class TeamStatus(StrEnum):
    """`forming`: who opens it hasn't paid, and nobody sees it. `dropped`: who opened it never did."""

    FORMING = "forming"
    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DROPPED = "dropped"


TRANSITIONS: Mapping[TeamStatus, frozenset[TeamStatus]] = {
    TeamStatus.FORMING: frozenset({TeamStatus.OPEN, TeamStatus.DROPPED}),
    TeamStatus.OPEN: frozenset({TeamStatus.SUCCEEDED, TeamStatus.FAILED}),
    TeamStatus.SUCCEEDED: frozenset(),
    TeamStatus.FAILED: frozenset(),
    TeamStatus.DROPPED: frozenset(),
}


class Team(Model, Keyed):
    """One group of an offer. Only paid seats count for filling it; `taken` counts those kept for a payment, too."""

    __tablename__ = "group_teams"
    __table_args__ = (
        CheckConstraint(
            "size BETWEEN 2 AND 20 AND 0 <= paid AND paid <= taken AND taken <= size", name="never_too_many"
        ),
        CheckConstraint("(status IN ('forming', 'dropped')) = (closes_at IS NULL)", name="closes_once_open"),
        Index("ix_group_teams_offer", "group_buy_id", "status", "closes_at"),
        Index("ix_group_teams_due", "closes_at", postgresql_where=text("status = 'open'")),
    )

    code: Mapped[str] = mapped_column(unique=True)
    """What its page is called by."""
    group_buy_id: Mapped[int] = mapped_column(ForeignKey("group_buys.id"))
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    size: Mapped[int]
    status: Mapped[str] = mapped_column(default=TeamStatus.FORMING)
    taken: Mapped[int] = mapped_column(default=0)
    paid: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    offer: Mapped[GroupBuy] = relationship()

    @property
    def lacks(self) -> int:
        """How many people still have to pay until it is full."""
        return self.size - self.paid

    @property
    def is_joinable(self) -> bool:
        """Whether it has a seat that nobody has taken, and time left to pay for it."""
        if self.status != TeamStatus.OPEN or self.closes_at is None or self.offer.status != PromotionStatus.ACTIVE:
            return False
        return self.taken < self.size and now() + TIME_TO_PAY <= self.closes_at

    @property
    def has_ended(self) -> bool:
        return not TRANSITIONS[TeamStatus(self.status)]


class Seat(Model, Keyed):
    """A person's place in a group, by the order that pays for it. Released when the order is given up."""

    __tablename__ = "group_seats"
    __table_args__ = (
        UniqueConstraint("order_number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        # Nobody is twice in the same group.
        Index(
            "uq_group_seats_one_a_person", "team_id", "account_id", unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
    )  # fmt: skip

    team_id: Mapped[int] = mapped_column(ForeignKey("group_teams.id"))
    order_number: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    quantity: Mapped[int]
    """Packets."""
    taken_at: Mapped[datetime] = mapped_column(default=now)
    paid_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class TeamHistory(Model, Keyed):
    """Every move of a group. Append-only."""

    __tablename__ = "group_history"

    team_id: Mapped[int] = mapped_column(ForeignKey("group_teams.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
