"""Finished packets enter the stock."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from domain.batches.models import Batch
from domain.stock.lots import change_lot, hold, lot_of_batch, lot_without_batch
from domain.stock.models import MovementKind


def receive(variant_id: int, quantity: int, *, reference: str, by: str) -> None:
    """Add `quantity` packets made (`reference`: the lot printed on them) to a variant's stock.

    Of a lot that no batch has, they count as packets without batch at the product's own workshop.
    """
    hold({variant_id}, create=True)
    batch_id = db.session.scalar(select(Batch.id).filter_by(variant_id=variant_id, lot=reference))
    lot = lot_of_batch(batch_id) if batch_id is not None else lot_without_batch(variant_id)
    change_lot(lot, MovementKind.PRODUCTION, on_hand=quantity, reference=reference, by=by)
