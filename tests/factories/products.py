"""Products for tests: on sale, one variant, in stock."""

from __future__ import annotations

from itertools import count
from typing import Any

from core.clock import now
from core.db import db
from core.gs1 import check_digit
from domain.products.models import Category, ListingStatus, Product, Variant
from domain.stock.models import Stock
from domain.workshops.models import Workshop
from tests.factories.workshops import make_workshop

_numbers = count(1)


def make_category(**values: Any) -> Category:
    n = next(_numbers)
    category = Category(**({"slug": f"category-{n}", "name": f"分类{n}"} | values))
    db.session.add(category)
    db.session.flush()
    return category


def make_variant(product: Product | None = None, *, stock: int = 10, **values: Any) -> Variant:
    """A variant (of a new product on sale unless told) with `stock` packets on hand."""
    product = product or make_product()
    n = next(_numbers)
    body = f"0952{n:09d}"
    defaults = {
        "sku": f"SKU{n}",
        "gtin": body + check_digit(body),
        "name": f"规格{n}",
        "price_fen": 1280,
        "weight_grams": 500,
    }
    chosen = defaults | values
    if product.approved_at is not None:
        chosen.setdefault("approved_price_fen", chosen["price_fen"])
    variant = Variant(product_id=product.id, **chosen)
    db.session.add(variant)
    db.session.flush()
    db.session.add(Stock(variant_id=variant.id, on_hand=stock, reserved=0))
    db.session.flush()
    db.session.refresh(product)
    return variant


def make_product(workshop: Workshop | None = None, **values: Any) -> Product:
    """A product on sale, without variants."""
    n = next(_numbers)
    workshop = workshop or make_workshop()
    defaults = {"slug": f"product-{n}", "name": f"测试商品{n}", "brand": "xian", "shelf_life_days": 30}
    chosen = defaults | {"status": ListingStatus.ON_SALE} | values
    if chosen["status"] in {ListingStatus.ON_SALE, ListingStatus.OFF_SALE}:
        chosen.setdefault("approved_at", now())
    if "category_id" not in chosen:
        chosen["category_id"] = make_category().id
    product = Product(workshop_id=workshop.id, **chosen)
    db.session.add(product)
    db.session.flush()
    return product
