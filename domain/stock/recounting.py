"""Setting right what the book says is on hand after somebody has counted: a lot, or a variant as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.clock import today
from core.db import db
from core.errors import DomainError
from domain.stock.lots import change_lot, hold, locked, lot_of_batch, lot_without_batch, unsold_lots
from domain.stock.models import MovementKind, Stock, StockLot


class CountBelowReserved(DomainError):
    """Unpaid orders hold more packets than were counted; `reserved` says how many."""

    status = 422
    message = "有 %(reserved)s 件已被下单占用，库存不能比这更少"


class CountBelowAllocated(DomainError):
    """Paid orders own more packets of the lot than were counted; `allocated` says how many."""

    status = 422
    message = "这一批有 %(allocated)s 件已经卖出、还没寄走，数到的不能比这更少"


class StockMovedMeanwhile(DomainError):
    """The quantity on hand changed between looking and counting; `on_hand` is what it is now."""

    message = "你数的时候库存变成了 %(on_hand)s 件，请再核对一次"


def recount(variant_id: int, counted: int, *, seen: int | None = None, by: str, reason: str) -> int:
    """`counted` unsold packets of a variant are on hand from now on; the difference is written with its reason, and
    returned. What is more has no batch; what is less is missing from packets without batch, then from those that expire
    first.

    Raises CountBelowReserved, or StockMovedMeanwhile when `seen`, what the counter was shown, is no longer so.
    """
    hold({variant_id}, create=True)
    stock = _stock(variant_id)
    if seen is not None and stock.on_hand != seen:
        raise StockMovedMeanwhile(on_hand=stock.on_hand)
    if counted < stock.reserved:
        raise CountBelowReserved(reserved=stock.reserved)
    change = counted - stock.on_hand
    if change > 0:
        _write(lot_without_batch(variant_id), change, by, reason)
    missing = -change
    for lot in unsold_lots(variant_id) if change < 0 else []:
        taken = min(missing, lot.unsold)
        missing -= taken
        if taken:
            _write(lot, -taken, by, reason)
    return change


def recount_lot(lot_id: int, counted: int, *, seen: int | None = None, by: str, reason: str) -> int:
    """`counted` packets of a lot lie in the workshop, those of paid orders included; the difference, written with reason.

    Raises CountBelowAllocated, CountBelowReserved, or StockMovedMeanwhile when `seen` is no longer so.
    """
    variant_id = db.session.get_one(StockLot, lot_id).variant_id
    hold({variant_id}, create=True)
    [lot] = locked(select(StockLot).filter_by(id=lot_id))
    return _set(lot, counted, seen, by, reason)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A workshop's packets of a variant and of one batch, or of none."""

    variant_id: int
    batch_id: int | None
    workshop_id: int


def count_shelf(shelf: Shelf, counted: int, *, seen: int | None = None, by: str, reason: str) -> int:
    """As `recount_lot`, also where nothing was counted yet."""
    hold({shelf.variant_id}, create=True)
    lot = lot_of_batch(shelf.batch_id) if shelf.batch_id else lot_without_batch(shelf.variant_id, shelf.workshop_id)
    return _set(lot, counted, seen, by, reason)


def _set(lot: StockLot, counted: int, seen: int | None, by: str, reason: str) -> int:
    if seen is not None and lot.on_hand != seen:
        raise StockMovedMeanwhile(on_hand=lot.on_hand)
    if counted < lot.allocated:
        raise CountBelowAllocated(allocated=lot.allocated)
    change = counted - lot.on_hand
    stock = _stock(lot.variant_id)
    if lot.is_on_sale and change < 0 and stock.on_hand + change < stock.reserved:
        raise CountBelowReserved(reserved=stock.reserved)
    if change:
        _write(lot, change, by, reason)
    return change


def _stock(variant_id: int) -> Stock:
    return db.session.get_one(Stock, variant_id, populate_existing=True)


def _write(lot: StockLot, change: int, by: str, reason: str) -> None:
    reference = f"recount {today().isoformat()}"
    change_lot(lot, MovementKind.RECOUNT, on_hand=change, reference=reference, by=by, reason=reason)
