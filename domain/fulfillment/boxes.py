"""What lies in a box, and what is still missing in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, select

from core.db import db
from domain.batches.models import Batch
from domain.fulfillment.models import PackedPackage
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


@dataclass(slots=True)
class BoxLine:
    """A line of the order and its packets. `has_codes`: some batch of its variant has codes, so each must be scanned."""

    line: OrderLine
    has_codes: bool
    packages: list[Packed] = field(default_factory=list)

    @property
    def packed(self) -> int:
        return len(self.packages)

    @property
    def is_complete(self) -> bool:
        return self.packed >= self.line.quantity


@dataclass(frozen=True, slots=True)
class Box:
    """A part's lines with what has been packed."""

    lines: list[BoxLine]

    @property
    def wanted(self) -> int:
        return sum(entry.line.quantity for entry in self.lines)

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
        packed = Packed(row.package_code_id, row.order_line_id, serial, lot, row.packed_at)
        lines[row.order_line_id].packages.append(packed)
    return Box(list(lines.values()))


def packed_counts(part_ids: Collection[int]) -> Counter[int]:
    """How many packets lie in the boxes of several parts."""
    statement = select(PackedPackage.workshop_order_id).where(PackedPackage.workshop_order_id.in_(part_ids))
    return Counter(db.session.scalars(statement))


def _coded_variants(variant_ids: Collection[int]) -> set[int]:
    minted = exists().where(PackageCode.batch_id == Batch.id, PackageCode.voided_at.is_(None))
    return set(db.session.scalars(select(Batch.variant_id).where(Batch.variant_id.in_(variant_ids), minted).distinct()))
