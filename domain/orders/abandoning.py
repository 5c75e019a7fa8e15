"""The operator gives a line up that nobody makes: its money goes back, and with it the freight that was for it alone."""

from __future__ import annotations

from core.errors import InvalidInput, NotFound
from domain.orders.dispatching import LineNotDispatchable, hold_order
from domain.orders.models import Order, OrderLine, OrderRefund, OrderStatus
from domain.orders.refunding import refund_lines


def abandon_line(line: OrderLine, by: str, reason: str) -> OrderRefund:
    """What is left of what was paid for an open line goes back to the buyer; the order ends if it was the last.

    InvalidInput on `why`, LineNotDispatchable for a line that somebody makes or that was paid back.
    """
    if not reason.strip():
        raise InvalidInput({"why": "请写明原因"})
    order = hold_order(line.order_id)
    held = next((each for each in order.lines if each.id == line.id), None)
    if held is None:
        raise NotFound(what="line")
    if order.status != OrderStatus.PAID or not held.is_open or not held.refundable_fen:
        raise LineNotDispatchable
    return refund_lines(order, {held.id: held.refundable_fen}, _idle_freights(order, held), reason.strip(), by)


def _idle_freights(order: Order, given_up: OrderLine) -> dict[int, int]:
    """Freights (fen by workshop) that no workshop carries, unless another line that looks for its maker may need them."""
    if any(line.is_open and line.refundable_fen for line in order.lines if line.id != given_up.id):
        return {}
    makers = {line.workshop_id for line in order.lines if not line.is_open}
    left = {
        row.workshop_id: row.freight_fen - row.refunded_fen for row in order.freights if row.carrier_id not in makers
    }
    return {workshop_id: fen for workshop_id, fen in left.items() if fen}
