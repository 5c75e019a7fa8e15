"""What a workshop sold, by day and by product, of paid orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from core.clock import today
from core.db import db
from core.settings import settings
from domain.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class DaySold:
    """A day's goods after discounts, in fen, and packets."""

    on: date
    fen: int
    packets: int


@dataclass(frozen=True, slots=True)
class ProductSold:
    """A product's goods after discounts, in fen, and packets."""

    slug: str
    product_name: str
    product_name_en: str
    fen: int
    packets: int


_PAID_FEN = func.sum(OrderLine.amount_fen - OrderLine.discount_fen - OrderLine.refunded_fen)


def sold_by_day(workshop_id: int, days: int) -> list[DaySold]:
    """The last `days` days, today last; a day without a sale is there with zeros. What was refunded is taken off, and
    what waits for a group isn't counted."""
    first = today() - timedelta(days=days - 1)
    day = func.date(func.timezone(settings().time_zone, Order.paid_at))
    rows = (
        select(day, _PAID_FEN, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.workshop_id == workshop_id, Order.paid_at >= _midnight(first), ~Order.held_for_group)
        .group_by(day)
    )
    found = {on: (int(fen), int(packets)) for on, fen, packets in db.session.execute(rows)}
    every = [first + timedelta(days=number) for number in range(days)]
    return [DaySold(on, *found.get(on, (0, 0))) for on in every]


def sold_by_product(workshop_id: int, days: int, size: int = 20) -> list[ProductSold]:
    """The products that brought most in the last `days` days."""
    first = today() - timedelta(days=days - 1)
    rows = (
        select(
            OrderLine.product_slug, func.max(OrderLine.product_name), func.max(OrderLine.product_name_en), _PAID_FEN,
            func.sum(OrderLine.quantity),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.workshop_id == workshop_id, Order.paid_at >= _midnight(first), ~Order.held_for_group)
        .group_by(OrderLine.product_slug)
        .order_by(_PAID_FEN.desc(), OrderLine.product_slug)
        .limit(size)
    )  # fmt: skip
    return [
        ProductSold(slug, name, name_en, int(fen), int(n)) for slug, name, name_en, fen, n in db.session.execute(rows)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, settings().zone)
