"""Setting right what the book says is on hand after somebody has counted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import today
from core.db import db
from core.errors import DomainError
from domain.products.models import ListingStatus, Product, Variant
from domain.stock.models import MovementKind, Stock, StockMovement

LOW_STOCK = 6


@dataclass(frozen=True, slots=True)
class LowStock:
    """A variant that is running out."""

    variant_id: int
    product_slug: str
    product_name: str
    variant_name: str
    available: int


class CountBelowReserved(DomainError):
    """Unpaid orders hold more packets than were counted; `reserved` says how many."""

    status = 422
    message = "有 %(reserved)s 件已被下单占用，库存不能比这更少"


class StockMovedMeanwhile(DomainError):
    """The quantity on hand changed between looking and counting; `on_hand` is what it is now."""

    message = "你数的时候库存变成了 %(on_hand)s 件，请再核对一次"


def stock_rows(variant_ids: set[int]) -> dict[int, Stock]:
    """The stock per variant; a variant that was never counted has an empty row that is not kept."""
    found = {row.variant_id: row for row in db.session.scalars(select(Stock).where(Stock.variant_id.in_(variant_ids)))}
    return {key: found.get(key) or Stock(variant_id=key, on_hand=0, reserved=0) for key in variant_ids}


def low_stock(workshop_id: int, below: int = LOW_STOCK) -> list[LowStock]:
    """The workshop's variants on sale of which fewer than `below` packets can be bought, the scarcest first."""
    left = func.coalesce(Stock.on_hand - Stock.reserved, 0)
    statement = (
        select(Variant.id, Product.slug, Product.name, Variant.name, left)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .where(Product.workshop_id == workshop_id, Product.status == ListingStatus.ON_SALE, left < below)
        .order_by(left, Variant.id)
    )
    return [LowStock(*row) for row in db.session.execute(statement)]


def recent_movements(variant_ids: set[int], most: int = 20) -> list[StockMovement]:
    """The newest movements of some variants."""
    statement = select(StockMovement).where(StockMovement.variant_id.in_(variant_ids))
    return list(db.session.scalars(statement.order_by(StockMovement.id.desc()).limit(most)))


def recount(variant_id: int, counted: int, *, seen: int | None = None, by: str, reason: str) -> int:
    """`counted` packets are on hand from now on; the difference is written as a movement with its reason and returned.

    Raises CountBelowReserved, or StockMovedMeanwhile when `seen`, what the counter was shown, is no longer so.
    """
    db.session.execute(insert(Stock).values(variant_id=variant_id, on_hand=0, reserved=0).on_conflict_do_nothing())
    statement = (
        select(Stock).filter_by(variant_id=variant_id).with_for_update().execution_options(populate_existing=True)
    )
    stock = db.session.scalars(statement).one()
    if seen is not None and stock.on_hand != seen:
        raise StockMovedMeanwhile(on_hand=stock.on_hand)
    if counted < stock.reserved:
        raise CountBelowReserved(reserved=stock.reserved)
    change = counted - stock.on_hand
    if change:
        stock.on_hand = counted
        reference = f"recount {today().isoformat()}"
        db.session.add(
            StockMovement(
                variant_id=variant_id,
                kind=MovementKind.RECOUNT,
                change=change,
                reference=reference,
                by=by,
                reason=reason,
            )
        )
    db.session.flush()
    return change
