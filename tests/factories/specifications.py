"""A product in two specifications, 口味 × 重量, of which one combination doesn't exist."""

from __future__ import annotations

from typing import Any

from core.db import db
from domain.products.models import Product
from domain.workshops.models import Workshop
from tests.factories.products import make_product, make_variant

FLAVORS, WEIGHTS = ["原味", "微辣"], ["250 g", "500 g"]


def make_flavored(workshop: Workshop | None = None, **values: Any) -> Product:
    """原味 in 250 g and 500 g, 微辣 in 250 g only: ¥10, ¥18, ¥11. SKUs `flavored-250-plain`, `-500-plain`, `-250-hot`."""
    shape = [{"name": "口味", "values": FLAVORS}, {"name": "重量", "values": WEIGHTS}]
    pictures = ["/pictures/a", "/pictures/b"]
    product = make_product(
        workshop, **{"specifications": shape, "pictures": pictures, "ingredients": ["黑豆"]} | values
    )
    for place, (sku, flavor, weight, price_fen) in enumerate(
        [
            ("flavored-250-plain", "原味", "250 g", 1000),
            ("flavored-500-plain", "原味", "500 g", 1800),
            ("flavored-250-hot", "微辣", "250 g", 1100),
        ]
    ):
        make_variant(
            product, sku=sku, name=f"{flavor} / {weight}", specification_values=[flavor, weight], price_fen=price_fen,
            position=place,
        )  # fmt: skip
    db.session.refresh(product)
    return product
