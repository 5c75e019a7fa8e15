"""What left the workshop: which packets went into the box, and the parcel that carries it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model
from gateways.carriers.tracking import ParcelState


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
        Index("ix_shipments_to_look_at", "next_look_at", postgresql_where=text("next_look_at IS NOT NULL")),
    )

    workshop_order_id: Mapped[int] = mapped_column(ForeignKey("workshop_orders.id"), index=True)
    place: Mapped[int]
    carrier_code: Mapped[str]
    tracking_number: Mapped[str]
    shipped_at: Mapped[datetime] = mapped_column(default=now)
    shipped_by: Mapped[str]
    tracking_state: Mapped[str] = mapped_column(default=ParcelState.UNKNOWN)
    delivered_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime | None] = mapped_column(default=now)
    """When to ask the carrier again; None: never."""
    looks_in_vain: Mapped[int] = mapped_column(default=0)

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


class ReportStatus(StrEnum):
    """What WeChat knows of a payment's shipping. `refused` and `correction_spent` need a person."""

    PENDING = "pending"
    PARTLY = "partly"
    COMPLETE = "complete"
    REFUSED = "refused"
    CORRECTION_SPENT = "correction_spent"


class ShippingReport(Model, Keyed):
    """A payment's shipping as WeChat was told; `parcels` are `carrier number` lines that it accepted."""

    __tablename__ = "shipping_reports"

    out_trade_no: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    status: Mapped[str] = mapped_column(default=ReportStatus.PENDING)
    is_split: Mapped[bool] = mapped_column(default=False)
    corrections: Mapped[int] = mapped_column(default=0)
    parcels: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    errcode: Mapped[int | None]
    told_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    """When WeChat settled the payment: the buyer confirmed there, or its own clock did."""


class TrackingEvent(Model, Keyed):
    """Something the carrier said about a parcel, under the number it had then. Append-only."""

    __tablename__ = "tracking_events"
    __table_args__ = (UniqueConstraint("shipment_id", "tracking_number", "happened_at", "state", "text"),)

    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id"))
    tracking_number: Mapped[str]
    happened_at: Mapped[datetime]
    state: Mapped[str]
    place: Mapped[str]
    text: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(default=now)
