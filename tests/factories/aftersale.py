"""After-sale cases about lines of paid orders."""

from __future__ import annotations

from typing import Any

from domain.accounts.models import Account
from domain.aftersale.applying import Application, apply
from domain.aftersale.models import AftersaleCase, CaseKind
from domain.orders.models import Order
from domain.products.models import Variant
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product, make_variant
from tests.factories.reviews import make_received_order

PICTURE = "/pictures/" + "a" * 64


def make_case(
    variant: Variant | None = None, kind: CaseKind = CaseKind.RETURN, buyer: Account | None = None,
    quantity: int = 1, bought: int = 1, **values: Any,
) -> AftersaleCase:  # fmt: skip
    """A case about a received line."""
    variant, buyer = variant or make_variant(), buyer or make_buyer()
    order = make_received_order({variant: bought}, buyer)
    return case_about(order, variant, kind, quantity, **values)


def case_about(
    order: Order, variant: Variant, kind: CaseKind = CaseKind.RETURN, quantity: int = 1, **values: Any
) -> AftersaleCase:
    wish = Application(**({"kind": kind, "quantity": quantity, "text": "破了", "pictures": [PICTURE]} | values))
    return apply(order.account_id, order.number, variant.sku, wish)


def make_fresh_variant(**values: Any) -> Variant:
    """Tofu: it won't keep."""
    return make_variant(make_product(is_perishable=True), **values)
