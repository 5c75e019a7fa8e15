"""What left the workshop: which packets went into the box, and the parcel that carries it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

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


class Shipment(Model, Keyed):
    """A parcel on its way."""

    __tablename__ = "shipments"
    __table_args__ = (UniqueConstraint("carrier_code", "tracking_number"),)

    workshop_order_id: Mapped[int] = mapped_column(ForeignKey("workshop_orders.id"), index=True)
    carrier_code: Mapped[str]
    tracking_number: Mapped[str]
    shipped_at: Mapped[datetime] = mapped_column(default=now)
    shipped_by: Mapped[str]
