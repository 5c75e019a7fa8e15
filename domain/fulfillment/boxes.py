"""What lies in a box, and what is still missing in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, func, select

from core.db import db
from domain.batches.models import Batch
from domain.fulfillment.models import PackedPackage, Shipment, ShipmentLine
from domain.labels.models import PackageCode
from domain.orders.models import OrderLine, WorkshopOrder


@dataclass(frozen=True, slots=True)
class Packed:
    """A packet in the box."""

    package_code_id: int
    order_line_id: int
    serial: str
    lot: str
    packed_at: datetime
    shipment_id: int | None = None


@dataclass(slots=True)
class BoxLine:
    """A line of the order and its packets. `has_codes`: some batch of its variant has codes, so each must be scanned."""

    line: OrderLine
    has_codes: bool
    packages: list[Packed] = field(default_factory=list)
    sent: int = 0
    """Packets of the line in parcels that left."""

    @property
    def packed(self) -> int:
        """Scanned into the box, or sent without a code."""
        return len(self.packages) + self.sent_uncoded

    @property
    def waiting(self) -> list[Packed]:
        """Scanned, and in no parcel that left."""
        return [packed for packed in self.packages if packed.shipment_id is None]

    @property
    def sent_uncoded(self) -> int:
        return self.sent - (len(self.packages) - len(self.waiting))

    @property
    def uncounted(self) -> int:
        """Packets neither scanned nor sent."""
        return self.line.wanted_quantity - self.packed

    @property
    def is_complete(self) -> bool:
        return self.packed >= self.line.wanted_quantity


@dataclass(frozen=True, slots=True)
class Box:
    """A part's lines with what has been packed."""

    lines: list[BoxLine]

    @property
    def wanted(self) -> int:
        return sum(entry.line.wanted_quantity for entry in self.lines)

    @property
    def packed(self) -> int:
        return sum(entry.packed for entry in self.lines)

    @property
    def uncoded(self) -> list[BoxLine]:
        """Lines that can't be scanned: no packet of their variant ever got a code."""
        return [entry for entry in self.lines if not entry.has_codes and not entry.is_complete]

    @property
    def unscanned(self) -> list[BoxLine]:
        """Lines whose packets still have to be scanned."""
        return [entry for entry in self.lines if entry.has_codes and not entry.is_complete]


def box_of(part: WorkshopOrder) -> Box:
    """The part's box, line by line."""
    coded = _coded_variants({line.variant_id for line in part.lines_to_send})
    lines = {line.id: BoxLine(line, line.variant_id in coded) for line in part.lines_to_send}
    statement = (
        select(PackedPackage, PackageCode.serial, Batch.lot)
        .join(PackageCode, PackageCode.id == PackedPackage.package_code_id)
        .join(Batch, Batch.id == PackageCode.batch_id)
        .where(PackedPackage.workshop_order_id == part.id)
        .order_by(PackedPackage.packed_at, PackedPackage.package_code_id)
    )
    for row, serial, lot in db.session.execute(statement):
        packed = Packed(row.package_code_id, row.order_line_id, serial, lot, row.packed_at, row.shipment_id)
        lines[row.order_line_id].packages.append(packed)
    for line_id, sent in _sent(part.id).items():
        lines[line_id].sent = sent
    return Box(list(lines.values()))


def packed_counts(part_ids: Collection[int]) -> Counter[int]:
    """How many packets lie in the boxes of several parts."""
    statement = select(PackedPackage.workshop_order_id).where(PackedPackage.workshop_order_id.in_(part_ids))
    return Counter(db.session.scalars(statement))


def _sent(part_id: int) -> dict[int, int]:
    """How many packets of each line are in parcels that left."""
    statement = (
        select(ShipmentLine.order_line_id, func.sum(ShipmentLine.quantity))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.workshop_order_id == part_id)
        .group_by(ShipmentLine.order_line_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def _coded_variants(variant_ids: Collection[int]) -> set[int]:
    minted = exists().where(PackageCode.batch_id == Batch.id, PackageCode.voided_at.is_(None))
    return set(db.session.scalars(select(Batch.variant_id).where(Batch.variant_id.in_(variant_ids), minted).distinct()))
