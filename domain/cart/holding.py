"""Whose cart it is, and what changes in it: a visitor's cart is known by a token, a buyer's by the account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, DateTime, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.elements import ColumnElement

from core.clock import now
from core.db import db, table_of
from core.errors import DomainError, NotFound
from domain.cart.models import Cart, CartLine
from domain.catalog.listing import is_on_sale
from domain.products.models import Product, Variant
from domain.workshops.models import Workshop

MOST_OF_ONE = 99
MOST_LINES = 100


class CartFull(DomainError):
    message = "购物车最多放 100 种商品"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a cart: exactly one of the two is set."""

    account_id: int | None = None
    visitor_token: str | None = None

    @property
    def visitor_hash(self) -> str | None:
        return hashlib.sha256(self.visitor_token.encode()).hexdigest() if self.visitor_token else None


def is_held_by(holder: Holder) -> ColumnElement[bool]:
    """The condition, over Cart, that it is the holder's."""
    if holder.account_id is not None:
        return Cart.account_id == holder.account_id
    return Cart.visitor_hash == holder.visitor_hash


def find_cart(holder: Holder, *, for_update: bool = False) -> Cart | None:
    """The holder's cart, if anything was ever put in it."""
    statement = select(Cart).where(is_held_by(holder))
    return db.session.scalars(statement.with_for_update() if for_update else statement).first()


def hold_cart(account_id: int) -> int | None:
    """The key of a buyer's cart, held until the transaction ends; None if nothing was ever put in it."""
    return db.session.scalar(_HOLD, {"account": account_id})


def count_packets(holder: Holder) -> int:
    """How many packets lie in the cart: the number on its badge."""
    statement = select(func.sum(CartLine.quantity)).join(Cart, Cart.id == CartLine.cart_id).where(is_held_by(holder))
    return int(db.session.scalar(statement) or 0)


def add(holder: Holder, sku: str, quantity: int) -> None:
    """Put `quantity` (1–99) more packets in; a line holds at most 99. NotFound when the SKU isn't on sale."""
    variant_id = db.session.scalar(_ON_SALE, {"sku": sku})
    if variant_id is None:
        raise NotFound(what="variant")
    _add_line(_own_cart(holder), variant_id, quantity)


def set_quantity(holder: Holder, sku: str, quantity: int) -> None:
    """Make a line hold `quantity` packets; 0 removes it. NotFound when the cart has no such line."""
    cart = find_cart(holder, for_update=True)
    variant_id = db.session.scalar(select(Variant.id).filter_by(sku=sku))
    if cart is None or variant_id is None:
        raise NotFound(what="cart line")
    matching = (CartLine.cart_id == cart.id, CartLine.variant_id == variant_id)
    if quantity == 0:
        changed = db.session.execute(delete(CartLine).where(*matching).returning(CartLine.variant_id)).first()
    else:
        changing = update(CartLine).where(*matching).values(quantity=quantity).returning(CartLine.variant_id)
        changed = db.session.execute(changing).first()
    if changed is None:
        raise NotFound(what="cart line")
    db.session.expire_all()


def merge_visitor_cart(visitor_token: str, account_id: int) -> None:
    """At sign-in: what the visitor gathered joins the buyer's cart, quantities add up (to 99), nothing is lost."""
    visitor = find_cart(Holder(visitor_token=visitor_token), for_update=True)
    if visitor is None:
        return
    own = _own_cart(Holder(account_id=account_id))
    rows = db.session.execute(select(CartLine.variant_id, CartLine.quantity).filter_by(cart_id=visitor.id)).all()
    for variant_id, quantity in sorted(rows):
        _add_line(own, variant_id, quantity, most_lines=2 * MOST_LINES)
    db.session.execute(delete(CartLine).filter_by(cart_id=visitor.id))
    db.session.execute(delete(Cart).filter_by(id=visitor.id))
    db.session.expire_all()


def remove_ordered(account_id: int, variant_ids: set[int]) -> None:
    """What was ordered leaves the cart."""
    db.session.execute(_REMOVE, {"account": account_id, "variants": list(variant_ids)})


def _own_cart(holder: Holder) -> int:
    """The key of the holder's cart, made now if there is none, locked so that two requests of one person take turns."""
    making = _MAKE_FOR_ACCOUNT if holder.account_id is not None else _MAKE_FOR_VISITOR
    values = {"account_id": holder.account_id, "visitor_hash": holder.visitor_hash, "created_at": now()}
    return db.session.execute(making, values).scalar_one()


def _add_line(cart_id: int, variant_id: int, quantity: int, *, most_lines: int = MOST_LINES) -> None:
    """Under the cart's lock, which makes the count of its other lines right. Raises CartFull."""
    values = {
        "cart": cart_id, "variant": variant_id, "quantity": min(quantity, MOST_OF_ONE), "at": now(), "most": most_lines,
    }  # fmt: skip
    if db.session.execute(_ADD_LINE, values).first() is None:
        raise CartFull


_ON_SALE = (
    select(Variant.id)
    .join(Product, Product.id == Variant.product_id)
    .join(Workshop, Workshop.id == Product.workshop_id)
    .where(Variant.sku == bindparam("sku"), Variant.is_enabled, is_on_sale())
)
_HOLD = select(Cart.id).where(Cart.account_id == bindparam("account")).with_for_update()
_CARTS, _LINES = table_of(Cart), table_of(CartLine)


def _make(index: str) -> ReturningInsert[Any]:
    # Not "do nothing, then look": a cart that is merged away between the two would be found by neither.
    row = insert(_CARTS).on_conflict_do_update(index_elements=[index], set_={"created_at": _CARTS.c.created_at})
    return row.returning(_CARTS.c.id)


_MAKE_FOR_ACCOUNT, _MAKE_FOR_VISITOR = _make("account_id"), _make("visitor_hash")
_OTHERS = select(func.count()).where(
    _LINES.c.cart_id == bindparam("cart"), _LINES.c.variant_id != bindparam("variant")
)  # fmt: skip
_NEW_LINE = insert(_LINES).from_select(
    ["cart_id", "variant_id", "quantity", "added_at"],
    select(
        bindparam("cart", type_=BigInteger), bindparam("variant", type_=BigInteger), bindparam("quantity", type_=BigInteger),
        bindparam("at", type_=DateTime(timezone=True)),
    ).where(_OTHERS.scalar_subquery() < bindparam("most", type_=BigInteger)),
)  # fmt: skip
_ADD_LINE = _NEW_LINE.on_conflict_do_update(
    index_elements=["cart_id", "variant_id"],
    set_={"quantity": func.least(_LINES.c.quantity + _NEW_LINE.excluded.quantity, MOST_OF_ONE)},
).returning(_LINES.c.variant_id)
_REMOVE = delete(_LINES).where(
    _LINES.c.cart_id == _CARTS.c.id,
    _CARTS.c.account_id == bindparam("account"),
    _LINES.c.variant_id == any_(bindparam("variants", type_=ARRAY(BigInteger))),
)
