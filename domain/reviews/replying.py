"""The workshop answers a review, once; it may change its words, and what it said before stays on record."""

from __future__ import annotations

from collections.abc import Collection

from core.db import db
from core.errors import InvalidInput, NotFound
from domain.reviews.models import MOST_CHARACTERS, Reply, Review
from domain.reviews.moves import lock_review
from domain.reviews.words import has_doubtful_words


def reply(workshop_ids: Collection[int], review_id: int, text: str, by: str) -> Review:
    """Answer a shown review of one of the workshops, or change the answer; the same words again change nothing.

    NotFound for another workshop's review or one that isn't shown; InvalidInput names `text`.
    """
    review = lock_review(review_id)
    if review.workshop_id not in workshop_ids or not review.is_shown:
        raise NotFound(what="review")
    if not text:
        raise InvalidInput({"text": "必填"})
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput({"text": "最多 500 个字"})
    if has_doubtful_words(text):
        raise InvalidInput({"text": "回复里有不适合公开的词、网址或号码"})
    if review.reply is None or review.reply.text != text:
        db.session.add(Reply(review_id=review.id, by=by, text=text))
        db.session.flush()
        db.session.expire(review, ["replies"])
    return review
