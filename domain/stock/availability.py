"""How much of a variant can be bought, as lots, batches and days are at this moment.

The stock row counts lots that were on sale when somebody last looked; what was blocked or ran out of days since then is
subtracted in the query itself, so a blocked batch isn't sold for a second.
"""

from __future__ import annotations

from sqlalchemy import Integer, ScalarSelect, Subquery, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from core.db import TODAY, db
from domain.batches.models import Batch, BatchStatus
from domain.products.models import VariantMaker
from domain.stock.models import Stock, StockLot


def available(variant_ids: set[int]) -> dict[int, int]:
    """Packets free to buy per variant; a variant that was never counted has none."""
    statement = select(Stock.variant_id, free_packets()).where(Stock.variant_id.in_(variant_ids))
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return {variant_id: max(0, found.get(variant_id, 0)) for variant_id in variant_ids}


def free_packets() -> ColumnElement[int]:
    """What can be bought of a row of Stock, for a query over few rows; may be negative."""
    return Stock.on_hand - Stock.reserved - stale_packets(Stock.variant_id)


def most_of_one_maker() -> ScalarSelect[int | None]:
    """The most unsold packets that one of a variant's active makers has, for a query over few rows of Stock: a line is made by
    one workshop. None without several makers."""
    packets = func.sum(StockLot.on_hand - StockLot.allocated).cast(Integer)
    maker = (VariantMaker.variant_id == StockLot.variant_id) & (VariantMaker.workshop_id == StockLot.workshop_id)
    statement = (
        select(packets)
        .join(VariantMaker, maker & VariantMaker.is_active)
        .where(StockLot.variant_id == Stock.variant_id, StockLot.is_on_sale, ~_is_over())
        .group_by(StockLot.workshop_id)
        .order_by(packets.desc())
        .limit(1)
    )
    return statement.correlate(Stock).scalar_subquery()


def stale_packets(variant_id: object) -> ScalarSelect[int]:
    """The packets of a variant that its stock row still counts and that may not be sold any more."""
    statement = select(func.coalesce(func.sum(StockLot.on_hand - StockLot.allocated), 0).cast(Integer))
    return statement.where(StockLot.variant_id == variant_id, _is_stale()).scalar_subquery()


def stale_by_variant() -> Subquery:
    """The same for every variant that has some (`variant_id`, `packets`), for a query over the whole shop."""
    packets = func.sum(StockLot.on_hand - StockLot.allocated).cast(Integer).label("packets")
    return select(StockLot.variant_id, packets).where(_is_stale()).group_by(StockLot.variant_id).subquery("stale")


def _is_stale() -> ColumnElement[bool]:
    return StockLot.is_on_sale & (StockLot.on_hand > StockLot.allocated) & _is_over()


def _is_over() -> ColumnElement[bool]:
    # Batches that are not released are few: the list is read once, not for each lot.
    withheld = select(Batch.id).where(Batch.status != BatchStatus.RELEASED)
    return or_(
        func.coalesce(StockLot.sell_until_on < TODAY, False), func.coalesce(StockLot.batch_id.in_(withheld), False)
    )
