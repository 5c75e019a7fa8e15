"""Finished packets enter the stock."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from core.db import db
from domain.stock.models import MovementKind, Stock, StockMovement


def receive(variant_id: int, quantity: int, *, reference: str, by: str) -> None:
    """Add `quantity` packets made (`reference`: the lot) to a variant's stock."""
    row = insert(Stock).values(variant_id=variant_id, on_hand=quantity, reserved=0)
    db.session.execute(
        row.on_conflict_do_update(index_elements=["variant_id"], set_={"on_hand": Stock.on_hand + quantity})
    )
    db.session.add(
        StockMovement(variant_id=variant_id, kind=MovementKind.PRODUCTION, change=quantity, reference=reference, by=by)
    )
    db.session.flush()
