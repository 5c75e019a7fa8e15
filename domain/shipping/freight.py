"""The price of sending goods, per workshop: the rule of its template that names the place most closely, then its sum. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.shipping.models import FreightRule
from domain.shipping.regions import Destination, closeness


def rule_for(rules: Iterable[FreightRule], destination: Destination) -> FreightRule | None:
    """The rule for a place: of its city before of its province before the default one; the first among equals.

    None when the workshop has no rule at all: then it sends free, everywhere.
    """
    ranked = [(closeness(rule.regions, destination), rule) for rule in rules]
    near = [pair for pair in ranked if pair[0] > 0 or not pair[1].regions]
    return max(near, key=lambda pair: pair[0])[1] if near else None


def freight_fen(rule: FreightRule | None, paid_goods_fen: int, units: int) -> int:
    """The freight for one workshop's goods of `units` (grams or packets, as its template counts).

    `paid_goods_fen` is what the buyer pays for them, discounts taken off (decision 0013). Without a rule it is nothing.
    """
    if rule is None or (rule.free_over_fen is not None and paid_goods_fen >= rule.free_over_fen):
        return 0
    extra = max(0, units - rule.base_units)
    return rule.base_fen + -(-extra // rule.extra_units) * rule.extra_fen
