"""The buyer has the parcel in hand."""

from __future__ import annotations

from core.errors import DomainError
from domain.fulfillment.moves import move_part
from domain.orders.history import lock_order, lock_parts, record_move
from domain.orders.models import Order, OrderStatus, WorkshopOrder, WorkshopOrderStatus


class NothingToReceive(DomainError):
    message = "还没有在路上的包裹可以确认"


def confirm_receipt(order: Order, by: str, number: str | None = None) -> list[WorkshopOrder]:
    """Every part on its way (or only the one of `number`) is received; when all parts that were not cancelled are, the order is
    completed.

    Raises NothingToReceive when nothing moved.
    """
    order = lock_order(order.number)
    parts = lock_parts(order)
    arrived = [part for part in parts if part.status == WorkshopOrderStatus.SHIPPED and number in (None, part.number)]
    if not arrived:
        raise NothingToReceive
    for part in arrived:
        move_part(part, WorkshopOrderStatus.RECEIVED, by)
    if all(part.status in {WorkshopOrderStatus.RECEIVED, WorkshopOrderStatus.CANCELLED} for part in parts):
        record_move(order, OrderStatus(order.status), OrderStatus.COMPLETED, by=by)
    return arrived
