"""What a buyer may do with an order now: asked by every screen, so that no client holds the rules."""

from __future__ import annotations

from enum import StrEnum

from domain.orders.models import Order, OrderStatus, WorkshopOrderStatus


class OrderAction(StrEnum):
    """A thing a buyer can do. `cancel_paid`: give up all of it, before any is packed."""

    PAY = "pay"
    CANCEL = "cancel"
    CANCEL_PAID = "cancel_paid"
    CONFIRM_RECEIPT = "confirm_receipt"


def allowed_actions(order: Order) -> list[OrderAction]:
    """The actions that would succeed at this moment, apart from what happens outside."""
    if order.status == OrderStatus.AWAITING_PAYMENT:
        return [OrderAction.PAY, OrderAction.CANCEL] if order.is_payable else [OrderAction.CANCEL]
    if order.status != OrderStatus.PAID:
        return []
    if order.held_for_group:
        return [OrderAction.CANCEL_PAID]
    actions = []
    parts = [part for part in order.workshop_orders if part.status != WorkshopOrderStatus.CANCELLED]
    if parts and all(part.is_cancellable for part in parts):
        actions.append(OrderAction.CANCEL_PAID)
    if any(part.status == WorkshopOrderStatus.SHIPPED for part in parts):
        actions.append(OrderAction.CONFIRM_RECEIPT)
    return actions
