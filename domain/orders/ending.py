"""The end of a paid order: everything that was to be sent was received or given up, and nothing looks for its maker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import update

from core.clock import now
from core.db import db
from domain.orders.history import lock_parts, record_move
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrderStatus
from domain.products.models import Product
from domain.promotions import redeeming
from domain.stock import returning


def settle_order(order: Order, by: str, reason: str, *, with_open: bool = False) -> None:
    """If nothing is left to be sent, a locked order is refunded (all was given up) or completed (the rest was received).

    A line that still looks for its maker keeps it open, unless `with_open`: its money goes back with the rest.
    """
    if order.status != OrderStatus.PAID:
        return
    waits = any(line.is_open and line.refundable_fen for line in order.lines)
    if waits and not with_open:
        return
    statuses = {part.status for part in lock_parts(order.id)} - {WorkshopOrderStatus.REASSIGNED}
    if statuses <= {WorkshopOrderStatus.CANCELLED}:
        record_move(order, OrderStatus.PAID, OrderStatus.REFUNDED, by=by, reason=reason)
        redeeming.give_back(order.number)
    elif not waits and statuses <= {WorkshopOrderStatus.CANCELLED, WorkshopOrderStatus.RECEIVED}:
        record_move(order, OrderStatus.PAID, OrderStatus.COMPLETED, by=by, reason=reason)


def end_open_lines(order: Order, by: str, reason: str) -> None:
    """Lines without a maker whose money all goes back look for none any more; the order ends if nothing else is left."""
    ended = [line for line in order.lines if line.is_open and line.dropped_at is None]
    ended = [line for line in ended if line.paid_fen and not line.refundable_fen]
    if order.status != OrderStatus.PAID or not ended:
        return
    for line in ended:
        line.dropped_quantity, line.dropped_at = line.quantity, now()
    db.session.flush()
    settle_order(order, by, reason)
    unsell(order, [(line, line.quantity) for line in ended], by, reason)


def unsell(order: Order, packets: Sequence[tuple[OrderLine, int]], by: str, reason: str) -> None:
    """Packets of an order's lines are for sale again. Hot rows: the products, then their stock, in the order of keys."""
    sold: dict[int, int] = {}
    for line, quantity in packets:
        sold[line.product_id] = sold.get(line.product_id, 0) + quantity
    for product_id, quantity in sorted(sold.items()):
        unsold = update(Product).where(Product.id == product_id, Product.sold_count >= quantity)
        db.session.execute(unsold.values(sold_count=Product.sold_count - quantity))
    quantities: Mapping[int, int] = {line.variant_id: quantity for line, quantity in packets}
    returning.put_back(order.number, dict(quantities), by=by, reason=reason)
