"""A case held by one act at a time, and moved through its table: each move sets what happens by itself, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from core.clock import now
from core.db import db
from core.errors import InvalidInput, NotFound
from core.settings import settings
from core.states import check_transition
from domain.aftersale.models import TRANSITIONS, AftersaleCase, CaseHistory, CaseStatus, Side
from domain.aftersale.telling import tell_move

MOST_CHARACTERS = 500
MOST_PICTURES = 6


def lock_case(case_id: int) -> AftersaleCase:
    """The case as it is now; whoever else acts in it waits until this transaction ends."""
    statement = select(AftersaleCase).filter_by(id=case_id).with_for_update()
    case = db.session.scalars(statement.execution_options(populate_existing=True)).first()
    if case is None:
        raise NotFound(what="case")
    return case


def move(
    case: AftersaleCase,
    to: CaseStatus,
    side: Side,
    by: str,
    text: str = "",
    *,
    pictures: Sequence[str] = (),
    amount_fen: int | None = None,
) -> None:
    """Move a locked case on, with a line of history and its next deadline; TransitionRefused when it can't."""
    check_words(text, pictures)
    now_at = CaseStatus(case.status)
    check_transition(TRANSITIONS, now_at, to)
    case.status = to
    case.due_at = due_at(to)
    write_down(case, side, by, from_status=now_at, text=text, pictures=pictures, amount_fen=amount_fen)


def write_down(
    case: AftersaleCase,
    side: Side,
    by: str,
    *,
    from_status: CaseStatus | None,
    text: str = "",
    pictures: Sequence[str] = (),
    amount_fen: int | None = None,
) -> None:
    """A line of history: a move, which is told to the other sides, or (when the status stays) a word of one side."""
    row = CaseHistory(
        case_id=case.id, side=side, by=by, from_status=from_status, to_status=case.status, text=text,
        pictures=list(pictures), amount_fen=amount_fen,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    tell_move(case, row)


def due_at(status: CaseStatus) -> datetime | None:
    """When something happens by itself to a case that comes into `status` now."""
    chosen = settings()
    waits = {
        CaseStatus.APPLIED: timedelta(hours=chosen.aftersale_answer_hours),
        CaseStatus.APPROVED: timedelta(days=chosen.aftersale_return_days),
        CaseStatus.GOODS_SENT: timedelta(days=chosen.aftersale_confirm_days),
        CaseStatus.REFUSED: timedelta(days=chosen.aftersale_dispute_days),
    }
    return now() + waits[status] if status in waits else None


def check_words(text: str, pictures: Sequence[str]) -> None:
    """InvalidInput on `text` or `pictures` when there is too much of it."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput({"text": "最多 500 个字"})
    if len(pictures) > MOST_PICTURES:
        raise InvalidInput({"pictures": "最多 6 张照片"})
