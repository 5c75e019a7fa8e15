"""A buyer writes a review of a line they received, and later one follow-up. Who received what is checked above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core import jobs
from core.clock import now
from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from domain.reviews.jobs import check_content
from domain.reviews.models import (
    MOST_CHARACTERS,
    MOST_PICTURES,
    FollowUp,
    Part,
    Review,
    ReviewStatus,
)
from domain.reviews.moves import lock_review, record


class AlreadyReviewed(DomainError):
    message = "这件商品已经评价过了"


class FollowUpOver(DomainError):
    """There is one already, 30 days have passed, or the review itself isn't shown."""

    message = "现在不能追评"


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was bought and received: the line, by whom, and of what."""

    order_line_id: int
    account_id: int
    buyer_name: str
    product_id: int
    workshop_id: int
    variant_name: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the buyer says. `pictures` are addresses of stored pictures."""

    stars: int
    text: str = ""
    pictures: Sequence[str] = ()
    is_anonymous: bool = False


def write_review(purchase: Purchase, opinion: Opinion) -> Review:
    """Keep a review, which is shown once its content is checked; AlreadyReviewed when the line has one.

    InvalidInput names `stars`, `text` or `pictures`.
    """
    if not 1 <= opinion.stars <= 5:
        raise InvalidInput({"stars": "请点 1 到 5 颗星"})
    _check(opinion.text, opinion.pictures)
    row = insert(Review).values(
        order_line_id=purchase.order_line_id,
        account_id=purchase.account_id,
        product_id=purchase.product_id,
        workshop_id=purchase.workshop_id,
        variant_name=purchase.variant_name,
        author="" if opinion.is_anonymous else hide_name(purchase.buyer_name),
        stars=opinion.stars,
        text=opinion.text,
        pictures=list(opinion.pictures),
        status=ReviewStatus.PENDING,
        created_at=now(),
    )
    review = db.session.scalar(row.on_conflict_do_nothing().returning(Review))
    if review is None:
        raise AlreadyReviewed
    record(review.id, Part.REVIEW, None, ReviewStatus.PENDING, by="buyer")
    jobs.enqueue(check_content, review_id=review.id, part=Part.REVIEW.value)
    return review


def follow_up(account_id: int, order_line_id: int, text: str, pictures: Sequence[str] = ()) -> FollowUp:
    """Add to one's own shown review, once, within 30 days. NotFound without a review; FollowUpOver; InvalidInput."""
    statement = select(Review.id).filter_by(account_id=account_id, order_line_id=order_line_id)
    review_id = db.session.scalar(statement)
    if review_id is None:
        raise NotFound(what="review")
    review = lock_review(review_id)
    if not review.may_be_followed_up:
        raise FollowUpOver
    if not text:
        raise InvalidInput({"text": "必填"})
    _check(text, pictures)
    added = FollowUp(review_id=review.id, text=text, pictures=list(pictures))
    db.session.add(added)
    db.session.flush()
    record(review.id, Part.FOLLOW_UP, None, ReviewStatus.PENDING, by="buyer")
    jobs.enqueue(check_content, review_id=review.id, part=Part.FOLLOW_UP.value)
    db.session.expire(review, ["follow_up"])
    return added


def hide_name(name: str) -> str:
    """The first character, the rest hidden."""
    return f"{name[:1]}**" if name else ""


def _check(text: str, pictures: Sequence[str]) -> None:
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput({"text": "最多 500 个字"})
    if len(pictures) > MOST_PICTURES:
        raise InvalidInput({"pictures": "最多 6 张照片"})
