"""How much of a variant can be bought."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from domain.stock.models import Stock


def available(variant_ids: set[int]) -> dict[int, int]:
    """Packets free to buy per variant; a variant that was never counted has none."""
    statement = select(Stock.variant_id, Stock.on_hand - Stock.reserved).where(Stock.variant_id.in_(variant_ids))
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return {variant_id: found.get(variant_id, 0) for variant_id in variant_ids}
