"""How much there is: on hand, reserved by unpaid orders, and every movement for ever."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped


class ReservationStatus(StrEnum):
    """Held while the order awaits payment; then sold or released, once."""

    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"


class MovementKind(StrEnum):
    """Why the quantity on hand changed."""

    PRODUCTION = "production"
    SALE = "sale"
    RECOUNT = "recount"
    RETURN = "return"


class Stock(Model):
    """A variant's quantity. What can be bought is on hand less reserved; the database refuses less than nothing."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("reserved >= 0 AND on_hand >= reserved", name="never_oversold"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class Reservation(Model, Keyed, Timestamped):
    """A quantity kept for an order."""

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("order_number", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    order_number: Mapped[str]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    quantity: Mapped[int]
    status: Mapped[str] = mapped_column(default=ReservationStatus.HELD)


class StockMovement(Model, Keyed):
    """A change of the quantity on hand. Append-only: the database refuses to change or delete one."""

    __tablename__ = "stock_movements"
    __table_args__ = (CheckConstraint("change <> 0", name="change_not_zero"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str]
    change: Mapped[int]
    reference: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
