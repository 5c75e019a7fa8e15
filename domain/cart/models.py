"""The cart: a visitor's until they sign in, then the buyer's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model, Timestamped


class Cart(Model, Keyed, Timestamped):
    """Belongs to an account, or to whoever holds the visitor token."""

    __tablename__ = "carts"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (visitor_hash IS NULL)", name="one_holder"),)

    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    visitor_hash: Mapped[str | None] = mapped_column(unique=True)
    lines: Mapped[list[CartLine]] = relationship(order_by="CartLine.added_at", cascade="all, delete-orphan")


class CartLine(Model):
    """A wish for some packets of a variant. It holds no price: prices are read when shown and when ordered."""

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity_in_range"),)

    cart_id: Mapped[int] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(default=now)
