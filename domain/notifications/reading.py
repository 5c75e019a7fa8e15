"""The inbox of a buyer, and of a workshop."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from core.clock import now
from core.db import db
from core.paging import Page, Slice, decode_cursor, encode_cursor
from domain.notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose inbox: a buyer's account, or the workshops of an owner."""

    account_id: int | None = None
    workshop_ids: frozenset[int] = frozenset()

    def owns(self) -> ColumnElement[bool]:
        if self.account_id is not None:
            return Notification.account_id == self.account_id
        return Notification.workshop_id.in_(self.workshop_ids)


def inbox(reader: Reader, *, number: int, size: int = 20) -> Page[Notification]:
    """One page, newest first."""
    total = db.session.scalar(select(func.count()).select_from(Notification).where(reader.owns())) or 0
    statement = select(Notification).where(reader.owns()).order_by(Notification.id.desc())
    rows = db.session.scalars(statement.offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def inbox_after(reader: Reader, cursor: str | None, *, size: int = 20) -> Slice[Notification]:
    """What follows a cursor, newest first."""
    statement = select(Notification).where(reader.owns())
    if cursor:
        statement = statement.where(Notification.id < decode_cursor(cursor, (int,))[0])
    rows = list(db.session.scalars(statement.order_by(Notification.id.desc()).limit(size + 1)))
    return Slice(rows[:size], encode_cursor(rows[size - 1].id) if len(rows) > size else None)


def unread_count(reader: Reader) -> int:
    statement = select(func.count()).select_from(Notification).where(reader.owns(), Notification.read_at.is_(None))
    return db.session.scalar(statement) or 0


def mark_all_read(reader: Reader) -> None:
    """Everything there is now has been read."""
    unread = update(Notification).where(reader.owns(), Notification.read_at.is_(None))
    db.session.execute(unread.values(read_at=now()))
