"""Giving an order up: unpaid, by the buyer or because its time is up; or paid, before any of it is packed.

Its packets are free again, and its coupons, flash seats and its seat in a group once nothing of it is left. What was paid
goes back in the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from core import jobs
from core.clock import now
from core.db import db
from core.errors import DomainError, NotFound
from domain.groups import filling
from domain.orders import grouping
from domain.orders.ending import settle_order, unsell
from domain.orders.history import lock_order, lock_parts, order_of, record_move, record_part_move
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refund_lines
from domain.payments import closing
from domain.promotions import redeeming
from domain.stock import reserving


class CancelledTooLate(DomainError):
    """Some of it is packed, on its way, or given up already."""

    message = "已经开始装箱，不能取消了，收到后可以申请售后"


def cancel(account_id: int, number: str, reason: str = "") -> Order:
    """The buyer gives up an unpaid order. Raises TransitionRefused when it isn't unpaid any more."""
    order_of(account_id, number)
    order = lock_order(number)
    record_move(order, OrderStatus(order.status), OrderStatus.CANCELLED, by="buyer", reason=reason)
    jobs.enqueue(closing.close_others, purpose=number, paid="")
    redeeming.give_back(number)
    reserving.release(number)
    filling.leave(number, "buyer")
    return order


def cancel_paid(account_id: int, number: str, reason: str = "") -> Order:
    """The buyer gives up a whole paid order: all that was paid goes back, all packets are for sale again.

    Raises CancelledTooLate when any of it is packed or was received, GroupJustFilled; then nothing has changed.
    """
    order_of(account_id, number)
    order = lock_order(number)
    if order.waits_for_group and not grouping.hand_over_if_filled(order):
        grouping.give_up(order, by="buyer", reason=reason or "买家取消")
        return order
    over = {WorkshopOrderStatus.CANCELLED, WorkshopOrderStatus.REASSIGNED}
    parts = [part for part in lock_parts(order.id) if part.status not in over]
    return _give_up(order, parts, reason)


def cancel_part(account_id: int, number: str, part_number: str, reason: str = "") -> Order:
    """The buyer gives up one workshop's part of a paid order: its goods and its freight go back.

    Raises CancelledTooLate when some of it is packed, NotFound for a part of another order.
    """
    order_of(account_id, number)
    order = lock_order(number)
    parts = [part for part in lock_parts(order.id) if part.number == part_number]
    if not parts:
        raise NotFound(what="workshop order")
    return _give_up(order, parts, reason)


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
    filling.leave(number, "timer")
    db.session.flush()


def _give_up(order: Order, parts: list[WorkshopOrder], reason: str) -> Order:
    """Cancel locked parts of a locked order. Hot rows last: products, then stock, each in the order of their keys."""
    if not parts or not all(part.is_cancellable for part in parts):
        raise CancelledTooLate
    for part in parts:
        record_part_move(part, WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.CANCELLED, by="buyer", reason=reason)
    settle_order(order, "buyer", reason, with_open=True)
    lines = [line for part in parts for line in part.lines]
    if order.status == OrderStatus.REFUNDED:
        lines += [line for line in order.lines if line.is_open]  # what waited for its maker goes with the rest
    _refund(order, parts, lines, reason)
    packets = [(line, line.wanted_quantity) for line in lines if line.wanted_quantity]
    unsell(order, packets, "buyer", reason or "买家取消")
    if order.status == OrderStatus.REFUNDED:
        filling.leave(order.number, "buyer")
    return order


def _refund(order: Order, parts: list[WorkshopOrder], lines: list[OrderLine], reason: str) -> None:
    """What is left of what was paid for the parts goes back. One refund, whose key follows from the parts."""
    is_whole = order.status == OrderStatus.REFUNDED
    carriers = {part.workshop_id for part in parts}
    goods = {line.id: line.refundable_fen for line in lines}
    freight = {
        row.workshop_id: row.freight_fen - row.refunded_fen
        for row in order.freights
        if is_whole or row.carrier_id in carriers
    }
    if not any((*goods.values(), *freight.values())):
        return
    refund_lines(order, goods, freight, reason or "买家取消", "buyer", key=f"C{min(part.id for part in parts)}")
