"""Which lot an order's packets come from: given first-expired-first-out when it is paid, corrected by what is really
put into the box, gone from the shelf when it is sent.

All of it happens under `lots.hold` of the variants, so an order's allocations and its lots change together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.db import db, table_of
from domain.batches.models import Batch, BatchStatus
from domain.stock.lots import (
    StockChange,
    change_lot,
    change_stocks,
    expiry,
    hold,
    lot_of_batch,
    lot_without_batch,
    sell_from,
    unsold_lots,
)
from domain.stock.models import Allocation, MovementKind, Reservation, ReservationStatus, StockLot, StockMovement

FOUND_TEXT = "装箱时扫到，账上没有"
SWAPPED_TEXT = "装箱用了另一批"


_OWN = insert(table_of(Allocation))
_MOVED = insert(table_of(StockMovement))


def unsold_by_workshop(variant_id: int) -> dict[int, int]:
    """The unsold packets of a held variant by workshop."""
    statement = select(StockLot.workshop_id, func.sum(StockLot.on_hand - StockLot.allocated)).where(
        StockLot.variant_id == variant_id, StockLot.is_on_sale, StockLot.on_hand > StockLot.allocated
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement.group_by(StockLot.workshop_id))}


def allocate(
    reservation: Reservation, quantity: int, workshop_id: int | None, *, by: str, kind: MovementKind = MovementKind.SALE
) -> None:
    """Give an order up to `quantity` of its `short` packets from the lots (of one workshop), the first to expire first.

    What no lot has stays `short`. Call under `hold`.
    """
    wanted = min(quantity, reservation.short)
    for lot in unsold_lots(reservation.variant_id, workshop_id):
        taken = min(wanted, lot.unsold)
        if taken:
            _give(reservation, lot, taken, by=by, kind=kind)
            wanted -= taken
    db.session.flush()


def give(reservations: Sequence[Reservation], lots: Mapping[int, Sequence[StockLot]], *, by: str) -> None:
    """The packets of an order just sold come from `lots` (per variant, held), in their order; what they lack is `short`.

    The packets are reserved no more. As many statements for many variants as for one.
    """
    taken: list[tuple[StockLot, int]] = []
    for reservation in reservations:
        left = reservation.quantity
        for lot in lots[reservation.variant_id]:
            quantity = min(left, lot.unsold)
            left -= quantity
            taken += [(lot, quantity)] if quantity else []
        reservation.is_by_lot, reservation.short = True, left
    number = reservations[0].order_number
    movements = [sell_from(lot, quantity, reference=number, by=by) for lot, quantity in taken]
    db.session.flush()
    if taken:
        owned = [
            {"order_number": number, "variant_id": lot.variant_id, "lot_id": lot.id, "quantity": quantity}
            for lot, quantity in taken
        ]
        db.session.execute(_OWN, owned)
        db.session.execute(_MOVED, movements)
    change_stocks([StockChange(each.variant_id, each.short - each.quantity, -each.quantity) for each in reservations])


def move_to_workshop(order_number: str, variant_id: int, workshop_id: int | None, *, by: str, reason: str) -> int:
    """What an order has of a variant goes back to its lots; then lots of `workshop_id` (none: nobody's) give instead.

    Returns how many packets are missing afterwards. Nothing happens to an order from before lots were counted.
    """
    reservation = _sold(order_number, variant_id)
    if reservation is None:
        return 0
    hold({variant_id})
    for row, lot in _rows(order_number, variant_id):
        quantity = row.quantity
        row.quantity = row.packed_quantity = 0
        reservation.short += quantity
        if quantity:
            change_lot(lot, MovementKind.RETURN, allocated=-quantity, reference=order_number, by=by, reason=reason)
    if workshop_id is not None:
        allocate(reservation, reservation.short, workshop_id, by=by)
    db.session.flush()
    return reservation.short


def pack(order_number: str, batch: Batch, *, by: str) -> None:
    """A packet of `batch` lies in the order's box: the order owns it now, and as many fewer of another lot."""
    reservation = _sold(order_number, batch.variant_id)
    if reservation is None:
        return
    hold({batch.variant_id})
    lot = lot_of_batch(batch.id)
    rows = _rows(order_number, batch.variant_id)
    if not any(row.lot_id == lot.id and row.unpacked for row, _ in rows):
        _exchange(reservation, lot, rows, by)
    row = _row(order_number, lot)
    row.packed_quantity += 1
    db.session.flush()


def unpack(order_number: str, batch: Batch) -> None:
    """The packet is out of the box again; it still belongs to the order."""
    if _sold(order_number, batch.variant_id) is None:
        return
    hold({batch.variant_id})
    for row, lot in _rows(order_number, batch.variant_id):
        if lot.batch_id == batch.id and row.packed_quantity:
            row.packed_quantity -= 1
    db.session.flush()


def make_good(order_number: str, variant_id: int, workshop_id: int, *, by: str) -> int:
    """Replace packets of lots that were blocked, and give those still missing, from the workshop's other lots.

    Returns how many are missing afterwards. For goods without codes, whose lot nobody can scan.
    """
    reservation = _sold(order_number, variant_id)
    if reservation is None:
        return 0
    hold({variant_id})
    for row, lot in _rows(order_number, variant_id):
        if row.quantity and not _is_released(lot):
            reservation.short += row.quantity
            quantity, row.quantity, row.packed_quantity = row.quantity, 0, 0
            change_lot(lot, MovementKind.RETURN, allocated=-quantity, reference=order_number, by=by)
    allocate(reservation, reservation.short, workshop_id, by=by)
    return reservation.short


def ship(order_number: str, variant_ids: Collection[int], *, by: str) -> None:
    """The order's packets of these variants have left: they lie in no lot any more."""
    hold(variant_ids)
    for variant_id in sorted(variant_ids):
        for row, lot in _rows(order_number, variant_id):
            quantity = row.quantity
            row.quantity = row.packed_quantity = 0
            row.shipped_quantity += quantity
            if quantity:
                # Nothing unsold changes: no movement.
                change_lot(
                    lot, MovementKind.SALE, on_hand=-quantity, allocated=-quantity, reference=order_number, by=by
                )


def withheld_lots(order_number: str, variant_ids: Collection[int]) -> list[str]:
    """The lot codes of batches that an order's packets come from and that are not released (any more).

    Nobody blocks or releases one of its batches until the transaction ends.
    """
    statement = (
        select(Batch)
        .join(StockLot, StockLot.batch_id == Batch.id)
        .join(Allocation, Allocation.lot_id == StockLot.id)
        .where(
            Allocation.order_number == order_number,
            Allocation.variant_id.in_(variant_ids),
            Allocation.quantity > 0,
        )
        .order_by(Batch.id)
        .with_for_update(read=True, of=Batch)
        .execution_options(populate_existing=True)
    )
    return [batch.lot for batch in db.session.scalars(statement) if batch.status != BatchStatus.RELEASED]


def sold_rows(order_number: str, variant_id: int) -> list[tuple[Allocation, StockLot]]:
    """What the order has of a held variant, lot by lot, locked; the freshest first."""
    return _rows(order_number, variant_id)[::-1]


def _sold(order_number: str, variant_id: int) -> Reservation | None:
    """The order's reservation if it was sold by lot."""
    statement = select(Reservation).filter_by(
        order_number=order_number, variant_id=variant_id, status=ReservationStatus.SOLD, is_by_lot=True
    )
    return db.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).first()


def _rows(order_number: str, variant_id: int) -> list[tuple[Allocation, StockLot]]:
    """What the order has of a held variant, lot by lot, locked; the first to expire first."""
    statement = (
        select(Allocation, StockLot)
        .join(StockLot, StockLot.id == Allocation.lot_id)
        .where(Allocation.order_number == order_number, Allocation.variant_id == variant_id)
        .order_by(StockLot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(((row[0], row[1]) for row in db.session.execute(statement)), key=lambda pair: expiry(pair[1]))


def _row(order_number: str, lot: StockLot) -> Allocation:
    keys = {"order_number": order_number, "variant_id": lot.variant_id, "lot_id": lot.id}
    db.session.execute(insert(Allocation).values(keys).on_conflict_do_nothing())
    statement = select(Allocation).filter_by(**keys).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def _give(
    reservation: Reservation, lot: StockLot, quantity: int, *, by: str, kind: MovementKind, reason: str = ""
) -> None:
    """Unsold packets of a lot become the order's."""
    row = _row(reservation.order_number, lot)
    row.quantity += quantity
    reservation.short = max(0, reservation.short - quantity)
    change_lot(lot, kind, allocated=quantity, reference=reservation.order_number, by=by, reason=reason)


def _exchange(reservation: Reservation, lot: StockLot, rows: list[tuple[Allocation, StockLot]], by: str) -> None:
    """The order gets one packet of `lot`, for one that it has of another lot and that isn't in the box.

    The book may know of no unsold packet of the lot although one is in somebody's hand: then it was counted without its
    batch, or is meant for another order, which gets ours; else it turned up.
    """
    number = reservation.order_number
    given = next(((row, other) for row, other in rows if row.unpacked and other.id != lot.id), None)
    if not lot.unsold and given is not None and (_relabel(given[1], lot) or _swap(given[1], lot)):
        given[0].quantity -= 1
        _row(number, lot).quantity += 1
        db.session.flush()
        return
    if not lot.unsold:
        _find(lot, number, by)
    if given is not None:
        row, other = given
        row.quantity -= 1
        reservation.short += 1
        change_lot(other, MovementKind.RETURN, allocated=-1, reference=number, by=by, reason=SWAPPED_TEXT)
    _give(reservation, lot, 1, by=by, kind=MovementKind.SALE, reason=SWAPPED_TEXT if given is not None else "")


def _relabel(given: StockLot, lot: StockLot) -> bool:
    """A sold packet without batch turns out to be of `lot`. Nothing unsold changes."""
    if given.batch_id is not None:
        return False
    given.on_hand -= 1
    given.allocated -= 1
    lot.on_hand += 1
    lot.allocated += 1
    return True


def _swap(given: StockLot, lot: StockLot) -> bool:
    """Another order that has a packet of `lot` not yet in its box, the newest, gets one of the given lot instead."""
    statement = (
        select(Allocation)
        .where(Allocation.lot_id == lot.id, Allocation.quantity > Allocation.packed_quantity)
        .order_by(Allocation.id.desc())
        .limit(1)
    )
    theirs = db.session.scalars(statement.execution_options(populate_existing=True)).first()
    if theirs is None:
        return False
    theirs.quantity -= 1
    _row(theirs.order_number, given).quantity += 1
    return True


def _find(lot: StockLot, number: str, by: str) -> None:
    """One more packet of `lot` than the book knew: it was counted among those without batch, or turned up."""
    unknown = lot_without_batch(lot.variant_id, lot.workshop_id)
    if unknown.unsold:
        change_lot(unknown, MovementKind.RECOUNT, on_hand=-1, reference=number, by=by, reason=FOUND_TEXT)
    change_lot(lot, MovementKind.RECOUNT, on_hand=1, reference=number, by=by, reason=FOUND_TEXT)


def _is_released(lot: StockLot) -> bool:
    if lot.batch_id is None:
        return True
    return db.session.scalar(select(Batch.status).filter_by(id=lot.batch_id)) == BatchStatus.RELEASED
