"""The operator decides where buyer and workshop don't agree."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from core.errors import InvalidInput
from core.states import TransitionRefused
from domain.aftersale.models import AftersaleCase, CaseStatus, Side
from domain.aftersale.moves import lock_case, move
from domain.aftersale.reading import case_of, case_of_workshops, find_case
from domain.aftersale.refunding import promise, start_refund


class Decision(StrEnum):
    """Money goes back (all or a part), or nothing does."""

    REFUND = "refund"
    REJECT = "reject"


def ask_as_buyer(account_id: int, number: str, text: str) -> AftersaleCase:
    """After a refusal the buyer asks the operator. NotFound, TransitionRefused, InvalidInput on `text`."""
    return _ask(case_of(account_id, number), Side.BUYER, "buyer", text)


def ask_as_owner(workshop_ids: Collection[int], number: str, by: str, text: str) -> AftersaleCase:
    """After its refusal the workshop asks the operator. NotFound, TransitionRefused, InvalidInput on `text`."""
    return _ask(case_of_workshops(workshop_ids, number), Side.OWNER, by, text)


def arbitrate(number: str, decision: Decision, amount_fen: int | None, by: str, reason: str) -> AftersaleCase:
    """End the dispute: `amount_fen` (None: all that was asked for) goes back, or nothing. Final.

    NotFound, TransitionRefused, RefundTooMuch, InvalidInput on `amount_fen` or `reason`.
    """
    case = lock_case(find_case(number).id)
    if not reason:
        raise InvalidInput({"reason": "请写明裁决的理由"})
    if case.status != CaseStatus.ARBITRATION:
        raise TransitionRefused(now=case.status, to=decision.value)
    if decision is Decision.REJECT:
        move(case, CaseStatus.CLOSED, Side.OPERATOR, by, reason)
        return case
    amount_fen = case.amount_fen if amount_fen is None else amount_fen
    if not 1 <= amount_fen <= case.amount_fen:
        raise InvalidInput({"amount_fen": "金额超出了申请的数"})
    promise(case, amount_fen)
    start_refund(case, Side.OPERATOR, by, reason)
    return case


def _ask(case: AftersaleCase, side: Side, by: str, text: str) -> AftersaleCase:
    if not text:
        raise InvalidInput({"text": "请写明希望怎样解决"})
    case = lock_case(case.id)
    move(case, CaseStatus.ARBITRATION, side, by, text)
    return case
