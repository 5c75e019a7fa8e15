"""A paid order goes to those who make it: packets are counted as sold, each line gets its maker, each maker its part."""

from __future__ import annotations

from sqlalchemy import update

from core.db import db
from domain.orders import dispatching, parting
from domain.orders.models import Order
from domain.products.models import Product


def hand_over(order: Order, by: str) -> None:
    """Call once for a locked, paid order. Who makes what depends on the stock: the hot rows come before the parts."""
    _count_sales(order)
    dispatching.dispatch_paid(order, by)
    parting.split(order, by)


def _count_sales(order: Order) -> None:
    sold: dict[int, int] = {}
    for line in order.lines:
        sold[line.product_id] = sold.get(line.product_id, 0) + line.quantity
    for product_id, quantity in sorted(sold.items()):
        db.session.execute(
            update(Product).where(Product.id == product_id).values(sold_count=Product.sold_count + quantity)
        )
