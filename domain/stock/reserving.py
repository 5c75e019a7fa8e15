"""Keeping packets for an order until it is paid, then selling or releasing them. Each happens once, whatever is repeated.

Reserving is one conditional update per variant, in the order of their keys; which lots an order gets is decided when it
is paid. Order of locks: the order's reservations, then as in `domain.stock.lots`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import DomainError
from domain.stock.allocating import allocate, unsold_by_workshop
from domain.stock.availability import free_packets, stale_packets
from domain.stock.lots import change_stock, hold
from domain.stock.models import Reservation, ReservationStatus, Stock

Choose = Callable[[int, dict[int, int]], int]


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
    for variant_id, quantity in sorted(wanted.items()):
        # What waits here for another checkout sees that one's reservation: both counts are of the same row.
        # What has to be subtracted for lots off sale is as old as this statement, which can only refuse too much.
        stale = stale_packets(bindparam("variant", variant_id))
        taken = db.session.execute(
            update(Stock)
            .where(Stock.variant_id == variant_id, Stock.on_hand - Stock.reserved - stale >= quantity)
            .values(reserved=Stock.reserved + quantity)
            .returning(Stock.variant_id)
        ).first()
        if taken is None:
            left = db.session.scalar(select(free_packets()).where(Stock.variant_id == variant_id))
            raise StockInsufficient(name=names[variant_id], variant_id=variant_id, available=max(0, left or 0))
    rows = [
        {"order_number": order_number, "variant_id": variant_id, "quantity": quantity}
        for variant_id, quantity in sorted(wanted.items())
    ]
    db.session.execute(insert(Reservation), rows)


def sell(order_number: str, by: str, choose: Choose | None = None) -> dict[int, Sold]:
    """The reserved packets of an order are sold: they are taken from lots, the first to expire first.

    `choose` is asked for each variant, with the unsold packets per workshop, whose lots to take; without it any. Packets
    whose lot was taken off sale since they were reserved stay `short`. An order that was settled before yields nothing.
    """
    settled = _settle(order_number, ReservationStatus.SOLD)
    hold({reservation.variant_id for reservation in settled})
    sold = {}
    for reservation in settled:
        variant_id, quantity = reservation.variant_id, reservation.quantity
        workshop_id = choose(variant_id, unsold_by_workshop(variant_id)) if choose else None
        change_stock(variant_id, reserved=-quantity)
        reservation.is_by_lot, reservation.short = True, quantity
        allocate(reservation, quantity, workshop_id, by=by)
        sold[variant_id] = Sold(quantity, reservation.short)
    return sold


def release(order_number: str) -> None:
    """The reserved packets of an order are free again."""
    for reservation in _settle(order_number, ReservationStatus.RELEASED):
        change_stock(reservation.variant_id, reserved=-reservation.quantity)


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
