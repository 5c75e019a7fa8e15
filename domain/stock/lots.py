"""Lots, held and changed: every act of this room goes through `hold` and `change_lot`.

Order of locks: stock rows by variant, then lots by key. While a stock row is held nobody else changes that variant's lots
or allocations, and what its lots count for is right as of now: a lot whose batch was blocked, or whose last day of sale
has passed, is taken off with a movement; one whose batch is released again comes back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Update, and_, any_, bindparam, column, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from core.clock import today
from core.db import TODAY, db, table_of
from domain.batches.models import Batch, BatchStatus
from domain.products.models import Product, Variant
from domain.stock.cutoff import sell_until
from domain.stock.models import MovementKind, OffSaleReason, Stock, StockLot, StockMovement

OFF_SALE_TEXTS = {
    OffSaleReason.NOT_RELEASED: "批次没有放行，停止销售",
    OffSaleReason.CUT_OFF: "临近保质期，停止销售",
}
ON_SALE_TEXT = "批次放行，恢复销售"


@dataclass(frozen=True, slots=True)
class StockChange:
    """What is added to a variant's row, or taken off it."""

    variant_id: int
    on_hand: int
    reserved: int


def hold(variant_ids: Collection[int], *, create: bool = False) -> None:
    """Hold the stock rows of some variants until the transaction ends; their lots count as they should today.

    With `create`, a variant that was never counted gets a row.
    """
    ids = sorted(variant_ids)
    if create:
        rows = [{"variant_id": variant_id} for variant_id in ids]
        db.session.execute(insert(Stock).on_conflict_do_nothing(), rows)
    db.session.execute(_HOLD, {"variants": ids})
    _recheck(ids)


def may_be_sold() -> ColumnElement[bool]:
    """The condition, over StockLot left-joined with Batch: released, and its last day of sale isn't over."""
    return and_(
        or_(StockLot.sell_until_on.is_(None), StockLot.sell_until_on >= TODAY),
        or_(StockLot.batch_id.is_(None), Batch.status == BatchStatus.RELEASED),
    )


def unsold_lots(variant_id: int, workshop_id: int | None = None) -> list[StockLot]:
    """The lots on sale (of one workshop) with unsold packets, locked, the first to expire first.

    What has no date is oldest: it goes before the rest. Call under `hold`.
    """
    return [lot for lot in unsold_lots_of({variant_id}) if workshop_id in (None, lot.workshop_id)]


def unsold_lots_of(variant_ids: Collection[int]) -> list[StockLot]:
    """The same of several variants, in one statement."""
    return sorted(db.session.scalars(_UNSOLD, {"variants": list(variant_ids)}), key=expiry)


def expiry(lot: StockLot) -> tuple[date, int]:
    """What a lot's place in the queue depends on: its best-before day, then its age."""
    return lot.best_before_on or date.min, lot.id


def locked(statement: object) -> list[StockLot]:
    """The lots of a select, as they are now, locked in the order of their keys."""
    ordered = statement.order_by(StockLot.id).with_for_update(of=StockLot)  # type: ignore[attr-defined]
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def lot_of_batch(batch_id: int) -> StockLot:
    """The batch's lot, locked, made empty when there was none. Call under `hold`."""
    found = locked(select(StockLot).filter_by(batch_id=batch_id))
    if found:
        return found[0]
    batch = db.session.get_one(Batch, batch_id, populate_existing=True)
    product = db.session.get_one(Product, batch.product_id)
    last_day = sell_until(product, batch.best_before_on)
    lot = StockLot(
        variant_id=batch.variant_id,
        batch_id=batch.id,
        workshop_id=batch.workshop_id,
        best_before_on=batch.best_before_on,
        sell_until_on=last_day,
        is_on_sale=batch.is_sellable and last_day >= today(),
        on_hand=0,
        allocated=0,
    )
    db.session.add(lot)
    db.session.flush()
    return lot


def lot_without_batch(variant_id: int, workshop_id: int | None = None) -> StockLot:
    """The lot of a workshop (the product's own unless told) for packets of no known batch, locked. Call under `hold`."""
    if workshop_id is None:
        workshop_id = db.session.scalars(
            select(Product.workshop_id).join(Variant).where(Variant.id == variant_id)
        ).one()
    keys = {"variant_id": variant_id, "workshop_id": workshop_id, "batch_id": None}
    found = locked(select(StockLot).filter_by(**keys))
    if found:
        return found[0]
    lot = StockLot(**keys, on_hand=0, allocated=0, is_on_sale=True)
    db.session.add(lot)
    db.session.flush()
    return lot


def change_lot(
    lot: StockLot,
    kind: MovementKind,
    *,
    on_hand: int = 0,
    allocated: int = 0,
    reference: str,
    by: str,
    reason: str = "",
) -> None:
    """Add to a held lot's counts; when its unsold packets change, the variant's row and the ledger follow."""
    lot.on_hand += on_hand
    lot.allocated += allocated
    db.session.flush()
    change = on_hand - allocated
    if not change:
        return
    _write(lot, kind, change, reference=reference, by=by, reason=reason)
    if lot.is_on_sale:
        change_stock(lot.variant_id, on_hand=change)


def change_stock(variant_id: int, *, on_hand: int = 0, reserved: int = 0) -> None:
    """Add to a held stock row. Reservations that its packets no longer cover are counted as `short`."""
    change_stocks([StockChange(variant_id, on_hand, reserved)])


def change_stocks(changes: Collection[StockChange]) -> None:
    """Add to several held stock rows, in one statement."""
    values = {
        "variants": [change.variant_id for change in changes],
        "on_hand": [change.on_hand for change in changes],
        "reserved": [change.reserved for change in changes],
    }
    db.session.execute(_CHANGE, values)


def sell_from(lot: StockLot, quantity: int, *, reference: str, by: str) -> dict[str, Any]:
    """Unsold packets of a held lot are an order's; the movement to write. The variant's row is the caller's to change."""
    lot.allocated += quantity
    return {
        "variant_id": lot.variant_id, "lot_id": lot.id, "is_on_sale": lot.is_on_sale, "kind": MovementKind.SALE,
        "change": -quantity, "reference": reference, "by": by,
    }  # fmt: skip


def recheck_all() -> int:
    """Take lots off sale, or back, wherever batches and days say so now; how many variants were concerned."""
    statement = select(StockLot.variant_id).outerjoin(Batch, Batch.id == StockLot.batch_id).where(_is_counted_wrongly())
    variant_ids = set(db.session.scalars(statement))
    hold(variant_ids)
    return len(variant_ids)


def _is_counted_wrongly() -> ColumnElement[bool]:
    return StockLot.is_on_sale != may_be_sold()


def _recheck(variant_ids: list[int]) -> None:
    for lot in db.session.scalars(_WRONG, {"variants": variant_ids}).all():
        lot.is_on_sale = not lot.is_on_sale
        db.session.flush()
        if not lot.unsold:
            continue
        change = lot.unsold if lot.is_on_sale else -lot.unsold
        kind = MovementKind.ON_SALE if lot.is_on_sale else MovementKind.OFF_SALE
        reason = ON_SALE_TEXT if lot.is_on_sale else OFF_SALE_TEXTS[_why(lot)]
        # Counted either way: this is what takes the packets out of the sum, or puts them back.
        _write(lot, kind, change, reference=f"lot {lot.id}", by="timer", reason=reason, is_counted=True)
        change_stock(lot.variant_id, on_hand=change)


def _why(lot: StockLot) -> OffSaleReason:
    is_over = lot.sell_until_on is not None and lot.sell_until_on < today()
    return OffSaleReason.CUT_OFF if is_over else OffSaleReason.NOT_RELEASED


def _write(
    lot: StockLot,
    kind: MovementKind,
    change: int,
    *,
    reference: str,
    by: str,
    reason: str,
    is_counted: bool | None = None,
) -> None:
    db.session.add(
        StockMovement(
            variant_id=lot.variant_id,
            lot_id=lot.id,
            is_on_sale=lot.is_on_sale if is_counted is None else is_counted,
            kind=kind,
            change=change,
            reference=reference,
            by=by,
            reason=reason,
        )
    )
    db.session.flush()


def _changing() -> Update:
    stock = table_of(Stock)
    names = ("variants", "on_hand", "reserved")
    given = func.unnest(*(bindparam(name, type_=ARRAY(BigInteger)) for name in names))
    more = given.table_valued(*(column(name, BigInteger) for name in names)).render_derived("more")
    on_hand, reserved = stock.c.on_hand + more.c.on_hand, stock.c.reserved + more.c.reserved
    changed = update(stock).where(stock.c.variant_id == more.c.variants)
    return changed.values(on_hand=on_hand, reserved=reserved, short=func.greatest(0, reserved - on_hand))


_VARIANTS = bindparam("variants", type_=ARRAY(BigInteger))
_HOLD = select(Stock.variant_id).where(Stock.variant_id == any_(_VARIANTS)).order_by(Stock.variant_id).with_for_update()
_LOTS = (
    select(StockLot)
    .where(StockLot.variant_id == any_(_VARIANTS))
    .order_by(StockLot.id)
    .with_for_update(of=StockLot)
    .execution_options(populate_existing=True)
)
_UNSOLD = _LOTS.where(StockLot.is_on_sale, StockLot.on_hand > StockLot.allocated)
_WRONG = _LOTS.outerjoin(Batch, Batch.id == StockLot.batch_id).where(_is_counted_wrongly())
_CHANGE = _changing()
