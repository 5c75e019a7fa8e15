"""Packets of a paid order that aren't sent after all. Their money is the caller's business."""

from __future__ import annotations

from core.clock import now
from core.db import db
from core.states import TransitionRefused
from domain.groups import filling
from domain.orders.ending import settle_order, unsell
from domain.orders.history import lock_order, lock_parts, record_part_move
from domain.orders.models import OrderStatus, WorkshopOrder, WorkshopOrderStatus


def drop_line(number: str, line_id: int, *, by: str, reason: str, quantity: int | None = None) -> WorkshopOrder:
    """`quantity` packets of the line (all that are left, unless told) are not packed or sent any more, and are for sale
    again; the line's part.

    A part with nothing left to send is cancelled, and the order settled. TransitionRefused unless the part waits to be
    packed and the line has so many packets left; when it was dropped before or looks for its maker.
    """
    order = lock_order(number)
    line = next(line for line in order.lines if line.id == line_id)
    part = next(part for part in lock_parts(order.id) if part.workshop_id == line.workshop_id)
    packets = line.wanted_quantity if quantity is None else quantity
    waits = part.status == WorkshopOrderStatus.TO_PACK and not line.is_open
    if not waits or not 1 <= packets <= line.wanted_quantity:
        raise TransitionRefused(now=part.status, to="dropped")
    line.dropped_quantity += packets
    line.dropped_at = now() if line.wanted_quantity == 0 else None
    db.session.flush()
    if not part.lines_to_send:
        record_part_move(part, WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.CANCELLED, by=by, reason=reason)
        settle_order(order, by, reason)
    unsell(order, [(line, packets)], by, reason)
    if order.status == OrderStatus.REFUNDED:
        filling.leave(order.number, by)
    return part
