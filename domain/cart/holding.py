"""Whose cart it is, and what changes in it: a visitor's cart is known by a token, a buyer's by the account."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from core.db import db
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


def find_cart(holder: Holder, *, for_update: bool = False) -> Cart | None:
    """The holder's cart, if anything was ever put in it."""
    statement = select(Cart)
    if holder.account_id is not None:
        statement = statement.where(Cart.account_id == holder.account_id)
    else:
        statement = statement.where(Cart.visitor_hash == holder.visitor_hash)
    return db.session.scalars(statement.with_for_update() if for_update else statement).first()


def count_packets(holder: Holder) -> int:
    """How many packets lie in the cart: the number on its badge."""
    cart = find_cart(holder)
    if cart is None:
        return 0
    return int(db.session.scalar(select(func.sum(CartLine.quantity)).filter_by(cart_id=cart.id)) or 0)


def add(holder: Holder, sku: str, quantity: int) -> None:
    """Put `quantity` (1–99) more packets in; a line holds at most 99. NotFound when the SKU isn't on sale."""
    variant_id = _variant_on_sale(sku)
    cart = _own_cart(holder)
    others = select(func.count()).where(CartLine.cart_id == cart.id, CartLine.variant_id != variant_id)
    if (db.session.scalar(others) or 0) >= MOST_LINES:
        raise CartFull
    _add_line(cart.id, variant_id, quantity)


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
        _add_line(own.id, variant_id, quantity)
    db.session.execute(delete(CartLine).filter_by(cart_id=visitor.id))
    db.session.execute(delete(Cart).filter_by(id=visitor.id))
    db.session.expire_all()


def remove_ordered(account_id: int, variant_ids: set[int]) -> None:
    """What was ordered leaves the cart."""
    cart = find_cart(Holder(account_id=account_id))
    if cart is not None:
        db.session.execute(delete(CartLine).where(CartLine.cart_id == cart.id, CartLine.variant_id.in_(variant_ids)))
        db.session.expire(cart)


def _own_cart(holder: Holder) -> Cart:
    """The holder's cart, made now if there is none, locked so that two requests of one person take turns."""
    row = insert(Cart).values(account_id=holder.account_id, visitor_hash=holder.visitor_hash)
    # Not "do nothing, then look": a cart that is merged away between the two would be found by neither.
    held = row.on_conflict_do_update(
        index_elements=["account_id" if holder.account_id is not None else "visitor_hash"],
        set_={"created_at": Cart.created_at},
    )
    return db.session.scalars(held.returning(Cart), execution_options={"populate_existing": True}).one()


def _add_line(cart_id: int, variant_id: int, quantity: int) -> None:
    row = insert(CartLine).values(cart_id=cart_id, variant_id=variant_id, quantity=min(quantity, MOST_OF_ONE))
    total = func.least(CartLine.quantity + row.excluded.quantity, MOST_OF_ONE)
    db.session.execute(row.on_conflict_do_update(index_elements=["cart_id", "variant_id"], set_={"quantity": total}))
    db.session.expire_all()


def _variant_on_sale(sku: str) -> int:
    statement = (
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .where(Variant.sku == sku, Variant.is_enabled, is_on_sale())
    )
    variant_id = db.session.scalar(statement)
    if variant_id is None:
        raise NotFound(what="variant")
    return variant_id
