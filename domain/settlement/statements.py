"""A statement's way: sent, checked by its workshop, approved; and finding statements."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import delete, func, select

from core.db import db
from core.errors import InvalidInput, NotFound
from core.paging import Page
from core.states import TransitionRefused, check_transition
from domain.settlement.models import (
    STATEMENT_TRANSITIONS,
    Statement,
    StatementEntry,
    StatementHistory,
    StatementStatus,
)

VISIBLE_TO_OWNER = frozenset(StatementStatus) - {StatementStatus.DRAFT, StatementStatus.WITHDRAWN}


def send(statement: Statement, by: str, answer: str = "") -> None:
    """The workshop may see and check it. After a dispute, `answer` says what was found."""
    statement = lock_statement(statement.id)
    if statement.status == StatementStatus.DISPUTED and not answer:
        raise InvalidInput({"answer": "请写下核对的结果"})
    move(statement, StatementStatus.SENT, by, answer)


def agree(statement: Statement, by: str) -> None:
    """The workshop found it right."""
    move(lock_statement(statement.id), StatementStatus.AGREED, by)


def dispute(statement: Statement, by: str, reason: str) -> None:
    """The workshop found it wrong, and says where."""
    if not reason.strip():
        raise InvalidInput({"reason": "请写明哪里不对"})
    move(lock_statement(statement.id), StatementStatus.DISPUTED, by, reason)


def approve(statement: Statement, by: str) -> None:
    """It may be paid out; one with nothing due is carried into the workshop's next statement instead."""
    statement = lock_statement(statement.id)
    to = StatementStatus.APPROVED
    if statement.status != StatementStatus.AGREED:
        # A statement that is being paid goes back to approved too, but only when the bank has failed.
        raise TransitionRefused(now=statement.status, to=to.value)
    move(statement, to if statement.due_fen > 0 else StatementStatus.CARRIED, by)


def withdraw(statement: Statement, by: str, reason: str) -> None:
    """It counts no more, and what it claimed can be claimed again."""
    if not reason.strip():
        raise InvalidInput({"reason": "请写明撤回的原因"})
    statement = lock_statement(statement.id)
    move(statement, StatementStatus.WITHDRAWN, by, reason)
    db.session.execute(delete(StatementEntry).where(StatementEntry.statement_id == statement.id))


def each(keys: Collection[int], act: Callable[[Statement], None]) -> int:
    """Do `act` with each statement, in key order, all or none; how many there were."""
    for key in sorted(keys):
        act(find_statement_by_id(key))
    return len(keys)


def lock_statement(key: int) -> Statement:
    """The statement as it is now; whoever else wants to move it waits."""
    held = select(Statement).filter_by(id=key).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(held).one()


def move(statement: Statement, to: StatementStatus, by: str, reason: str = "") -> None:
    """Move a locked statement through its table, with history; TransitionRefused when there is no such move."""
    from_status = StatementStatus(statement.status)
    check_transition(STATEMENT_TRANSITIONS, from_status, to)
    statement.status = to
    db.session.add(
        StatementHistory(statement_id=statement.id, by=by, from_status=from_status, to_status=to, reason=reason.strip())
    )
    db.session.flush()


def find_statement(number: str, workshop_ids: Collection[int] | None = None) -> Statement:
    """The statement of `number`, or NotFound; with `workshop_ids`, only one of theirs that was sent to them."""
    wanted = select(Statement).filter_by(number=number)
    if workshop_ids is not None:
        wanted = wanted.where(Statement.workshop_id.in_(workshop_ids), Statement.status.in_(VISIBLE_TO_OWNER))
    statement = db.session.scalars(wanted).first()
    if statement is None:
        raise NotFound(what="statement")
    return statement


def find_statement_by_id(key: int) -> Statement:
    """The statement of a key, or NotFound."""
    statement = db.session.get(Statement, key)
    if statement is None:
        raise NotFound(what="statement")
    return statement


def list_statements(
    *,
    workshop_ids: Collection[int] | None = None,
    workshop_id: int | None = None,
    status: StatementStatus | None = None,
    number: int = 1,
    size: int = 20,
) -> Page[Statement]:
    """A page of statements, newest first: of all workshops or one, or (`workshop_ids`) those sent to their owner."""
    wanted = select(Statement)
    if workshop_ids is not None:
        wanted = wanted.where(Statement.workshop_id.in_(workshop_ids), Statement.status.in_(VISIBLE_TO_OWNER))
    if workshop_id is not None:
        wanted = wanted.filter_by(workshop_id=workshop_id)
    if status is not None:
        wanted = wanted.filter_by(status=status)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = db.session.scalars(wanted.order_by(Statement.id.desc()).offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def status_counts() -> dict[str, int]:
    """How many statements stand in each status."""
    return {row[0]: row[1] for row in db.session.execute(select(Statement.status, func.count()).group_by("status"))}


def history_of(statement: Statement) -> list[StatementHistory]:
    """Its moves, oldest first."""
    return list(
        db.session.scalars(select(StatementHistory).filter_by(statement_id=statement.id).order_by(StatementHistory.id))
    )
