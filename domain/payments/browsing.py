"""All refunds of the cluster, filtered and in pages, for its operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select

from core.db import db
from core.errors import NotFound
from core.paging import Slice, decode_cursor, encode_cursor
from core.settings import settings
from domain.payments.models import Payment, Refund, RefundHistory, RefundStatus

# Counting stops here: nobody reads an exact number beyond, and the answer stays quick.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """What is looked for; None leaves a filter out. Days are those it was asked on, both included; `number` is the
    refund's, the payment's, or what was paid for."""

    status: RefundStatus | None = None
    from_on: date | None = None
    until_on: date | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class FoundRefund:
    """A refund with the payment it is of; `payment.purpose` is the order's number."""

    refund: Refund
    payment: Payment


def find_refunds(wanted: RefundFilter, cursor: str | None, *, size: int = 50) -> Slice[FoundRefund]:
    """The refunds after a cursor, newest first."""
    statement = _filtered(wanted)
    if cursor:
        [last_id] = decode_cursor(cursor, (int,))
        statement = statement.where(Refund.id < last_id)
    rows = [FoundRefund(*row) for row in db.session.execute(statement.order_by(Refund.id.desc()).limit(size + 1))]
    next_cursor = encode_cursor(rows[size - 1].refund.id) if len(rows) > size else None
    return Slice(rows[:size], next_cursor)


def count_refunds(wanted: RefundFilter) -> int:
    """How many match, at most MOST_COUNTED."""
    inner = _filtered(wanted).with_only_columns(Refund.id).limit(MOST_COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(inner)) or 0


def every_refund(wanted: RefundFilter, *, chunk: int = 500) -> Iterator[FoundRefund]:
    """All that match, read a chunk at a time."""
    cursor: str | None = None
    while True:
        part = find_refunds(wanted, cursor, size=chunk)
        yield from part.items
        cursor = part.next_cursor
        if cursor is None:
            return


def find_refund(number: str) -> FoundRefund:
    """The refund of this number of ours, or NotFound."""
    row = db.session.execute(_joined().where(Refund.out_refund_no == number)).one_or_none()
    if row is None:
        raise NotFound(what="refund")
    return FoundRefund(*row)


def moves_of(refund: Refund) -> list[RefundHistory]:
    """Every move of a refund, oldest first."""
    moves = select(RefundHistory).filter_by(refund_row_id=refund.id).order_by(RefundHistory.id)
    return list(db.session.scalars(moves))


def _filtered(wanted: RefundFilter) -> Select[Refund, Payment]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status:
        conditions.append(Refund.status == wanted.status)
    if wanted.from_on:
        conditions.append(Refund.created_at >= _day_start(wanted.from_on))
    if wanted.until_on:
        conditions.append(Refund.created_at < _day_start(wanted.until_on + timedelta(days=1)))
    if wanted.number:
        number = wanted.number.strip()
        conditions.append(
            or_(Refund.out_refund_no == number, Payment.out_trade_no == number, Payment.purpose == number.upper())
        )
    return _joined().where(*conditions)


def _joined() -> Select[Refund, Payment]:
    return select(Refund, Payment).join(Payment, Payment.id == Refund.payment_id)


def _day_start(on: date) -> datetime:
    return datetime.combine(on, time.min, settings().zone)
