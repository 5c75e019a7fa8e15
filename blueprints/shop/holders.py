"""Whose cart a request is about: the buyer's, or the visitor's whose cookie holds a token."""

from __future__ import annotations

from flask import g, session

from core.numbers import token
from core.web.guards import current_identity
from domain.cart import holding, totals
from domain.shipping.addresses import default_address


def current_holder() -> holding.Holder | None:
    """The holder, or None for a visitor who never put anything in a cart."""
    identity = current_identity()
    if identity is not None:
        return holding.Holder(account_id=identity.account_id)
    visitor = session.get("visitor")
    return holding.Holder(visitor_token=visitor) if visitor else None


def own_holder() -> holding.Holder:
    """The holder; a visitor gets a token now."""
    holder = current_holder()
    if holder is None:
        session.permanent = True
        session["visitor"] = token()
        holder = holding.Holder(visitor_token=session["visitor"])
    return holder


def cart_choices(account_id: int | None) -> totals.Choices:
    """A cart as it is shown before checkout: freight to the default address if there is one, the best coupons."""
    if account_id is None:
        return totals.Choices()
    address = default_address(account_id)
    return totals.Choices(address.destination if address else None, coupon_ids=None)


def cart_count() -> int:
    """The number on the cart's badge; a page asks for it more than once."""
    if "cart_count" not in g:
        holder = current_holder()
        g.cart_count = holding.count_packets(holder) if holder else 0
    return int(g.cart_count)
