"""Whose cart a request is about: the buyer's, or the visitor's whose cookie holds a token."""

from __future__ import annotations

from flask import g, session

from core.numbers import token
from core.web.guards import current_identity
from domain.cart import holding


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


def cart_count() -> int:
    """The number on the cart's badge; a page asks for it more than once."""
    if "cart_count" not in g:
        holder = current_holder()
        g.cart_count = holding.count_packets(holder) if holder else 0
    return int(g.cart_count)
