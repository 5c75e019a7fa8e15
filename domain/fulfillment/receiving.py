"""The buyer has the parcel in hand."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import DomainError
from domain.fulfillment.moves import move_part
from domain.orders.history import record_move
from domain.orders.models import Order, OrderStatus, WorkshopOrder, WorkshopOrderStatus

# A part in any other status keeps an order from nothing.
OPEN = {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED, WorkshopOrderStatus.SHIPPED}


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
    statement = select(WorkshopOrder).filter_by(order_id=order.id).order_by(WorkshopOrder.id).with_for_update()
    parts = list(db.session.scalars(statement.execution_options(populate_existing=True)))
    arrived = [part for part in parts if part.status == WorkshopOrderStatus.SHIPPED and number in (None, part.number)]
    if not arrived:
        raise NothingToReceive
    for part in arrived:
        move_part(part, WorkshopOrderStatus.RECEIVED, by)
    if not any(part.status in OPEN for part in parts):
        record_move(order, OrderStatus(order.status), OrderStatus.COMPLETED, by=by)
    return arrived
