"""One product's page, with whatever form on it was refused."""

from __future__ import annotations

from typing import Any

from blueprints.workshop.pages import console, own_workshop
from core.web.forms import Form
from core.web.language import told
from core.web.responses import translated
from domain.products.finding import listing_history
from domain.products.listing import obstacles
from domain.products.models import Product
from domain.stock.looking import stock_rows


def product_page(product: Product, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    """Status, what keeps it from going on sale, pictures, variants with stock, facts and history."""
    return console(
        "product.html",
        told(product),
        "products",
        status,
        product=product,
        obstacles=[translated(error) for error in obstacles(product, own_workshop())],
        stock=stock_rows({variant.id for variant in product.variants}),
        history=listing_history(product.id),
        form=form,
    )
