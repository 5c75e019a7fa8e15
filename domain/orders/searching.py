"""All orders of the cluster, filtered and in pages, for its operator. Every filter has its index (migration 0014)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from core.db import db
from core.errors import InvalidInput, NotFound
from core.paging import Slice, decode_cursor, encode_cursor
from core.settings import settings
from domain.orders.models import Order, OrderFreight, OrderLine, OrderRefund, OrderStatus
from domain.products.models import Product

# Counting stops here: nobody reads an exact number beyond, and the answer stays quick.
MOST_COUNTED = 10_000


class OrderSort(StrEnum):
    """Orders of the list; newest first unless told."""

    PLACED_DOWN = "placed_down"
    PLACED_UP = "placed_up"
    TOTAL_DOWN = "total_down"
    TOTAL_UP = "total_up"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What is looked for; None leaves a filter out. Days are the workshops' own, both included; `phone_end` is the last
    four digits; `number` may be that of a workshop's
    part; `product` is a slug."""

    status: OrderStatus | None = None
    workshop_id: int | None = None
    placed_from: date | None = None
    placed_until: date | None = None
    paid_only: bool = False
    number: str | None = None
    phone_end: str | None = None
    product: str | None = None
    refunded_only: bool = False


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as the list shows it. Amounts in fen; the phone with its middle hidden."""

    id: int
    number: str
    placed_at: datetime
    paid_at: datetime | None
    status: str
    recipient: str
    masked_phone: str
    total_fen: int
    workshop_ids: tuple[int, ...] = ()


def find_orders(wanted: OrderFilter, sort: OrderSort, cursor: str | None, *, size: int = 50) -> Slice[FoundOrder]:
    """The orders after a cursor of the same sort, each with its workshops, in two statements."""
    statement = _filtered(wanted)
    if cursor:
        statement = statement.where(_after(sort, cursor))
    rows = list(db.session.execute(statement.order_by(*_order(sort)).limit(size + 1)))
    makers = _workshops_of([row.id for row in rows[:size]])
    next_cursor = _mark(sort, rows[size - 1]) if len(rows) > size else None
    return Slice([_found(row, makers.get(row.id, ())) for row in rows[:size]], next_cursor)


def count_orders(wanted: OrderFilter) -> int:
    """How many match, at most MOST_COUNTED."""
    inner = _filtered(wanted).with_only_columns(Order.id).limit(MOST_COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(inner)) or 0


def every_order(wanted: OrderFilter, sort: OrderSort, *, chunk: int = 500) -> Iterator[FoundOrder]:
    """All that match, read a chunk at a time, so that memory holds one chunk."""
    cursor: str | None = None
    while True:
        part = find_orders(wanted, sort, cursor, size=chunk)
        yield from part.items
        cursor = part.next_cursor
        if cursor is None:
            return


def find_order(number: str) -> Order:
    """The order of this number, whoever's it is, or NotFound."""
    order = db.session.scalars(select(Order).filter_by(number=number)).first()
    if order is None:
        raise NotFound(what="order")
    return order


def orders_by_id(ids: set[int]) -> dict[int, Order]:
    """The orders of `ids`, in one query."""
    return {order.id: order for order in db.session.scalars(select(Order).where(Order.id.in_(ids)))}


def _filtered(wanted: OrderFilter) -> Select[Any]:
    columns: list[Any] = [
        Order.id, Order.number, Order.placed_at, Order.paid_at, Order.status, Order.recipient, Order.phone,
        Order.total_fen,
    ]  # fmt: skip
    return select(*columns).where(*_conditions(wanted))


def _conditions(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status:
        conditions.append(Order.status == wanted.status)
    if wanted.workshop_id:
        conditions.append(
            exists().where(OrderFreight.order_id == Order.id, OrderFreight.workshop_id == wanted.workshop_id)
        )
    # What is only counted when paid belongs to the day it was paid on.
    at = Order.paid_at if wanted.paid_only else Order.placed_at
    if wanted.paid_only:
        conditions.append(Order.paid_at.is_not(None))
    if wanted.placed_from:
        conditions.append(at >= day_start(wanted.placed_from))
    if wanted.placed_until:
        conditions.append(at < day_start(wanted.placed_until + timedelta(days=1)))
    if wanted.number:
        conditions.append(Order.number == wanted.number.upper().split("-")[0])
    if wanted.product:
        product_id = select(Product.id).filter_by(slug=wanted.product).scalar_subquery()
        conditions.append(exists().where(OrderLine.order_id == Order.id, OrderLine.product_id == product_id))
    if wanted.refunded_only:
        conditions.append(exists().where(OrderRefund.order_id == Order.id))
    if wanted.phone_end:
        conditions.append(func.right(Order.phone, 4) == wanted.phone_end)
    return conditions


def day_start(on: date) -> datetime:
    """Midnight where the workshops are."""
    return datetime.combine(on, time.min, settings().zone)


def _order(sort: OrderSort) -> tuple[Any, ...]:
    column = Order.total_fen if sort in {OrderSort.TOTAL_UP, OrderSort.TOTAL_DOWN} else Order.placed_at
    if sort in {OrderSort.TOTAL_UP, OrderSort.PLACED_UP}:
        return (column, Order.id)
    return (column.desc(), Order.id.desc())


def _mark(sort: OrderSort, row: Row[Any]) -> str:
    by_total = sort in {OrderSort.TOTAL_UP, OrderSort.TOTAL_DOWN}
    return encode_cursor(sort.value, row.total_fen if by_total else row.placed_at.isoformat(), row.id)


def _after(sort: OrderSort, cursor: str) -> ColumnElement[bool]:
    by_total = sort in {OrderSort.TOTAL_UP, OrderSort.TOTAL_DOWN}
    name, value, last_id = decode_cursor(cursor, (str, int if by_total else str, int))
    if name != sort.value:
        raise InvalidInput({"cursor": "翻页标记无效"})
    column: Any = Order.total_fen if by_total else Order.placed_at
    place: Any = value if by_total else _instant(str(value))
    if sort in {OrderSort.TOTAL_UP, OrderSort.PLACED_UP}:
        return and_(column >= place, or_(column > place, Order.id > last_id))
    return and_(column <= place, or_(column < place, Order.id < last_id))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput({"cursor": "翻页标记无效"})
    return at


def _workshops_of(order_ids: list[int]) -> dict[int, tuple[int, ...]]:
    statement = select(OrderFreight.order_id, func.array_agg(OrderFreight.workshop_id))
    grouped = statement.where(OrderFreight.order_id.in_(order_ids)).group_by(OrderFreight.order_id)
    return {row[0]: tuple(sorted(row[1])) for row in db.session.execute(grouped)}


def _found(row: Row[Any], workshop_ids: tuple[int, ...]) -> FoundOrder:
    masked = f"{row.phone[:3]}****{row.phone[-4:]}"
    return FoundOrder(
        row.id, row.number, row.placed_at, row.paid_at, row.status, row.recipient, masked, row.total_fen, workshop_ids
    )
