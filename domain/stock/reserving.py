"""Keeping packets for an order until it is paid, then selling or releasing them. Each happens once, whatever is repeated.

Reserving is one statement: conditional updates in the order of the variants' keys; which lots an order gets is decided when it
is paid. Order of locks: the order's reservations, then as in `domain.stock.lots`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    any_,
    bindparam,
    column,
    false,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert

from core.clock import now
from core.db import db, table_of
from core.errors import DomainError
from domain.stock.allocating import give
from domain.stock.availability import free_packets, stale_packets
from domain.stock.lots import change_stock, hold, unsold_lots_of
from domain.stock.models import Reservation, ReservationStatus, Stock, StockLot

Choose = Callable[[dict[int, dict[int, int]]], dict[int, int]]


class StockInsufficient(DomainError):
    """There are fewer packets than asked for. `variant_id` and `available` say which and how many."""

    message = "「%(name)s」库存不足，还剩 %(available)s 件"


@dataclass(frozen=True, slots=True)
class Sold:
    """What a variant of an order got: packets of lots, and how many are still missing."""

    quantity: int
    short: int


def reserve(order_number: str, wanted: dict[int, int], names: dict[int, str]) -> None:
    """Keep `wanted` packets per variant for an order, or raise StockInsufficient and keep none.

    Takes the hot rows; call it last in a transaction. `names` are for the error's text.
    """
    variant_ids = sorted(wanted)
    values = {"variants": variant_ids, "quantities": [wanted[each] for each in variant_ids], "number": order_number}
    taken = set(db.session.scalars(_RESERVE, values | {"at": now()}))
    for variant_id in variant_ids:
        if variant_id not in taken:
            left = db.session.scalar(select(free_packets()).where(Stock.variant_id == variant_id))
            raise StockInsufficient(name=names[variant_id], variant_id=variant_id, available=max(0, left or 0))


def _reserving() -> ReturningInsert[Any]:
    stock, kept = table_of(Stock), table_of(Reservation)
    variants = bindparam("variants", type_=ARRAY(BigInteger))
    wanted = func.unnest(variants, bindparam("quantities", type_=ARRAY(BigInteger)))
    wish = wanted.table_valued(column("variant_id", BigInteger), column("quantity", BigInteger)).render_derived("wish")
    ours = select(stock.c.variant_id).where(stock.c.variant_id == any_(variants)).order_by(stock.c.variant_id)
    held = ours.with_for_update().cte("held")
    # What waits here for another checkout sees that one's reservation: both counts are of the same row.
    # What has to be subtracted for lots off sale is as old as this statement, which can only refuse too much.
    free = stock.c.on_hand - stock.c.reserved - stale_packets(stock.c.variant_id)
    taken = (
        update(stock)
        .where(stock.c.variant_id == held.c.variant_id, wish.c.variant_id == held.c.variant_id, free >= wish.c.quantity)
        .values(reserved=stock.c.reserved + wish.c.quantity)
        .returning(stock.c.variant_id, wish.c.quantity)
        .cte("taken")
    )
    rows = select(
        bindparam("number", type_=Text), taken.c.variant_id, taken.c.quantity, literal(ReservationStatus.HELD, Text),
        literal(0, BigInteger), false(), bindparam("at", type_=DateTime(timezone=True)),
    )  # fmt: skip
    names = ["order_number", "variant_id", "quantity", "status", "short", "is_by_lot", "created_at"]
    return insert(kept).from_select(names, rows).returning(kept.c.variant_id)


_RESERVE = _reserving()


def sell(order_number: str, by: str, choose: Choose | None = None) -> dict[int, Sold]:
    """The reserved packets of an order are sold: they are taken from lots, the first to expire first.

    `choose` is asked, with the unsold packets of each variant per workshop, whose lots to take of each; without it any.
    Packets whose lot was taken off sale since they were reserved stay `short`. An order that was settled before yields
    nothing.
    """
    settled = _settle(order_number, ReservationStatus.SOLD)
    if not settled:
        return {}
    variant_ids = {reservation.variant_id for reservation in settled}
    hold(variant_ids)
    lots: dict[int, list[StockLot]] = {variant_id: [] for variant_id in variant_ids}
    for lot in unsold_lots_of(variant_ids):
        lots[lot.variant_id].append(lot)
    if choose:
        chosen = choose({variant_id: _by_workshop(own) for variant_id, own in lots.items()})
        lots = {key: [lot for lot in own if lot.workshop_id == chosen[key]] for key, own in lots.items()}
    give(settled, lots, by=by)
    return {each.variant_id: Sold(each.quantity, each.short) for each in settled}


def release(order_number: str) -> None:
    """The reserved packets of an order are free again."""
    for reservation in _settle(order_number, ReservationStatus.RELEASED):
        change_stock(reservation.variant_id, reserved=-reservation.quantity)


def _by_workshop(lots: Sequence[StockLot]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for lot in lots:
        sums[lot.workshop_id] = sums.get(lot.workshop_id, 0) + lot.unsold
    return sums


def _settle(order_number: str, to: ReservationStatus) -> list[Reservation]:
    """Move the order's held reservations to `to`; those that moved, in the order of their variants."""
    moved = db.session.scalars(
        update(Reservation)
        .where(Reservation.order_number == order_number, Reservation.status == ReservationStatus.HELD)
        .values(status=to)
        .returning(Reservation)
        .execution_options(populate_existing=True)
    )
    return sorted(moved, key=lambda reservation: reservation.variant_id)
