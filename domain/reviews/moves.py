"""A review and its follow-up move through their statuses; the product's rating follows in the same transaction."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import NotFound
from core.states import check_transition
from domain.reviews.models import (
    TRANSITIONS,
    FollowUp,
    Part,
    ProductRating,
    Review,
    ReviewHistory,
    ReviewStatus,
)


def lock_review(review_id: int) -> Review:
    """The review, held until the transaction ends; NotFound when there is none."""
    statement = select(Review).filter_by(id=review_id).with_for_update().execution_options(populate_existing=True)
    review = db.session.scalars(statement).first()
    if review is None:
        raise NotFound(what="review")
    return review


def part_of(review: Review, part: Part) -> Review | FollowUp:
    """The review itself or its follow-up, or NotFound."""
    found = review if part is Part.REVIEW else review.follow_up
    if found is None:
        raise NotFound(what="follow-up")
    return found


def move(review: Review, part: Part, to: ReviewStatus, *, by: str, reason: str = "") -> None:
    """Move a part of a locked review through the table, with a line of history, and count the product's stars anew."""
    thing = part_of(review, part)
    now_at = ReviewStatus(thing.status)
    check_transition(TRANSITIONS, now_at, to)
    thing.status = to
    record(review.id, part, now_at, to, by=by, reason=reason)
    if part is Part.REVIEW:
        recount(review.product_id)


def record(
    review_id: int, part: Part, from_status: ReviewStatus | None, to: ReviewStatus, *, by: str, reason: str = ""
) -> None:
    """Write a line of history. `from_status` None: the part was just written."""
    row = ReviewHistory(review_id=review_id, part=part, by=by, from_status=from_status, to_status=to, reason=reason)
    db.session.add(row)
    db.session.flush()


def recount(product_id: int) -> None:
    """The product's rating is what its shown reviews say.

    Its row is held first: whoever counts at the same time waits, and then sees what we changed.
    """
    db.session.flush()
    db.session.execute(insert(ProductRating).values(product_id=product_id, count=0, stars=0).on_conflict_do_nothing())
    hold = select(ProductRating).filter_by(product_id=product_id).with_for_update()
    rating = db.session.scalars(hold.execution_options(populate_existing=True)).one()
    counted = select(func.count(), func.coalesce(func.sum(Review.stars), 0))
    count, stars = db.session.execute(
        counted.where(Review.product_id == product_id, Review.status == ReviewStatus.SHOWN)
    ).one()
    rating.count, rating.stars = int(count), int(stars)
    db.session.flush()
