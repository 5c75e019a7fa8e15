"""Looking batches up: by what is printed on a packet, by product, by workshop; and what happened to one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import lazyload

from core.db import db
from core.errors import NotFound
from core.paging import Page
from domain.batches.models import Batch, BatchHistory, BatchStatus
from domain.products.models import Product, Variant


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch with what it is a batch of."""

    batch: Batch
    variant: Variant
    product: Product


def find_batch(batch_id: int) -> Batch:
    """The batch of an id, or NotFound."""
    batch = db.session.get(Batch, batch_id)
    if batch is None:
        raise NotFound(what="batch")
    return batch


def find_batch_by_code(gtin: str, lot: str) -> Batch | None:
    """The batch whose packets carry this GTIN (AI 01) and lot (AI 10)."""
    return db.session.scalars(select(Batch).join(Variant).where(Variant.gtin == gtin, Batch.lot == lot)).first()


def latest_released(product_id: int) -> Batch | None:
    """The newest batch of a product that may be sold: the one a buyer will get."""
    statement = select(Batch).filter_by(product_id=product_id, status=BatchStatus.RELEASED)
    return db.session.scalars(statement.order_by(Batch.made_on.desc(), Batch.id.desc()).limit(1)).first()


def batches_of(workshop_id: int, *, number: int, size: int = 20, status: BatchStatus | None = None) -> Page[BatchRow]:
    """One page of a workshop's batches, newest first."""
    chosen = [Batch.workshop_id == workshop_id] + ([Batch.status == status] if status else [])
    total = db.session.scalar(select(func.count()).select_from(Batch).where(*chosen)) or 0
    statement = (
        select(Batch, Variant, Product)
        .join(Variant, Variant.id == Batch.variant_id)
        .join(Product, Product.id == Batch.product_id)
        .where(*chosen)
        .options(lazyload(Product.variants))
        .order_by(Batch.made_on.desc(), Batch.id.desc())
    )
    rows = db.session.execute(statement.offset((number - 1) * size).limit(size))
    return Page([BatchRow(*row) for row in rows], number, size, total)


def history_of(batch: Batch) -> list[BatchHistory]:
    """Each change of the batch's status, oldest first."""
    return list(db.session.scalars(select(BatchHistory).filter_by(batch_id=batch.id).order_by(BatchHistory.id)))
