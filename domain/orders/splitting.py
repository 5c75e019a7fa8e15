"""Dividing a paid order among its workshops. Pure: the shares add up to the order, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One workshop's part of an order; goods before discounts."""

    workshop_id: int
    goods_fen: int
    freight_fen: int
    discount_fen: int = 0


def split_by_workshop(lines: Iterable[tuple[int, int, int]], freights: dict[int, int]) -> list[Share]:
    """Shares from lines `(workshop_id, amount_fen, discount_fen)` and the freight per workshop, by workshop keys.

    Nothing is re-priced: each share is the sum of its own frozen rows.
    """
    goods: dict[int, int] = {}
    discounts: dict[int, int] = {}
    for workshop_id, amount_fen, discount_fen in lines:
        goods[workshop_id] = goods.get(workshop_id, 0) + amount_fen
        discounts[workshop_id] = discounts.get(workshop_id, 0) + discount_fen
    return [Share(key, goods[key], freights.get(key, 0), discounts[key]) for key in sorted(goods)]
