"""Paid orders that workshops have to pack."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from core.clock import now
from core.db import db
from domain.accounts.models import Account
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrder
from domain.products.models import Product, Variant
from tests.factories.accounts import make_buyer

_numbers = count(1)


def make_paid_order(wanted: dict[Variant, int], buyer: Account | None = None) -> Order:
    """A paid order of some variants, already split into one part per workshop."""
    buyer = buyer or make_buyer()
    n = next(_numbers)
    goods_fen = sum(variant.price_fen * quantity for variant, quantity in wanted.items())
    order = Order(
        number=f"261122TEST{n:06d}", account_id=buyer.id, request_key=f"key-{n}", status=OrderStatus.PAID,
        goods_fen=goods_fen, freight_fen=0, total_fen=goods_fen, recipient="顾客甲", phone="13800138000",
        address="福建省漳州市长泰区坂里乡 1 号", expires_at=now() + timedelta(minutes=30), paid_at=now(),
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    for variant, quantity in wanted.items():
        db.session.add(_line(order, variant, quantity))
    for place, workshop_id in enumerate(sorted({variant.product.workshop_id for variant in wanted}), 1):
        number = f"{order.number}-{place}"
        part = WorkshopOrder(
            number=number, order_id=order.id, workshop_id=workshop_id, goods_fen=goods_fen, freight_fen=0
        )
        db.session.add(part)
    db.session.flush()
    db.session.refresh(order)
    return order


def make_part(wanted: dict[Variant, int], buyer: Account | None = None) -> WorkshopOrder:
    """The one part of a paid order of one workshop's variants, to be packed."""
    [part] = make_paid_order(wanted, buyer).workshop_orders
    return part


def _line(order: Order, variant: Variant, quantity: int) -> OrderLine:
    product: Product = variant.product
    return OrderLine(
        order_id=order.id, workshop_id=product.workshop_id, product_id=product.id, variant_id=variant.id,
        sku=variant.sku, product_slug=product.slug, product_name=product.name, variant_name=variant.name, picture="",
        unit_price_fen=variant.price_fen, quantity=quantity, amount_fen=variant.price_fen * quantity,
        is_perishable=product.is_perishable,
    )  # fmt: skip
