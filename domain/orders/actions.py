"""What a buyer may do with an order now: asked by every screen, so that no client holds the rules."""

from __future__ import annotations

from enum import StrEnum

from domain.orders.models import Order, OrderStatus, WorkshopOrderStatus


class OrderAction(StrEnum):
    """A thing a buyer can do."""

    PAY = "pay"
    CANCEL = "cancel"
    CONFIRM_RECEIPT = "confirm_receipt"


def allowed_actions(order: Order) -> list[OrderAction]:
    """The actions that would succeed at this moment, apart from what happens outside."""
    if order.status == OrderStatus.AWAITING_PAYMENT:
        return [OrderAction.PAY, OrderAction.CANCEL] if order.is_payable else [OrderAction.CANCEL]
    if any(part.status == WorkshopOrderStatus.SHIPPED for part in order.workshop_orders):
        return [OrderAction.CONFIRM_RECEIPT]
    return []
