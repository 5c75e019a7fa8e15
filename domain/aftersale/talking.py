"""A word of one side in an open case, with photos."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.errors import DomainError, InvalidInput
from domain.aftersale.models import AftersaleCase, CaseStatus, Side
from domain.aftersale.moves import check_words, lock_case, write_down
from domain.aftersale.reading import case_of, case_of_workshops, find_case


class CaseEnded(DomainError):
    message = "这个售后已经结束"


def say_as_buyer(account_id: int, number: str, text: str, pictures: Sequence[str] = ()) -> AftersaleCase:
    """NotFound for another's case, CaseEnded, InvalidInput on `text` or `pictures`; so too the other two."""
    return _say(case_of(account_id, number), Side.BUYER, "buyer", text, pictures)


def say_as_owner(
    workshop_ids: Collection[int], number: str, by: str, text: str, pictures: Sequence[str] = ()
) -> AftersaleCase:
    return _say(case_of_workshops(workshop_ids, number), Side.OWNER, by, text, pictures)


def say_as_operator(number: str, by: str, text: str, pictures: Sequence[str] = ()) -> AftersaleCase:
    return _say(find_case(number), Side.OPERATOR, by, text, pictures)


def _say(case: AftersaleCase, side: Side, by: str, text: str, pictures: Sequence[str]) -> AftersaleCase:
    case = lock_case(case.id)
    if not case.is_open:
        raise CaseEnded
    if not text and not pictures:
        raise InvalidInput({"text": "写点什么，或加一张照片"})
    check_words(text, pictures)
    write_down(case, side, by, from_status=CaseStatus(case.status), text=text, pictures=pictures)
    return case
