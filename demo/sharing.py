"""Goods of the demo that two workshops make under the shared brand, so that each order finds its maker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.products.makers import set_maker
from domain.products.models import Product, Variant
from domain.workshops.models import Workshop


@dataclass(frozen=True, slots=True)
class Shared:
    """The second maker of a product's first variant, and what each of the two can make in a day."""

    product: str
    other: str
    own_capacity: int
    other_capacity: int
    other_stock: int


SHARED = (
    Shared("neifang-smoked-dougan", "banxin", own_capacity=60, other_capacity=40, other_stock=90),
    Shared("xinchun-mung-cake", "zhengda", own_capacity=50, other_capacity=50, other_stock=80),
)


def name_makers(
    products: Mapping[str, Product], workshops: Mapping[str, Workshop]
) -> list[tuple[Shared, Variant, Workshop]]:
    """Name both makers of the shared goods; each with the second maker, which has still to make some."""
    named = []
    for shared in SHARED:
        product, other = products[shared.product], workshops[shared.other]
        variant = product.variants[0]
        set_maker(variant.id, product.workshop_id, daily_capacity=shared.own_capacity)
        set_maker(variant.id, other.id, daily_capacity=shared.other_capacity)
        named.append((shared, variant, other))
    return named
