"""What lies before a workshop: its parts of paid orders by status, and what it sold today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm.attributes import set_committed_value

from core.clock import now, today
from core.db import db
from core.paging import Page
from core.settings import settings
from domain.orders.history import parts_of_workshop
from domain.orders.models import Order, OrderHistory, OrderLine, WorkshopOrder, WorkshopOrderStatus

WARNED_AFTER_HOURS = 36


@dataclass(frozen=True, slots=True)
class DaySales:
    """A day's paid orders of a workshop: parts, packets, and what was paid for the goods, without freight (fen)."""

    orders: int
    packets: int
    goods_fen: int


def work_of(workshop_id: int, status: WorkshopOrderStatus, *, number: int = 1, size: int = 20) -> Page[WorkshopOrder]:
    """One page of a workshop's parts, with their orders read in one query."""
    page = parts_of_workshop(workshop_id, status, number=number, size=size)
    orders = select(Order).where(Order.id.in_({part.order_id for part in page.items}))
    found = {order.id: order for order in db.session.scalars(orders)}
    for part in page.items:
        set_committed_value(part, "order", found[part.order_id])
    return page


def status_counts(workshop_id: int) -> dict[str, int]:
    """How many parts of a workshop stand in each status."""
    statement = select(WorkshopOrder.status, func.count()).filter_by(workshop_id=workshop_id)
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(WorkshopOrder.status))}


def next_packed(part: WorkshopOrder) -> WorkshopOrder | None:
    """The oldest other part of the same workshop that waits to be shipped."""
    statement = select(WorkshopOrder).filter_by(workshop_id=part.workshop_id, status=WorkshopOrderStatus.PACKED)
    return db.session.scalars(statement.where(WorkshopOrder.id != part.id).order_by(WorkshopOrder.id).limit(1)).first()


def late_parts(workshop_id: int | None = None, *, hours: int = WARNED_AFTER_HOURS) -> list[WorkshopOrder]:
    """Parts (of one workshop, or of all) paid more than `hours` ago of which nothing was sent, the oldest first.

    WeChat wants everything shipped within 48 hours of payment.
    """
    statement = (
        select(WorkshopOrder)
        .join(Order, Order.id == WorkshopOrder.order_id)
        .where(WorkshopOrder.status.in_({WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED}))
        .where(WorkshopOrder.first_shipped_at.is_(None), Order.paid_at <= now() - timedelta(hours=hours))
        .order_by(Order.paid_at, WorkshopOrder.id)
    )
    if workshop_id is not None:
        statement = statement.where(WorkshopOrder.workshop_id == workshop_id)
    return list(db.session.scalars(statement))


def history_of(part: WorkshopOrder) -> list[OrderHistory]:
    """The part's moves, oldest first."""
    statement = select(OrderHistory).filter_by(workshop_order_id=part.id).order_by(OrderHistory.id)
    return list(db.session.scalars(statement))


def sales_today(workshop_id: int) -> DaySales:
    """What was paid since midnight where the workshops are, without what was given up or is made by others."""
    midnight = datetime.combine(today(), time.min, settings().zone)
    goods_fen = OrderLine.amount_fen - OrderLine.discount_fen
    own = and_(WorkshopOrder.order_id == OrderLine.order_id, WorkshopOrder.workshop_id == OrderLine.workshop_id)
    paid = (
        select(func.count(OrderLine.order_id.distinct()), func.sum(OrderLine.quantity), func.sum(goods_fen))
        .join(Order, Order.id == OrderLine.order_id)
        .join(WorkshopOrder, own)
        .where(OrderLine.workshop_id == workshop_id, Order.paid_at >= midnight)
        .where(WorkshopOrder.status != WorkshopOrderStatus.CANCELLED)
        .where(OrderLine.dropped_at.is_(None), OrderLine.is_open.is_(False))
    )
    orders, packets, paid_fen = db.session.execute(paid).one()
    return DaySales(orders, int(packets or 0), int(paid_fen or 0))
