"""What left the workshop: which packets went into the box, and the parcel that carries it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model


class PackedPackage(Model):
    """A packet in a box. A packet can lie in one box only."""

    __tablename__ = "packed_packages"

    package_code_id: Mapped[int] = mapped_column(ForeignKey("package_codes.id"), primary_key=True)
    workshop_order_id: Mapped[int] = mapped_column(ForeignKey("workshop_orders.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"))
    packed_at: Mapped[datetime] = mapped_column(default=now)
    packed_by: Mapped[str]
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id"), index=True)
    """The parcel it left in."""


class Shipment(Model, Keyed):
    """A parcel on its way; `place` counts the parcels of a workshop's part from 1."""

    __tablename__ = "shipments"
    __table_args__ = (
        UniqueConstraint("carrier_code", "tracking_number"),
        UniqueConstraint("workshop_order_id", "place"),
    )

    workshop_order_id: Mapped[int] = mapped_column(ForeignKey("workshop_orders.id"), index=True)
    place: Mapped[int]
    carrier_code: Mapped[str]
    tracking_number: Mapped[str]
    shipped_at: Mapped[datetime] = mapped_column(default=now)
    shipped_by: Mapped[str]

    lines: Mapped[list[ShipmentLine]] = relationship(order_by="ShipmentLine.order_line_id", lazy="selectin")
    correction: Mapped[ShipmentCorrection | None] = relationship(lazy="selectin")


class ShipmentLine(Model):
    """How many packets of an order's line lie in a parcel. Append-only."""

    __tablename__ = "shipment_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), primary_key=True, index=True)
    quantity: Mapped[int]


class ShipmentCorrection(Model, Keyed):
    """A carrier's number that was written wrongly and put right, once a parcel. Append-only."""

    __tablename__ = "shipment_corrections"

    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id"), unique=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    wrong_carrier_code: Mapped[str]
    wrong_tracking_number: Mapped[str]
    carrier_code: Mapped[str]
    tracking_number: Mapped[str]
