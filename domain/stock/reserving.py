"""Keeping packets for an order until it is paid, then selling or releasing them. Each happens once, whatever is repeated.

Rows are taken in the order of their variants' keys, so two orders never wait for each other in a circle.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import DomainError
from domain.stock.models import MovementKind, Reservation, ReservationStatus, Stock, StockMovement


class StockInsufficient(DomainError):
    """There are fewer packets than asked for. `variant_id` and `available` say which and how many."""

    message = "「%(name)s」库存不足，还剩 %(available)s 件"


def reserve(order_number: str, wanted: dict[int, int], names: dict[int, str]) -> None:
    """Keep `wanted` packets per variant for an order, or raise StockInsufficient and keep none.

    Takes the hot rows; call it last in a transaction. `names` are for the error's text.
    """
    for variant_id, quantity in sorted(wanted.items()):
        taken = db.session.execute(
            update(Stock)
            .where(Stock.variant_id == variant_id, Stock.on_hand - Stock.reserved >= quantity)
            .values(reserved=Stock.reserved + quantity)
            .returning(Stock.variant_id)
        ).first()
        if taken is None:
            left = db.session.scalar(select(Stock.on_hand - Stock.reserved).where(Stock.variant_id == variant_id))
            raise StockInsufficient(name=names[variant_id], variant_id=variant_id, available=left or 0)
    rows = [
        {"order_number": order_number, "variant_id": variant_id, "quantity": quantity}
        for variant_id, quantity in sorted(wanted.items())
    ]
    db.session.execute(insert(Reservation), rows)


def sell(order_number: str, by: str) -> None:
    """The reserved packets of an order are sold: they leave the stock."""
    for variant_id, quantity in _settle(order_number, ReservationStatus.SOLD):
        db.session.execute(
            update(Stock)
            .where(Stock.variant_id == variant_id)
            .values(reserved=Stock.reserved - quantity, on_hand=Stock.on_hand - quantity)
        )
        db.session.add(
            StockMovement(
                variant_id=variant_id, kind=MovementKind.SALE, change=-quantity, reference=order_number, by=by
            )
        )
    db.session.flush()


def release(order_number: str) -> None:
    """The reserved packets of an order are free again."""
    for variant_id, quantity in _settle(order_number, ReservationStatus.RELEASED):
        db.session.execute(
            update(Stock).where(Stock.variant_id == variant_id).values(reserved=Stock.reserved - quantity)
        )


def _settle(order_number: str, to: ReservationStatus) -> list[tuple[int, int]]:
    """Move the order's held reservations to `to`; the variants and quantities that moved, in key order."""
    moved = db.session.execute(
        update(Reservation)
        .where(Reservation.order_number == order_number, Reservation.status == ReservationStatus.HELD)
        .values(status=to)
        .returning(Reservation.variant_id, Reservation.quantity)
    )
    return sorted((row[0], row[1]) for row in moved)
