"""Reading who makes what, for the operator: lines that need a decision, and how each came to its maker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, func, or_, select

from core.db import db
from core.errors import NotFound
from domain.batches.models import Batch, BatchStatus
from domain.orders.choosing import RULE_TEXTS, Rule
from domain.orders.models import (
    Dispatch,
    DispatchKind,
    Order,
    OrderLine,
    OrderStatus,
    WorkshopOrder,
    WorkshopOrderStatus,
)
from domain.stock.models import Allocation, Reservation, StockLot


@dataclass(frozen=True, slots=True)
class OpenDispatch:
    """A paid line that can't go on by itself. `workshop_id` None: nobody makes it; else that workshop has it and `missing`
    packets of it are in no lot, or in lots that were blocked since."""

    line: OrderLine
    order_number: str
    paid_at: datetime | None
    workshop_id: int | None
    missing: int
    declined_by_id: int | None
    """The workshop that declined last, and what it said."""
    reason: str


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """A step in how a line came to its maker. `rule_text` says by which rule (a text of the catalogue), or is empty."""

    line_id: int
    kind: str
    workshop_id: int | None
    at: datetime
    by: str
    rule: str
    rule_text: str
    facts: list[dict[str, int]]
    reason: str
    short: int


def open_dispatches(most: int = 100) -> list[OpenDispatch]:
    """The lines of paid orders that wait for the operator, the oldest first: open ones, and those whose packets lack."""
    waits = select(WorkshopOrder.id).where(
        WorkshopOrder.order_id == OrderLine.order_id,
        WorkshopOrder.workshop_id == OrderLine.workshop_id,
        WorkshopOrder.status == WorkshopOrderStatus.TO_PACK,
    )
    sold = and_(Reservation.order_number == Order.number, Reservation.variant_id == OrderLine.variant_id)
    missing = func.coalesce(Reservation.short, 0) + func.coalesce(_withheld(), 0)
    statement = (
        select(OrderLine, Order.number, Order.paid_at, missing)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Reservation, sold)
        .where(Order.status == OrderStatus.PAID, OrderLine.refunded_fen + OrderLine.discount_fen < OrderLine.amount_fen)
        .where(or_(OrderLine.is_open, and_(missing > 0, waits.exists())))
        .order_by(OrderLine.id)
        .limit(most)
    )
    rows = [(row[0], row[1], row[2], int(row[3])) for row in db.session.execute(statement)]
    declined = _declined({row[0].id for row in rows})
    found = []
    for line, number, paid_at, packets in rows:
        workshop_id = None if line.is_open else line.workshop_id
        by_id, reason = declined.get(line.id, (None, ""))
        found.append(OpenDispatch(line, number, paid_at, workshop_id, packets, by_id, reason))
    return found


def find_line(number: str, line_id: int) -> tuple[Order, OrderLine]:
    """A line of the order of this number, or NotFound."""
    statement = select(Order, OrderLine).join(OrderLine, OrderLine.order_id == Order.id)
    row = db.session.execute(statement.where(Order.number == number, OrderLine.id == line_id)).first()
    if row is None:
        raise NotFound(what="line")
    return row[0], row[1]


def movable_lines(order: Order) -> set[int]:
    """The lines that may still be given to another workshop, as far as order and parts say; what lies in a box may not."""
    if order.status != OrderStatus.PAID or order.held_for_group:
        return set()
    closed = {part.workshop_id for part in order.workshop_orders if part.status != WorkshopOrderStatus.TO_PACK}
    return {
        line.id
        for line in order.lines
        if (line.is_open or line.workshop_id not in closed) and (line.refundable_fen or not line.paid_fen)
    }


def dispatches_of(order: Order) -> list[DispatchRow]:
    """How each line of an order came to its maker, oldest first."""
    line_ids = [line.id for line in order.lines]
    rows = db.session.scalars(select(Dispatch).where(Dispatch.order_line_id.in_(line_ids)).order_by(Dispatch.id))
    return [_row(row) for row in rows]


def _declined(line_ids: set[int]) -> dict[int, tuple[int | None, str]]:
    """Who declined each line last, and why."""
    declined = select(Dispatch).where(Dispatch.order_line_id.in_(line_ids), Dispatch.kind == DispatchKind.DECLINED)
    rows = db.session.scalars(declined.order_by(Dispatch.id))
    return {row.order_line_id: (row.workshop_id, row.reason) for row in rows}


def _row(row: Dispatch) -> DispatchRow:
    text = RULE_TEXTS[Rule(row.rule)] if row.rule else ""
    return DispatchRow(
        row.order_line_id, row.kind, row.workshop_id, row.at, row.by, row.rule, text, row.facts, row.reason, row.short
    )


def _withheld() -> ScalarSelect[Any]:
    """The packets of a line that belong to a lot whose batch is not released any more."""
    return (
        select(func.sum(Allocation.quantity))
        .join(StockLot, StockLot.id == Allocation.lot_id)
        .join(Batch, Batch.id == StockLot.batch_id)
        .where(
            Allocation.order_number == Order.number,
            Allocation.variant_id == OrderLine.variant_id,
            Batch.status != BatchStatus.RELEASED,
        )
        .correlate(Order, OrderLine)
        .scalar_subquery()
    )
