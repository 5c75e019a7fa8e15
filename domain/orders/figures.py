"""Figures over all orders, for the operator: each is the count or sum of rows that a list can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.db import db
from core.settings import settings
from domain.orders.models import Order, OrderLine, OrderRefund, WorkshopOrder
from domain.orders.searching import day_start


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What was placed and what was paid on a day. Amounts in fen."""

    placed: int
    paid: int
    paid_fen: int


def day_figures(on: date) -> DayFigures:
    """The day's orders, in two statements."""
    begin, end = day_start(on), day_start(on + timedelta(days=1))
    placed = db.session.scalar(select(func.count()).where(Order.placed_at >= begin, Order.placed_at < end)) or 0
    statement = select(func.count(), func.coalesce(func.sum(Order.total_fen), 0))
    paid, paid_fen = db.session.execute(statement.where(Order.paid_at >= begin, Order.paid_at < end)).one()
    return DayFigures(placed, int(paid), int(paid_fen))


def part_counts() -> dict[str, int]:
    """How many workshops' parts of orders stand in each status."""
    statement = select(WorkshopOrder.status, func.count()).group_by(WorkshopOrder.status)
    return {row[0]: row[1] for row in db.session.execute(statement)}


@dataclass(frozen=True, slots=True)
class DaySales:
    """What buyers paid on a day, freight included (fen)."""

    on: date
    orders: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class Share:
    """A workshop's or a product's part of what was paid for goods, and what of it went back or is on its way back (fen).
    `key` is the workshop's id or the product's slug."""

    key: int | str
    name: str
    orders: int
    packets: int
    paid_fen: int
    refunded_fen: int


def sales_by_day(first: date, last: date) -> list[DaySales]:
    """Every day of the range, also those without a sale, in one statement."""
    on = func.date(func.timezone(str(settings().zone), Order.paid_at))
    statement = select(on, func.count(), func.sum(Order.total_fen)).where(*_paid_within(first, last)).group_by(on)
    found = {row[0]: (int(row[1]), int(row[2])) for row in db.session.execute(statement)}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [DaySales(day, *found.get(day, (0, 0))) for day in days]


def sales_by_workshop(first: date, last: date) -> list[Share]:
    """Each workshop that sold something, the largest first."""
    return _shares(OrderLine.workshop_id, func.min(OrderLine.product_name), first, last, most=None)


def top_products(first: date, last: date, most: int = 10) -> list[Share]:
    """The products that brought most."""
    return _shares(OrderLine.product_slug, func.max(OrderLine.product_name), first, last, most=most)


def refunded_orders(first: date, last: date) -> int:
    """How many orders paid in the range had a refund."""
    statement = select(func.count(OrderRefund.order_id.distinct())).join(Order, Order.id == OrderRefund.order_id)
    return db.session.scalar(statement.where(*_paid_within(first, last))) or 0


def _shares(key: Any, name: Any, first: date, last: date, *, most: int | None) -> list[Share]:
    paid = func.sum(OrderLine.amount_fen - OrderLine.discount_fen)
    orders = func.count(OrderLine.order_id.distinct())
    statement = (
        select(key, name, orders, func.sum(OrderLine.quantity), paid, func.sum(OrderLine.refunded_fen))
        .join(Order, Order.id == OrderLine.order_id)
        .where(*_paid_within(first, last))
        .group_by(key)
        .order_by(paid.desc(), key)
        .limit(most)
    )
    return [Share(row[0], row[1], *map(int, row[2:])) for row in db.session.execute(statement)]


def _paid_within(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Order.paid_at >= day_start(first), Order.paid_at < day_start(last + timedelta(days=1))
