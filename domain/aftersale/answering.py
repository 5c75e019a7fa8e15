"""The workshop answers a case: approves, refuses, confirms or refuses what came back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.errors import InvalidInput
from domain.aftersale.models import AftersaleCase, CaseStatus, Side
from domain.aftersale.moves import lock_case, move
from domain.aftersale.reading import case_of_workshops
from domain.aftersale.refunding import promise, start_refund


def approve(workshop_ids: Collection[int], number: str, by: str, text: str = "") -> AftersaleCase:
    """Agree in full: the buyer sends the goods back, or (where nothing comes back) the money goes at once.

    NotFound for another workshop's case; TransitionRefused, RefundTooMuch, AlreadyShipped.
    """
    case = lock_case(case_of_workshops(workshop_ids, number).id)
    agree(case, Side.OWNER, by, text)
    return case


def agree(case: AftersaleCase, side: Side, by: str, text: str = "") -> None:
    """Approve a locked case in full."""
    move(case, CaseStatus.APPROVED, side, by, text, amount_fen=case.amount_fen)
    promise(case, case.amount_fen)
    if not case.wants_goods_back:
        start_refund(case, side, by)


def refuse(
    workshop_ids: Collection[int], number: str, by: str, text: str, pictures: Sequence[str] = ()
) -> AftersaleCase:
    """Say no with a reason, to the wish or to what came back; the buyer may ask the operator.

    NotFound, TransitionRefused, InvalidInput on `text`.
    """
    case = lock_case(case_of_workshops(workshop_ids, number).id)
    if not text:
        raise InvalidInput({"text": "请写明不同意的原因"})
    move(case, CaseStatus.REFUSED, Side.OWNER, by, text, pictures=pictures)
    case.approved_fen = None
    return case


def confirm_goods(workshop_ids: Collection[int], number: str, by: str) -> AftersaleCase:
    """The goods are back: the money goes. NotFound, TransitionRefused."""
    case = lock_case(case_of_workshops(workshop_ids, number).id)
    take_back(case, Side.OWNER, by)
    return case


def take_back(case: AftersaleCase, side: Side, by: str, text: str = "") -> None:
    """A locked case's goods count as returned, and its money goes."""
    move(case, CaseStatus.RECEIVED, side, by, text)
    start_refund(case, side, by)
