"""A paid order goes to those who make it: packets are counted as sold, each line gets its maker, each maker its part."""

from __future__ import annotations

from sqlalchemy import BigInteger, Update, and_, any_, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from core.db import db, table_of
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
    db.session.execute(_COUNT, {"products": list(sold), "quantities": list(sold.values())})


def _counting() -> Update:
    products = table_of(Product)
    ids = bindparam("products", type_=ARRAY(BigInteger))
    given = func.unnest(ids, bindparam("quantities", type_=ARRAY(BigInteger)))
    sold = given.table_valued(column("product_id", BigInteger), column("quantity", BigInteger)).render_derived("sold")
    ours = select(products.c.id).where(products.c.id == any_(ids)).order_by(products.c.id)
    held = ours.with_for_update(key_share=True).cte("held")
    mine = and_(products.c.id == held.c.id, sold.c.product_id == held.c.id)
    return update(products).where(mine).values(sold_count=products.c.sold_count + sold.c.quantity)


_COUNT = _counting()
