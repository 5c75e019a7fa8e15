"""One line of a paid order that isn't sent after all. Its money is the caller's business."""

from __future__ import annotations

from sqlalchemy import update

from core.clock import now
from core.db import db
from core.states import TransitionRefused
from domain.groups import filling
from domain.orders.cancelling import settle_order
from domain.orders.history import lock_order, lock_parts, record_part_move
from domain.orders.models import OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.products.models import Product
from domain.stock import returning


def drop_line(number: str, line_id: int, *, by: str, reason: str) -> WorkshopOrder:
    """Nothing of the line is packed or sent any more, and its packets are for sale again; the line's part.

    A part with nothing left to send is cancelled, and the order settled. TransitionRefused unless the part waits to be
    packed, or when the line was dropped before or looks for its maker.
    """
    order = lock_order(number)
    line = next(line for line in order.lines if line.id == line_id)
    part = next(part for part in lock_parts(order.id) if part.workshop_id == line.workshop_id)
    if part.status != WorkshopOrderStatus.TO_PACK or line.is_open or line.dropped_at is not None:
        raise TransitionRefused(now=part.status, to="dropped")
    line.dropped_at = now()
    db.session.flush()
    if not part.lines_to_send:
        record_part_move(part, WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.CANCELLED, by=by, reason=reason)
        settle_order(order, reason)
    # Hot rows last: the product, then its stock.
    unsold = update(Product).where(Product.id == line.product_id, Product.sold_count >= line.quantity)
    db.session.execute(unsold.values(sold_count=Product.sold_count - line.quantity))
    returning.put_back(order.number, {line.variant_id: line.quantity}, by=by, reason=reason)
    if order.status == OrderStatus.REFUNDED:
        filling.leave(order.number, by)
    return part
