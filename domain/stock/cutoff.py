"""Until when a lot may be sold: some days before its best-before day, so that the buyer has time to eat it.

The days follow the bands in which near-expiry goods are marked in shops (shelf life of a year or more: the last 45 days;
6–12 months: 20; 3–6 months: 15; 30–90 days: 10; 16–30 days: 5; less: 1–4). That goods are not sold at all in those days is
our choice; a product may have its own number.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import cast, select, update

from core.db import db
from core.errors import InvalidInput, Phrase
from domain.batches.models import Batch
from domain.products.models import CutoffHistory, Product, Variant
from domain.stock.models import StockLot

_BANDS = ((365, 45), (180, 20), (90, 15), (30, 10), (16, 5))


def default_cutoff_days(shelf_life_days: int) -> int:
    """How many days must be left, for goods that keep `shelf_life_days`; 1 to 4 for what keeps a fortnight or less."""
    for at_least, days in _BANDS:
        if shelf_life_days >= at_least:
            return days
    return min(4, max(1, -(-shelf_life_days // 4)))


def cutoff_days(product: Product) -> int:
    """The product's own number of days, or that of its band."""
    if product.sale_cutoff_days is not None:
        return product.sale_cutoff_days
    return default_cutoff_days(product.shelf_life_days)


def sell_until(product: Product, best_before_on: date) -> date:
    """The last day on which packets of this best-before day are sold."""
    return best_before_on - timedelta(days=cutoff_days(product))


def set_cutoff(product: Product, days: int | None, *, by: str = "operator") -> None:
    """Give a held product its own number of days (None: that of its band again); it holds for the lots there are, too. A change
    leaves a row of history.

    InvalidInput on `sale_cutoff_days` beyond the shelf life.
    """
    if days is not None and not 0 <= days <= product.shelf_life_days:
        raise InvalidInput(
            {"sale_cutoff_days": Phrase("请填写 0 到 %(most)s 之间的整数", most=product.shelf_life_days)}
        )
    if product.sale_cutoff_days != days:
        row = CutoffHistory(product_id=product.id, by=by, from_days=product.sale_cutoff_days, to_days=days)
        db.session.add(row)
    product.sale_cutoff_days = days
    db.session.flush()
    variants = select(Variant.id).where(Variant.product_id == product.id)
    last_day = cast(Batch.best_before_on - cutoff_days(product), StockLot.sell_until_on.type)
    db.session.execute(
        update(StockLot)
        .where(StockLot.variant_id.in_(variants), StockLot.batch_id == Batch.id)
        .values(sell_until_on=last_day)
        .execution_options(synchronize_session="fetch")
    )


def cutoff_changes(product_id: int) -> list[CutoffHistory]:
    """Who changed a product's days, newest first."""
    rows = select(CutoffHistory).filter_by(product_id=product_id).order_by(CutoffHistory.id.desc())
    return list(db.session.scalars(rows))
