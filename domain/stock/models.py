"""How much there is: lots on the shelf, what unpaid orders hold, what paid orders got of which lot, every movement.

A lot is a production batch of one workshop. `Stock` is the one row per variant that checkouts fight for: it counts the
unsold packets of all lots on sale. Acts lock stock rows in the order of their variants, then lots in the order of
their keys; lots and allocations change only while their stock row is held. So nobody waits in a circle.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped


class ReservationStatus(StrEnum):
    """Held while the order awaits payment; then sold or released, once."""

    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"


class MovementKind(StrEnum):
    """Why the unsold quantity changed. Off sale: the lot was blocked or is too near its best-before day."""

    PRODUCTION = "production"
    SALE = "sale"
    RECOUNT = "recount"
    RETURN = "return"
    OFF_SALE = "off_sale"
    ON_SALE = "on_sale"


class OffSaleReason(StrEnum):
    """Why a lot's packets don't count as sellable."""

    NOT_RELEASED = "not_released"
    CUT_OFF = "cut_off"


class Stock(Model):
    """A variant's quantity: `on_hand` are the unsold packets of its lots on sale, what can be bought is less `reserved`.

    `short`: packets held for unpaid orders whose lot was taken off sale meanwhile. Only an act that takes packets away
    writes it, so the database still refuses a reservation of what isn't there.
    """

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint(
            "reserved >= 0 AND on_hand >= 0 AND short >= 0 AND on_hand + short >= reserved", name="never_oversold"
        ),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    short: Mapped[int] = mapped_column(default=0)

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.reserved)


class StockLot(Model, Keyed, Timestamped):
    """The packets of one batch at one workshop; without a batch, what was there before lots were counted, or turned up.

    `on_hand` is everything that lies there, `allocated` the part sold to paid orders and not yet sent.
    """

    __tablename__ = "stock_lots"
    __table_args__ = (
        CheckConstraint("allocated >= 0 AND on_hand >= allocated", name="allocated_within_on_hand"),
        UniqueConstraint("batch_id"),
        Index(
            "uq_stock_lots_without_batch",
            "variant_id",
            "workshop_id",
            unique=True,
            postgresql_where=text("batch_id IS NULL"),
        ),
        Index("ix_stock_lots_unsold", "variant_id", postgresql_where=text("on_hand > allocated")),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    best_before_on: Mapped[date | None]
    sell_until_on: Mapped[date | None]
    """The last day on which it may be sold."""
    on_hand: Mapped[int] = mapped_column(default=0)
    allocated: Mapped[int] = mapped_column(default=0)
    is_on_sale: Mapped[bool] = mapped_column(default=True)
    """Whether its unsold packets count in `Stock.on_hand`."""

    @property
    def unsold(self) -> int:
        return self.on_hand - self.allocated


class Allocation(Model, Keyed, Timestamped):
    """How many packets of a lot belong to an order: still here (some of them in the box), sent, put back."""

    __tablename__ = "allocations"
    __table_args__ = (
        UniqueConstraint("order_number", "lot_id"),
        CheckConstraint(
            "packed_quantity BETWEEN 0 AND quantity AND shipped_quantity >= 0 AND returned_quantity >= 0",
            name="quantities_fit",
        ),
    )

    order_number: Mapped[str]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("stock_lots.id"), index=True)
    quantity: Mapped[int] = mapped_column(default=0)
    packed_quantity: Mapped[int] = mapped_column(default=0)
    shipped_quantity: Mapped[int] = mapped_column(default=0)
    returned_quantity: Mapped[int] = mapped_column(default=0)

    @property
    def unpacked(self) -> int:
        return self.quantity - self.packed_quantity


class Reservation(Model, Keyed, Timestamped):
    """A quantity kept for an order. Sold by lot, `short` of its packets are still without one."""

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("order_number", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("short BETWEEN 0 AND quantity", name="short_within_quantity"),
    )

    order_number: Mapped[str]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    quantity: Mapped[int]
    status: Mapped[str] = mapped_column(default=ReservationStatus.HELD)
    short: Mapped[int] = mapped_column(default=0)
    is_by_lot: Mapped[bool] = mapped_column(default=False)


class StockMovement(Model, Keyed):
    """A change of a lot's unsold quantity. Append-only: the database refuses to change or delete one.

    The movements of lots on sale (`is_on_sale`, as it was then) add up to `Stock.on_hand`.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (CheckConstraint("change <> 0", name="change_not_zero"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("stock_lots.id"), index=True)
    is_on_sale: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str]
    change: Mapped[int]
    reference: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
