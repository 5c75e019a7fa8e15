"""The price of sending goods, per workshop."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from domain.shipping.models import FreightRule


def freight_fen(rule: FreightRule | None, goods_fen: int, weight_grams: int) -> int:
    """The freight for one workshop's goods; without a rule the workshop sends free."""
    if rule is None or (rule.free_over_fen is not None and goods_fen >= rule.free_over_fen):
        return 0
    extra_grams = max(0, weight_grams - rule.base_weight_grams)
    return rule.base_fen + -(-extra_grams // 1000) * rule.extra_kilogram_fen


def freight_rules(workshop_ids: set[int]) -> dict[int, FreightRule]:
    """The rules of several workshops, in one query."""
    rows = db.session.scalars(select(FreightRule).where(FreightRule.workshop_id.in_(workshop_ids)))
    return {row.workshop_id: row for row in rows}
