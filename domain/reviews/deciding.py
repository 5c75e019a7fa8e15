"""The operator's queue: what no machine could decide, and taking down what shouldn't have been shown."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from core.db import db
from core.errors import InvalidInput
from core.paging import Page
from domain.reviews.models import FollowUp, Part, Review, ReviewStatus
from domain.reviews.moves import lock_review, move


def held_reviews(*, number: int = 1, size: int = 20) -> Page[Review]:
    """Reviews of which a part is held, the oldest first; `review.status` and `review.follow_up.status` say which."""
    held = (
        select(Review)
        .outerjoin(FollowUp, FollowUp.review_id == Review.id)
        .where(or_(Review.status == ReviewStatus.HELD, FollowUp.status == ReviewStatus.HELD))
    )
    total = db.session.scalar(select(func.count()).select_from(held.subquery())) or 0
    rows = db.session.scalars(held.order_by(Review.id).offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def decide(review_id: int, to: ReviewStatus, by: str, reason: str = "", part: Part = Part.REVIEW) -> Review:
    """Show or refuse a held part, take a shown one down, or bring a refused one back.

    A refusal gives its reason (InvalidInput on `reason`). TransitionRefused when somebody was faster.
    """
    if to not in {ReviewStatus.SHOWN, ReviewStatus.REFUSED}:
        raise InvalidInput({"status": "没有这个选项"})
    if to is ReviewStatus.REFUSED and not reason:
        raise InvalidInput({"reason": "请写明不通过的原因"})
    review = lock_review(review_id)
    move(review, part, to, by=by, reason=reason)
    return review
