"""Before others see it: WeChat's content security, a word list of our own where WeChat can't help, else a person."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Select, select

from core.clock import now
from core.db import db
from core.settings import settings
from domain.accounts.signing_in import openid_of
from domain.reviews.models import FollowUp, Part, PictureCheck, Review, ReviewHistory, ReviewStatus
from domain.reviews.moves import lock_review, move, part_of
from domain.reviews.words import has_doubtful_words
from gateways import registry
from gateways.wechat_mini.contract import Suggestion
from gateways.wechat_mini.errors import OpenidInactive, WechatNotConfigured

log = structlog.get_logger(__name__)
BY = "content_security"
# WeChat pushes a photo's verdict within 30 minutes; a text's check is retried for less than this.
PATIENCE = timedelta(hours=1)


def check(review_id: int, part: Part) -> None:
    """Decide about a pending part: shown, refused, held for a person, or (photos) pending until WeChat's push.

    Does nothing for one that was decided. Calls WeChat.
    """
    review = lock_review(review_id)
    thing = part_of(review, part)
    if thing.status != ReviewStatus.PENDING:
        return
    openid = openid_of(review.account_id, settings().wechat_mini_appid)
    if openid is None:
        _decide_by_words(review, part, thing)
        return
    try:
        to, reason = _ask_about_text(thing.text, openid)
        if to is ReviewStatus.SHOWN and thing.pictures:
            if settings().wechat_mini_push_token.get_secret_value():
                _ask_about_pictures(review, part, thing, openid)
                return
            to, reason = ReviewStatus.HELD, "photos without push"
    except OpenidInactive:
        to, reason = ReviewStatus.HELD, "61010"
    except WechatNotConfigured:
        _decide_by_words(review, part, thing)
        return
    move(review, part, to, by=BY, reason=reason)


def hear_of_picture(trace_id: str, suggestion: Suggestion | None, label: int) -> None:
    """Take WeChat's verdict about a photo (None: it couldn't look). Repeated or unknown ones change nothing.

    The part is shown when its last photo has passed; refused at the first risky one, held at a doubtful one.
    """
    statement = select(PictureCheck).filter_by(trace_id=trace_id)
    asked = db.session.scalars(statement).first()
    if asked is None:
        log.warning("picture_verdict_unknown", trace_id=trace_id)
        return
    review, part = lock_review(asked.review_id), Part(asked.part)
    db.session.refresh(asked)
    if asked.suggest is not None:
        return
    asked.suggest = suggestion.value if suggestion else "unseen"
    db.session.flush()
    if part_of(review, part).status != ReviewStatus.PENDING:
        return
    if suggestion is Suggestion.RISKY:
        move(review, part, ReviewStatus.REFUSED, by=BY, reason=f"photo {label}")
    elif suggestion is not Suggestion.PASS:
        move(review, part, ReviewStatus.HELD, by=BY, reason=f"photo {label}")
    elif not db.session.scalar(_unanswered(review.id, part).limit(1)):
        move(review, part, ReviewStatus.SHOWN, by=BY)


def hold_unanswered() -> None:
    """What is still pending after an hour waits for a person: WeChat gave no answer."""
    before = now() - PATIENCE
    reviews = select(Review.id).where(Review.status == ReviewStatus.PENDING, Review.created_at < before)
    added = select(FollowUp.review_id).where(FollowUp.status == ReviewStatus.PENDING, FollowUp.created_at < before)
    late = [(key, Part.REVIEW) for key in db.session.scalars(reviews)]
    late += [(key, Part.FOLLOW_UP) for key in db.session.scalars(added)]
    for review_id, part in sorted(late):
        review = lock_review(review_id)
        if part_of(review, part).status == ReviewStatus.PENDING:
            move(review, part, ReviewStatus.HELD, by=BY, reason="no answer")


def history_of(review_id: int) -> list[ReviewHistory]:
    """The moves of a review and its follow-up, oldest first."""
    return list(db.session.scalars(select(ReviewHistory).filter_by(review_id=review_id).order_by(ReviewHistory.id)))


def _decide_by_words(review: Review, part: Part, thing: Review | FollowUp) -> None:
    """For a buyer whom WeChat's check doesn't know: our own list decides about words, a person about photos."""
    if thing.pictures:
        move(review, part, ReviewStatus.HELD, by=BY, reason="photos")
    elif has_doubtful_words(thing.text):
        move(review, part, ReviewStatus.HELD, by=BY, reason="words")
    else:
        move(review, part, ReviewStatus.SHOWN, by=BY, reason="word list")


def _ask_about_text(text: str, openid: str) -> tuple[ReviewStatus, str]:
    if not text:
        return ReviewStatus.SHOWN, ""
    verdict = registry.wechat_mini().check_text(text, openid)
    to = {
        Suggestion.PASS: ReviewStatus.SHOWN,
        Suggestion.REVIEW: ReviewStatus.HELD,
        Suggestion.RISKY: ReviewStatus.REFUSED,
    }[verdict.suggestion]
    return to, "" if to is ReviewStatus.SHOWN else f"text {verdict.label}"


def _ask_about_pictures(review: Review, part: Part, thing: Review | FollowUp, openid: str) -> None:
    for picture in thing.pictures:
        url = f"{settings().public_base_url}{picture}-800.webp"
        trace_id = registry.wechat_mini().check_picture(url, openid)
        db.session.add(PictureCheck(trace_id=trace_id, review_id=review.id, part=part, picture=picture))
    db.session.flush()


def _unanswered(review_id: int, part: Part) -> Select[int]:
    return select(PictureCheck.id).where(
        PictureCheck.review_id == review_id, PictureCheck.part == part, PictureCheck.suggest.is_(None)
    )
