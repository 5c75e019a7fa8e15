"""Variants made by several workshops, with lots at each."""

from __future__ import annotations

from typing import Any

from core.clock import now
from domain.accounts.models import Account
from domain.orders import dispatching, parting
from domain.orders.history import lock_order, record_move
from domain.orders.models import Order, OrderStatus
from domain.products.makers import set_maker
from domain.products.models import Variant
from domain.stock.receiving import receive
from domain.workshops.models import Workshop
from tests.factories.accounts import make_buyer
from tests.factories.batches import make_batch
from tests.factories.products import make_product, make_variant
from tests.factories.purchases import place
from tests.factories.workshops import make_workshop


def make_shared_variant(*stocks: int, capacity: int = 10, **values: Any) -> tuple[Variant, list[Workshop]]:
    """A variant with one maker for each of `stocks`, which has a released batch of so many packets in stock."""
    makers = [make_workshop() for _ in stocks]
    variant = make_variant(make_product(makers[0]), stock=0, **values)
    for maker, quantity in zip(makers, stocks, strict=True):
        set_maker(variant.id, maker.id, daily_capacity=capacity)
        make_lot(variant, quantity, workshop_id=maker.id)
    return variant, makers


def make_lot(variant: Variant, quantity: int, **values: Any) -> int:
    """A released batch of the variant, its packets (if any) in stock; the batch's id."""
    batch = make_batch(variant, quantity=max(1, quantity), **values)
    if quantity:
        receive(variant.id, quantity, reference=batch.lot, by="test")
    return batch.id


def pay(order: Order) -> Order:
    """What a confirmed payment does to an order, without the money."""
    order = lock_order(order.number)
    order.paid_at = now()
    record_move(order, OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, by="test")
    dispatching.dispatch_paid(order, "test")
    parting.split(order, "test")
    return order


def buy(wanted: dict[Variant, int], buyer: Account | None = None) -> Order:
    """A paid order."""
    return pay(place(buyer or make_buyer(), wanted))
