"""The buyer has the parcel in hand, or says nothing for so long that it counts as received."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, exists, or_, select

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.settings import settings
from domain.fulfillment.models import Shipment
from domain.fulfillment.moves import move_part
from domain.orders.history import lock_order, lock_parts, record_move
from domain.orders.models import Order, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from gateways.carriers.tracking import ParcelState

# A part in any other status keeps an order from nothing.
OPEN = {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED, WorkshopOrderStatus.SHIPPED}


class NothingToReceive(DomainError):
    message = "还没有在路上的包裹可以确认"


def confirm_receipt(order: Order, by: str, number: str | None = None) -> list[WorkshopOrder]:
    """Every part on its way (or only the one of `number`) is received; when all parts that were not cancelled are, the order is
    completed.

    Raises NothingToReceive when nothing moved.
    """
    order = lock_order(order.number)
    parts = lock_parts(order.id)
    arrived = [part for part in parts if part.status == WorkshopOrderStatus.SHIPPED and number in (None, part.number)]
    if not arrived:
        raise NothingToReceive
    for part in arrived:
        move_part(part, WorkshopOrderStatus.RECEIVED, by)
    if not is_more_to_come(order, parts):
        record_move(order, OrderStatus(order.status), OrderStatus.COMPLETED, by=by)
    return arrived


def is_more_to_come(order: Order, parts: list[WorkshopOrder]) -> bool:
    """Some part isn't over yet, or a line that isn't paid back still looks for its maker."""
    open_lines = any(line.is_open and line.refundable_fen for line in order.lines)
    return open_lines or any(part.status in OPEN for part in parts)


def parts_overdue(*, most: int = 200) -> list[int]:
    """The ids of parts whose every parcel came RECEIPT_DAYS_EXPRESS ago, the oldest first.

    A parcel nobody tracks counts from its shipping; one that is known to be elsewhere is waited for.
    """
    long_ago = now() - timedelta(days=settings().receipt_days_express)
    untracked = and_(Shipment.tracking_state == ParcelState.UNKNOWN, Shipment.shipped_at <= long_ago)
    came = and_(Shipment.tracking_state == ParcelState.DELIVERED, Shipment.delivered_at <= long_ago)
    waited_for = exists().where(Shipment.workshop_order_id == WorkshopOrder.id, ~or_(untracked, came))
    sent = exists().where(Shipment.workshop_order_id == WorkshopOrder.id)
    statement = select(WorkshopOrder.id).filter_by(status=WorkshopOrderStatus.SHIPPED).where(sent, ~waited_for)
    return list(db.session.scalars(statement.order_by(WorkshopOrder.id).limit(most)))


def receive_overdue(part_id: int) -> bool:
    """The part counts as received if it still is overdue; whether it was. Twice is once."""
    part = db.session.get_one(WorkshopOrder, part_id)
    db.session.execute(select(Order.id).filter_by(id=part.order_id).with_for_update(key_share=True))
    if part_id not in parts_overdue():
        return False
    confirm_receipt(part.order, "timer", part.number)
    return True
