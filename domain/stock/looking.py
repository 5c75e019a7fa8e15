"""What is on the shelf, for people: per variant, lot by lot, what is running out, what moved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from core.clock import today
from core.db import db
from domain.batches.models import Batch, BatchStatus
from domain.products.models import ListingStatus, Product, Variant
from domain.stock.availability import free_packets, stale_packets
from domain.stock.models import Allocation, Stock, StockLot, StockMovement

LOW_STOCK = 6


@dataclass(frozen=True, slots=True)
class LowStock:
    """A variant that is running out."""

    variant_id: int
    product_slug: str
    product_name: str
    variant_name: str
    available: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A variant's unsold packets on sale, and how many of them unpaid orders hold."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.reserved)


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as it is seen on the shelf. Without `lot` its packets have no batch; without `lot_id` none was ever counted."""

    lot_id: int | None
    batch_id: int | None
    lot: str | None
    batch_status: str | None
    best_before_on: date | None
    sell_until_on: date | None
    on_hand: int
    allocated: int

    @property
    def unsold(self) -> int:
        return self.on_hand - self.allocated

    @property
    def is_withheld(self) -> bool:
        """Its batch isn't released (any more)."""
        return self.batch_status is not None and self.batch_status != BatchStatus.RELEASED

    @property
    def is_past_cutoff(self) -> bool:
        return self.sell_until_on is not None and self.sell_until_on < today()

    @property
    def is_sellable(self) -> bool:
        return not self.is_withheld and not self.is_past_cutoff


@dataclass(frozen=True, slots=True)
class Hint:
    """Which lot to take for an order's variant, and how many packets of it."""

    lot: str | None
    best_before_on: date | None
    quantity: int
    is_withheld: bool
    """It was blocked since: another lot must be taken."""


def stock_rows(variant_ids: set[int]) -> dict[int, Figures]:
    """The stock per variant as lots, batches and days are now; a variant that was never counted has nothing."""
    statement = select(Stock.variant_id, Stock.on_hand - stale_packets(Stock.variant_id), Stock.reserved)
    rows = db.session.execute(statement.where(Stock.variant_id.in_(variant_ids)))
    found = {row[0]: Figures(row[1], row[2]) for row in rows}
    return {key: found.get(key, Figures(0, 0)) for key in variant_ids}


def low_stock(workshop_id: int, below: int = LOW_STOCK) -> list[LowStock]:
    """The workshop's variants on sale of which fewer than `below` packets can be bought, the scarcest first."""
    left = func.greatest(0, func.coalesce(free_packets(), 0))
    statement = (
        select(Variant.id, Product.slug, Product.name, Variant.name, left)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .where(Product.workshop_id == workshop_id, Product.status == ListingStatus.ON_SALE, left < below)
        .where(Variant.is_enabled)
        .order_by(left, Variant.id)
    )
    return [LowStock(*row) for row in db.session.execute(statement)]


def lots_on_shelf(variant_id: int, workshop_ids: Collection[int]) -> list[LotRow]:
    """The workshops' lots of a variant that aren't empty, what must be sold first on top; then released batches of which
    nothing was counted yet."""
    held = (
        _rows()
        .where(StockLot.variant_id == variant_id, StockLot.workshop_id.in_(workshop_ids), StockLot.on_hand > 0)
        .order_by(StockLot.best_before_on.nulls_first(), StockLot.id)
    )
    uncounted = (
        select(Batch.id, Batch.lot, Batch.status, Batch.best_before_on)
        .outerjoin(StockLot, StockLot.batch_id == Batch.id)
        .where(Batch.variant_id == variant_id, Batch.workshop_id.in_(workshop_ids))
        .where(Batch.status == BatchStatus.RELEASED, StockLot.id.is_(None), Batch.best_before_on >= today())
        .order_by(Batch.best_before_on, Batch.id)
    )
    rows = [LotRow(*row) for row in db.session.execute(held)]
    return rows + [LotRow(None, row[0], row[1], row[2], row[3], None, 0, 0) for row in db.session.execute(uncounted)]


def packing_hints(order_number: str) -> dict[int, list[Hint]]:
    """Per variant of a paid order, the lots its packets should come from: those of the book that aren't in the box yet."""
    unpacked = Allocation.quantity - Allocation.packed_quantity
    statement = (
        select(Allocation.variant_id, Batch.lot, StockLot.best_before_on, unpacked, Batch.status)
        .join(StockLot, StockLot.id == Allocation.lot_id)
        .outerjoin(Batch, Batch.id == StockLot.batch_id)
        .where(Allocation.order_number == order_number, Allocation.quantity > Allocation.packed_quantity)
        .order_by(StockLot.best_before_on.nulls_first(), StockLot.id)
    )
    hints: dict[int, list[Hint]] = {}
    for variant_id, lot, best_before_on, quantity, status in db.session.execute(statement):
        is_withheld = status not in {None, BatchStatus.RELEASED}
        hints.setdefault(variant_id, []).append(Hint(lot, best_before_on, quantity, is_withheld))
    return hints


def recent_movements(
    variant_ids: set[int], workshop_ids: Collection[int], most: int = 20
) -> list[tuple[StockMovement, str | None]]:
    """The newest movements of the workshops' lots of some variants, with the lot's code."""
    statement = (
        select(StockMovement, Batch.lot)
        .outerjoin(StockLot, StockLot.id == StockMovement.lot_id)
        .outerjoin(Batch, Batch.id == StockLot.batch_id)
        .where(StockMovement.variant_id.in_(variant_ids))
        .where(or_(StockMovement.lot_id.is_(None), StockLot.workshop_id.in_(workshop_ids)))
    )
    rows = db.session.execute(statement.order_by(StockMovement.id.desc()).limit(most))
    return [(row[0], row[1]) for row in rows]


def differences() -> list[int]:
    """The variants whose stock row is not the sum of its lots on sale. There are none, or something is broken."""
    total = func.coalesce(func.sum(StockLot.on_hand - StockLot.allocated), 0)
    counted = and_(StockLot.variant_id == Stock.variant_id, StockLot.is_on_sale)
    statement = select(Stock.variant_id).outerjoin(StockLot, counted).group_by(Stock.variant_id, Stock.on_hand)
    return list(db.session.scalars(statement.having(or_(total != Stock.on_hand)).order_by(Stock.variant_id)))


def _rows() -> Select[Any]:
    columns: list[Any] = [
        StockLot.id, StockLot.batch_id, Batch.lot, Batch.status, StockLot.best_before_on, StockLot.sell_until_on,
        StockLot.on_hand, StockLot.allocated,
    ]  # fmt: skip
    return select(*columns).outerjoin(Batch, Batch.id == StockLot.batch_id)
