"""Sold packets that never left the workshop are for sale again."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from domain.stock.allocating import sold_rows
from domain.stock.lots import change_lot, hold, lot_without_batch
from domain.stock.models import MovementKind, Reservation


def put_back(order_number: str, quantities: dict[int, int], *, by: str, reason: str) -> None:
    """The packets per variant of an order that was given up before it was sent return to the lots they came from.

    The freshest first, and never more than the order still has: what is put back twice returns once. Packets that no lot
    ever gave (`Reservation.short`) count first: nothing returns for them. For an order from before lots were counted, the
    caller sees that it is once.
    """
    hold(set(quantities), create=True)
    for variant_id, quantity in sorted(quantities.items()):
        reservation = _reservation(order_number, variant_id)
        if reservation is None or not reservation.is_by_lot:
            lot = lot_without_batch(variant_id)
            change_lot(lot, MovementKind.RETURN, on_hand=quantity, reference=order_number, by=by, reason=reason)
            continue
        waived = min(quantity, reservation.short)
        reservation.short -= waived
        _return(order_number, variant_id, quantity - waived, by, reason)
    db.session.flush()


def _return(order_number: str, variant_id: int, quantity: int, by: str, reason: str) -> None:
    rows = sold_rows(order_number, variant_id)
    # What isn't in the box yet goes back before what is.
    rows.sort(key=lambda pair: pair[0].unpacked == 0)
    for row, lot in rows:
        back = min(quantity, row.quantity)
        if not back:
            continue
        quantity -= back
        row.quantity -= back
        row.packed_quantity = min(row.packed_quantity, row.quantity)
        row.returned_quantity += back
        change_lot(lot, MovementKind.RETURN, allocated=-back, reference=order_number, by=by, reason=reason)


def _reservation(order_number: str, variant_id: int) -> Reservation | None:
    statement = select(Reservation).filter_by(order_number=order_number, variant_id=variant_id)
    return db.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).first()
