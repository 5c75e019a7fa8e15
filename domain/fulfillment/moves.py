"""One workshop's part of an order, held by one worker at a time."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from domain.orders.history import record_part_move
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus


def lock_part(part_id: int) -> WorkshopOrder:
    """The part as it is now; whoever else wants to change it waits until this transaction ends."""
    statement = select(WorkshopOrder).filter_by(id=part_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def move_part(part: WorkshopOrder, to: WorkshopOrderStatus, by: str, reason: str = "") -> None:
    """Move a locked part on, with history; TransitionRefused when its table has no such move."""
    record_part_move(part, WorkshopOrderStatus(part.status), to, by=by, reason=reason)
