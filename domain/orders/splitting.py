"""Dividing a paid order among its workshops. Pure: the shares add up to the order, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One workshop's part of an order."""

    workshop_id: int
    goods_fen: int
    freight_fen: int
    discount_fen: int = 0


def split_by_workshop(
    line_amounts: Iterable[tuple[int, int]], freights: dict[int, int], line_discounts: Iterable[tuple[int, int]] = ()
) -> list[Share]:
    """Shares from lines `(workshop_id, amount_fen)`, the freight per workshop, and the discounts of lines as the amounts,
    in the order of workshop keys.

    Nothing is re-priced: each share is the sum of its own frozen rows.
    """
    goods, discounts = _summed(line_amounts), _summed(line_discounts)
    return [
        Share(workshop_id, goods[workshop_id], freights.get(workshop_id, 0), discounts.get(workshop_id, 0))
        for workshop_id in sorted(goods)
    ]


def _summed(amounts: Iterable[tuple[int, int]]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for workshop_id, amount_fen in amounts:
        sums[workshop_id] = sums.get(workshop_id, 0) + amount_fen
    return sums
