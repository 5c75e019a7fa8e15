"""Sold packets that never left the workshop are for sale again."""

from __future__ import annotations

from sqlalchemy import update

from core.db import db
from domain.stock.models import MovementKind, Stock, StockMovement


def put_back(order_number: str, quantities: dict[int, int], *, by: str, reason: str) -> None:
    """Add the packets per variant of an order that was given up before it was sent; the caller sees that it is once."""
    for variant_id, quantity in sorted(quantities.items()):
        db.session.execute(update(Stock).where(Stock.variant_id == variant_id).values(on_hand=Stock.on_hand + quantity))
        db.session.add(
            StockMovement(
                variant_id=variant_id,
                kind=MovementKind.RETURN,
                change=quantity,
                reference=order_number,
                by=by,
                reason=reason,
            )
        )
    db.session.flush()
