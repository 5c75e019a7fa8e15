"""Every move of an order and of its parts, and reading orders: the buyer's own, a workshop's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import lazyload

from core.db import db, table_of
from core.errors import NotFound
from core.paging import Page, Slice, decode_cursor, encode_cursor
from core.states import check_transition
from domain.orders.models import (
    ORDER_TRANSITIONS,
    WORKSHOP_ORDER_TRANSITIONS,
    Order,
    OrderHistory,
    OrderLine,
    OrderLineDiscount,
    OrderStatus,
    WorkshopOrder,
    WorkshopOrderStatus,
)


@dataclass(frozen=True, slots=True)
class Move:
    """One line of an order's story."""

    at: datetime
    by: str
    to_status: str
    reason: str
    workshop_order_id: int | None


_ADD = insert(table_of(OrderHistory))
_OF_NUMBER = select(Order).where(Order.number == bindparam("number")).execution_options(populate_existing=True)
_HOLD = _OF_NUMBER.with_for_update(key_share=True)
_HOLD_ALONE = _HOLD.options(lazyload("*"))
_OF_BUYER = (
    select(Order)
    .where(Order.account_id == bindparam("account"), Order.number == bindparam("number"))
    .options(lazyload("*"))
)


def record_move(order: Order, from_status: OrderStatus | None, to: OrderStatus, *, by: str, reason: str = "") -> None:
    """Move an order through its table and write the line of history. `from_status` None: it was just made."""
    if from_status is not None:
        check_transition(ORDER_TRANSITIONS, from_status, to)
        order.status = to
    db.session.flush()
    row = {"order_id": order.id, "by": by, "from_status": from_status, "to_status": to, "reason": reason}
    db.session.execute(_ADD, row)


def record_part_move(
    part: WorkshopOrder, from_status: WorkshopOrderStatus | None, to: WorkshopOrderStatus, *, by: str, reason: str = ""
) -> None:
    """Move one workshop's part through its table and write the line of history."""
    if from_status is not None:
        check_transition(WORKSHOP_ORDER_TRANSITIONS, from_status, to)
        part.status = to
    db.session.flush()
    record_part_moves([part], from_status, to, by=by, reason=reason)


def record_part_moves(
    parts: Sequence[WorkshopOrder],
    from_status: WorkshopOrderStatus | None,
    to: WorkshopOrderStatus,
    *,
    by: str,
    reason: str = "",
) -> None:
    """Write the lines of history of parts that were moved, or made, alike."""
    rows = [
        {
            "order_id": part.order_id, "workshop_order_id": part.id, "by": by, "from_status": from_status, "to_status": to,
            "reason": reason,
        }
        for part in parts
    ]  # fmt: skip
    db.session.execute(_ADD, rows)


def moves_of(order: Order) -> list[Move]:
    """The order's story, oldest first."""
    rows = db.session.scalars(select(OrderHistory).filter_by(order_id=order.id).order_by(OrderHistory.id))
    return [Move(row.at, row.by, row.to_status, row.reason, row.workshop_order_id) for row in rows]


def savings_of(order: Order) -> list[tuple[str, str, int]]:
    """What came off an order: `(source, reference, fen)`, in the order in which it was taken off."""
    statement = (
        select(OrderLineDiscount.source, OrderLineDiscount.reference, func.sum(OrderLineDiscount.amount_fen))
        .join(OrderLine, OrderLine.id == OrderLineDiscount.order_line_id)
        .where(OrderLine.order_id == order.id)
        .group_by(OrderLineDiscount.source, OrderLineDiscount.reference)
        .order_by(func.min(OrderLineDiscount.id))
    )
    return [(row[0], row[1], int(row[2])) for row in db.session.execute(statement)]


def lock_order(number: str, *, alone: bool = False) -> Order:
    """The order, held until the transaction ends, so that its moves take turns. NotFound when there is none.

    Its lines, freights and parts are read anew with it; `alone`, when they are asked for, if they weren't read before.

    Held without its key (NO KEY UPDATE): an owner who holds a part and writes history, which refers to the order, must
    not wait for us while we wait for the part.
    """
    order = db.session.scalars(_HOLD_ALONE if alone else _HOLD, {"number": number}).first()
    if order is None:
        raise NotFound(what="order")
    return order


def lock_parts(order_id: int) -> list[WorkshopOrder]:
    """All parts of a locked order as they are now, also those given away, held in the order of their keys."""
    statement = select(WorkshopOrder).filter_by(order_id=order_id).order_by(WorkshopOrder.id).with_for_update()
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def order_of(account_id: int, number: str) -> Order:
    """The buyer's own order, or NotFound. Its lines, freights and parts are read when they are asked for."""
    order = db.session.scalars(_OF_BUYER, {"account": account_id, "number": number}).first()
    if order is None:
        raise NotFound(what="order")
    return order


def orders_of(account_id: int, statuses: set[OrderStatus] | None = None, *, number: int, size: int = 10) -> Page[Order]:
    """One page of the buyer's orders, newest first."""
    statement = select(Order).filter_by(account_id=account_id)
    if statuses:
        statement = statement.where(Order.status.in_(statuses))
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = statement.order_by(Order.id.desc()).offset((number - 1) * size).limit(size)
    return Page(list(db.session.scalars(rows)), number, size, total)


def status_counts(account_id: int) -> dict[str, int]:
    """How many orders of the buyer stand in each status."""
    statement = select(Order.status, func.count()).filter_by(account_id=account_id).group_by(Order.status)
    return {row[0]: row[1] for row in db.session.execute(statement)}


def orders_after(
    account_id: int, cursor: str | None, statuses: set[OrderStatus] | None = None, *, size: int = 20
) -> Slice[Order]:
    """The buyer's orders after a cursor, newest first."""
    statement = select(Order).filter_by(account_id=account_id)
    if statuses:
        statement = statement.where(Order.status.in_(statuses))
    if cursor:
        statement = statement.where(Order.id < decode_cursor(cursor, (int,))[0])
    rows = list(db.session.scalars(statement.order_by(Order.id.desc()).limit(size + 1)))
    more = len(rows) > size
    return Slice(rows[:size], encode_cursor(rows[size - 1].id) if more else None)


def parts_of_workshop(
    workshop_id: int, status: WorkshopOrderStatus | None, *, number: int, size: int = 20
) -> Page[WorkshopOrder]:
    """One page of a workshop's parts of paid orders: the oldest first where there is work to do, else the newest."""
    statement = select(WorkshopOrder).filter_by(workshop_id=workshop_id)
    if status:
        statement = statement.filter_by(status=status)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    open_work = status in {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED}
    ordered = statement.order_by(WorkshopOrder.id if open_work else WorkshopOrder.id.desc())
    return Page(list(db.session.scalars(ordered.offset((number - 1) * size).limit(size))), number, size, total)


def part_of_workshop(workshop_ids: frozenset[int], number: str) -> WorkshopOrder:
    """The part with this number if it belongs to one of the workshops, else NotFound."""
    statement = select(WorkshopOrder).where(WorkshopOrder.number == number, WorkshopOrder.workshop_id.in_(workshop_ids))
    part = db.session.scalars(statement).first()
    if part is None:
        raise NotFound(what="workshop order")
    return part
