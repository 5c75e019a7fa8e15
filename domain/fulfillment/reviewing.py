"""Only who received the goods may review them."""

from __future__ import annotations

from core.errors import DomainError, NotFound
from domain.accounts.identities import profile_of
from domain.orders.history import order_of
from domain.orders.models import Order, OrderLine, WorkshopOrderStatus
from domain.reviews.models import Review
from domain.reviews.writing import Opinion, Purchase, write_review


class NotReceivedYet(DomainError):
    message = "收到货之后才能评价"


def review_line(account_id: int, number: str, sku: str, opinion: Opinion) -> Review:
    """Review the line of `sku` in the buyer's own order; NotFound for another's, NotReceivedYet before receipt.

    What `write_review` raises besides.
    """
    order = order_of(account_id, number)
    line = line_of(order, sku)
    if not is_received(order, line):
        raise NotReceivedYet
    name = profile_of(account_id).display_name
    return write_review(
        Purchase(line.id, account_id, name, line.product_id, line.workshop_id, line.variant_name), opinion
    )


def line_of(order: Order, sku: str) -> OrderLine:
    """The order's line of `sku`, or NotFound."""
    for line in order.lines:
        if line.sku == sku:
            return line
    raise NotFound(what="order line")


def is_received(order: Order, line: OrderLine) -> bool:
    """Whether the buyer has the goods of this line."""
    return any(
        part.workshop_id == line.workshop_id and part.status == WorkshopOrderStatus.RECEIVED
        for part in order.workshop_orders
    )
