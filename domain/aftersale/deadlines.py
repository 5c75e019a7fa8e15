"""What happens by itself: a case says when it is due, so no timer can be lost; nothing happens twice."""

from __future__ import annotations

from sqlalchemy import select

from core.clock import now
from core.db import db
from domain.aftersale.answering import agree, take_back
from domain.aftersale.models import AftersaleCase, CaseStatus, Side
from domain.aftersale.moves import lock_case, move
from domain.aftersale.refunding import AlreadyShipped, RefundTooMuch

BY = "timer"


def due_cases(size: int = 200) -> list[int]:
    """The cases (ids) whose time is up, the longest waiting first."""
    due = select(AftersaleCase.id).where(AftersaleCase.due_at <= now())
    return list(db.session.scalars(due.order_by(AftersaleCase.due_at, AftersaleCase.id).limit(size)))


def pass_deadline(case_id: int) -> None:
    """Do what follows from silence, if the case's time is up: nothing if somebody acted meanwhile.

    An unanswered case is approved, goods never sent back close it, goods never confirmed count as returned, a refusal
    nobody disputed closes it.
    """
    case = lock_case(case_id)
    if case.due_at is None or now() < case.due_at:
        return
    if case.status == CaseStatus.APPLIED:
        _approve_or_close(case)
    elif case.status == CaseStatus.APPROVED:
        move(case, CaseStatus.CLOSED, Side.TIMER, BY, "超时没有寄回")
    elif case.status == CaseStatus.GOODS_SENT:
        take_back(case, Side.TIMER, BY, "作坊超时没有确认收货")
    elif case.status == CaseStatus.REFUSED:
        move(case, CaseStatus.CLOSED, Side.TIMER, BY, "没有人申请仲裁")


def _approve_or_close(case: AftersaleCase) -> None:
    try:
        with db.session.begin_nested():
            agree(case, Side.TIMER, BY, "作坊超时没有答复")
    except (AlreadyShipped, RefundTooMuch) as obstacle:
        db.session.refresh(case)
        move(case, CaseStatus.CLOSED, Side.TIMER, BY, obstacle.message)
