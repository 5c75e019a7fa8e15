"""Figures over all orders, for the operator: each is the count or sum of rows that a list can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from core.db import db
from domain.orders.models import Order, WorkshopOrder
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
