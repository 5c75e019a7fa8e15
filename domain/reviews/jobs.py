"""What happens to reviews in the background."""

from __future__ import annotations

from core.jobs import job
from domain.reviews import checking
from domain.reviews.models import Part
from gateways.wechat_mini.contract import Suggestion


@job(attempts=5)
def check_content(review_id: int, part: str) -> None:
    """Have a review's or a follow-up's content checked. Written in the transaction that kept it."""
    checking.check(review_id, Part(part))


@job()
def hear_of_picture(trace_id: str, suggest: str, label: int) -> None:
    """WeChat has looked at a photo; an empty `suggest` means that it couldn't."""
    checking.hear_of_picture(trace_id, Suggestion(suggest) if suggest else None, label)


@job(cron="*/10 * * * *")
def hold_unanswered() -> None:
    """Every ten minutes: what WeChat gave no answer about goes to a person."""
    checking.hold_unanswered()
