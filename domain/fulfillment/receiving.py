"""The buyer has the parcel in hand."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import DomainError
from domain.fulfillment.moves import move_part
from domain.orders.history import record_move
from domain.orders.models import Order, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.orders.parting import lock_parts


class NothingToReceive(DomainError):
    message = "还没有在路上的包裹可以确认"


def confirm_receipt(order: Order, by: str, number: str | None = None) -> list[WorkshopOrder]:
    """Every part on its way (or only the one of `number`) is received; when all parts are, the order is completed.

    Raises NothingToReceive when nothing moved.
    """
    # NO KEY UPDATE: an owner who holds a part and writes history, which refers to the order, must not wait for us
    # while we wait for the part.
    hold = select(Order).filter_by(id=order.id).with_for_update(key_share=True)
    order = db.session.scalars(hold.execution_options(populate_existing=True)).one()
    parts = lock_parts(order.id)
    arrived = [part for part in parts if part.status == WorkshopOrderStatus.SHIPPED and number in (None, part.number)]
    if not arrived:
        raise NothingToReceive
    for part in arrived:
        move_part(part, WorkshopOrderStatus.RECEIVED, by)
    if not _is_more_to_come(order, parts):
        record_move(order, OrderStatus(order.status), OrderStatus.COMPLETED, by=by)
    return arrived


def _is_more_to_come(order: Order, parts: list[WorkshopOrder]) -> bool:
    """Some part isn't received yet, or a line that isn't paid back still looks for its maker."""
    over = {WorkshopOrderStatus.RECEIVED, WorkshopOrderStatus.REASSIGNED}
    open_lines = any(line.is_open and line.refundable_fen for line in order.lines)
    return open_lines or any(part.status not in over for part in parts)
