"""Ending an order that was not paid: by the buyer, or because its time is up.

Its packets, coupons and flash seats are free again.
"""

from __future__ import annotations

from datetime import datetime

from core import jobs
from core.clock import now
from core.db import db
from domain.orders.history import lock_order, order_of, record_move
from domain.orders.models import Order, OrderStatus
from domain.payments import closing
from domain.promotions import redeeming
from domain.stock import reserving


def cancel(account_id: int, number: str, reason: str = "") -> Order:
    """The buyer gives up an unpaid order. Raises TransitionRefused when it isn't unpaid any more."""
    order_of(account_id, number)
    order = lock_order(number)
    record_move(order, OrderStatus(order.status), OrderStatus.CANCELLED, by="buyer", reason=reason)
    jobs.enqueue(closing.close_others, purpose=number, paid="")
    redeeming.give_back(number)
    reserving.release(number)
    return order


def due_at(number: str) -> datetime | None:
    """When the order's time to pay is up; None once it waits no more. Holds the order until the transaction ends."""
    order = lock_order(number)
    return order.expires_at if order.status == OrderStatus.AWAITING_PAYMENT else None


def expire(number: str) -> None:
    """End an unpaid order whose time is up. Does nothing for one that was paid or cancelled, or has time left."""
    order = lock_order(number)
    if order.status != OrderStatus.AWAITING_PAYMENT or now() < order.expires_at:
        return
    record_move(order, OrderStatus.AWAITING_PAYMENT, OrderStatus.EXPIRED, by="timer", reason="payment time is up")
    redeeming.give_back(number)
    reserving.release(number)
    db.session.flush()
