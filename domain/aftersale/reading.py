"""Reading cases: a buyer's own, a workshop's own, the operator's."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, func, select

from core.db import db
from core.errors import NotFound
from core.paging import Page, Slice, decode_cursor, encode_cursor
from domain.aftersale.models import AftersaleCase, CaseHistory, CaseStatus
from domain.orders.models import Order, OrderLine

TO_ANSWER = (CaseStatus.APPLIED, CaseStatus.GOODS_SENT)


def find_case(number: str) -> AftersaleCase:
    """The case of this number, whoever's, or NotFound: for the operator."""
    return _one(select(AftersaleCase).filter_by(number=number))


def case_of(account_id: int, number: str) -> AftersaleCase:
    """The buyer's own case, or NotFound."""
    return _one(select(AftersaleCase).filter_by(account_id=account_id, number=number))


def case_of_workshops(workshop_ids: Collection[int], number: str) -> AftersaleCase:
    """The case about one of the workshops' goods, or NotFound."""
    own = AftersaleCase.workshop_id.in_(workshop_ids)
    return _one(select(AftersaleCase).where(AftersaleCase.number == number, own))


def cases_of(account_id: int, *, number: int = 1, size: int = 20) -> Page[AftersaleCase]:
    """One page of the buyer's cases, newest first."""
    return _page(select(AftersaleCase).filter_by(account_id=account_id), number, size, newest_first=True)


def cases_after(account_id: int, cursor: str | None, *, size: int = 20) -> Slice[AftersaleCase]:
    """The buyer's cases after a cursor, newest first."""
    statement = select(AftersaleCase).filter_by(account_id=account_id)
    if cursor:
        statement = statement.where(AftersaleCase.id < decode_cursor(cursor, (int,))[0])
    rows = list(db.session.scalars(statement.order_by(AftersaleCase.id.desc()).limit(size + 1)))
    return Slice(rows[:size], encode_cursor(rows[size - 1].id) if len(rows) > size else None)


def cases_for(
    workshop_ids: Collection[int], *, to_answer: bool = False, number: int = 1, size: int = 20
) -> Page[AftersaleCase]:
    """One page of the workshops' cases, newest first; with `to_answer` those that wait for them, the oldest first."""
    statement = select(AftersaleCase).where(AftersaleCase.workshop_id.in_(workshop_ids))
    if to_answer:
        statement = statement.where(AftersaleCase.status.in_(TO_ANSWER))
    return _page(statement, number, size, newest_first=not to_answer)


def count_to_answer(workshop_ids: Collection[int]) -> int:
    """How many cases wait for the workshops."""
    counted = select(func.count()).select_from(AftersaleCase)
    own = AftersaleCase.workshop_id.in_(workshop_ids)
    return db.session.scalar(counted.where(own, AftersaleCase.status.in_(TO_ANSWER))) or 0


def cases_to_arbitrate(*, number: int = 1, size: int = 20) -> Page[AftersaleCase]:
    """One page of what the operator has to decide, the oldest first."""
    return _page(select(AftersaleCase).filter_by(status=CaseStatus.ARBITRATION), number, size, newest_first=False)


def cases_of_order(order_id: int) -> dict[int, AftersaleCase]:
    """The newest case of each line of an order, by line."""
    rows = db.session.scalars(select(AftersaleCase).filter_by(order_id=order_id).order_by(AftersaleCase.id))
    return {case.order_line_id: case for case in rows}


def lines_of(cases: Collection[AftersaleCase]) -> dict[int, OrderLine]:
    """The lines that cases are about, by id."""
    ids = {case.order_line_id for case in cases}
    return {line.id: line for line in db.session.scalars(select(OrderLine).where(OrderLine.id.in_(ids)))}


def order_number_of(case: AftersaleCase) -> str:
    return db.session.scalars(select(Order.number).filter_by(id=case.order_id)).one()


def history_of(case: AftersaleCase) -> list[CaseHistory]:
    """Every move and word of a case, oldest first."""
    return list(db.session.scalars(select(CaseHistory).filter_by(case_id=case.id).order_by(CaseHistory.id)))


def _one(statement: Select[AftersaleCase]) -> AftersaleCase:
    case = db.session.scalars(statement).first()
    if case is None:
        raise NotFound(what="case")
    return case


def _page(statement: Select[AftersaleCase], number: int, size: int, *, newest_first: bool) -> Page[AftersaleCase]:
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(AftersaleCase.id.desc() if newest_first else AftersaleCase.id)
    return Page(list(db.session.scalars(ordered.offset((number - 1) * size).limit(size))), number, size, total)
