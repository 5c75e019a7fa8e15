"""What buyers say about goods they received: stars, a text, photos, one follow-up, and the workshop's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from core.clock import now
from core.db import Keyed, Model, Timestamped

MOST_CHARACTERS = 500
MOST_PICTURES = 6
FOLLOW_UP_WITHIN = timedelta(days=30)


class ReviewStatus(StrEnum):
    """`pending`: its content is being checked; `held`: a person has to look. Only `shown` is seen and counted."""

    PENDING = "pending"
    SHOWN = "shown"
    HELD = "held"
    REFUSED = "refused"


TRANSITIONS: Mapping[ReviewStatus, frozenset[ReviewStatus]] = {
    ReviewStatus.PENDING: frozenset({ReviewStatus.SHOWN, ReviewStatus.HELD, ReviewStatus.REFUSED}),
    ReviewStatus.HELD: frozenset({ReviewStatus.SHOWN, ReviewStatus.REFUSED}),
    ReviewStatus.SHOWN: frozenset({ReviewStatus.REFUSED}),
    ReviewStatus.REFUSED: frozenset({ReviewStatus.SHOWN}),
}


class Review(Model, Keyed, Timestamped):
    """One review of one order line. `author` is the name with its end hidden, empty for an anonymous one."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_in_range"),
        Index("ix_reviews_product_shown", "product_id", "status", "id"),
        Index("ix_reviews_workshop_newest", "workshop_id", "id"),
    )

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    variant_name: Mapped[str]
    author: Mapped[str]
    stars: Mapped[int]
    text: Mapped[str]
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    status: Mapped[str] = mapped_column(default=ReviewStatus.PENDING)

    follow_up: Mapped[FollowUp | None] = relationship(lazy="selectin")
    replies: Mapped[list[Reply]] = relationship(order_by="Reply.id", lazy="selectin")

    @property
    def is_shown(self) -> bool:
        return self.status == ReviewStatus.SHOWN

    @property
    def reply(self) -> Reply | None:
        """The workshop's answer as it stands now."""
        return self.replies[-1] if self.replies else None

    @property
    def shown_follow_up(self) -> FollowUp | None:
        follow_up = self.follow_up
        return follow_up if follow_up is not None and follow_up.status == ReviewStatus.SHOWN else None

    @property
    def may_be_followed_up(self) -> bool:
        return self.follow_up is None and self.is_shown and now() < self.created_at + FOLLOW_UP_WITHIN


class FollowUp(Model, Timestamped):
    """What the buyer adds later, once; checked like the review itself."""

    __tablename__ = "review_follow_ups"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    text: Mapped[str]
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    status: Mapped[str] = mapped_column(default=ReviewStatus.PENDING)


class Reply(Model, Keyed):
    """The workshop's answer. A changed answer is a new row. Append-only."""

    __tablename__ = "review_replies"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    text: Mapped[str]


class Part(StrEnum):
    """The two things of a review that are checked, each for itself."""

    REVIEW = "review"
    FOLLOW_UP = "follow_up"


class ReviewHistory(Model, Keyed):
    """Every move of a review or its follow-up. Append-only."""

    __tablename__ = "review_history"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    part: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class PictureCheck(Model, Keyed):
    """A photo that WeChat was asked to look at. `suggest` is its answer, which comes by push."""

    __tablename__ = "review_picture_checks"

    trace_id: Mapped[str] = mapped_column(unique=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    part: Mapped[str]
    picture: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    suggest: Mapped[str | None]


class ProductRating(Model):
    """How many shown reviews a product has and their stars added up: always what its rows say."""

    __tablename__ = "product_ratings"
    __table_args__ = (CheckConstraint("count >= 0 AND stars BETWEEN count AND 5 * count", name="stars_in_range"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    stars: Mapped[int] = mapped_column(default=0)
