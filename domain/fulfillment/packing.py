"""Putting packets into a box, one code at a time, until the box holds what was ordered.

A code must be of a released batch of this workshop and of a variant in the order, not void, not past its best-before
date, and in no other box.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.gs1 import TraceCode, TraceCodeMalformed, parse_trace_address
from domain.batches.models import Batch
from domain.fulfillment.boxes import BoxLine, box_of
from domain.fulfillment.models import PackedPackage
from domain.fulfillment.moves import lock_part, move_part
from domain.labels.models import PackageCode
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus
from domain.products.models import Variant
from domain.stock import allocating

_SERIAL = re.compile(r"[0-9A-Z]{1,20}")
# Read by a person, these letters are digits: no serial has them.
_LOOKALIKES = str.maketrans("OILU", "011V")


class PackingOver(DomainError):
    message = "这一单已经装完箱，不能再增减"


class PartCancelled(DomainError):
    """The buyer gave it up before any of it was packed."""

    message = "买家已取消这一单，不用装箱了"


class PackageCodeUnknown(DomainError):
    status = 422
    message = "没有这个包装码，请对着包装再看一遍"


class PackageVoid(DomainError):
    status = 422
    message = "这个包装码已作废，不能装箱"


class PackageOfAnotherWorkshop(DomainError):
    status = 422
    message = "这不是本作坊的包装"


class PackageBatchNotReleased(DomainError):
    """The packet's batch waits for its test, is blocked or recalled."""

    message = "批次 %(lot)s 没有放行，不能装箱"


class PackageExpired(DomainError):
    message = "批次 %(lot)s 已过保质期，不能装箱"


class PackageNotOrdered(DomainError):
    status = 422
    message = "这一单没有买「%(name)s」，拿错了"


class LineFull(DomainError):
    message = "「%(name)s」已经够 %(quantity)s 件了"


class PackageAlreadyInBox(DomainError):
    message = "这一件已经在这个箱子里了"


class PackageInAnotherBox(DomainError):
    message = "这一件已经装进另一个箱子了"


class BoxIncomplete(DomainError):
    """Some line lacks packets."""

    message = "「%(name)s」还差 %(missing)s 件"


class LineShort(DomainError):
    """No lot of the workshop has the packets any more: they were blocked, or never there."""

    message = "「%(name)s」还差 %(missing)s 件货，做好入库再装，或点「做不了」"


class LineHasCodes(DomainError):
    """A line was to be packed without codes although its packets have some."""

    status = 422
    message = "「%(name)s」有包装码，请逐件扫码"


def pack_package(part: WorkshopOrder, code: str, by: str) -> PackedPackage:
    """Put the packet of `code` (a whole address, its path, or the serial alone) into the part's box.

    Raises InvalidInput on `code` when it can be no code, else the error named after what is wrong.
    """
    part = _open_part(part)
    wanted = parse_code(code)
    package, batch = _find_package(wanted)
    _check_package(package, batch, part)
    entry = _line_for(batch, part)
    row = insert(PackedPackage).values(
        package_code_id=package.id,
        workshop_order_id=part.id,
        order_line_id=entry.line.id,
        packed_at=now(),
        packed_by=by,
    )
    # Two phones may scan one packet at once: the second waits here for the first, then finds the place taken.
    packed = db.session.scalar(row.on_conflict_do_nothing().returning(PackedPackage))
    if packed is None:
        _refuse_packed(package.id, part.id)
    if entry.is_complete:
        raise LineFull(name=entry.line.product_name, quantity=entry.line.wanted_quantity)
    assert packed is not None
    part.packing_began_at = part.packing_began_at or now()
    allocating.pack(part.order.number, batch, by=by)
    return packed


def unpack_package(part: WorkshopOrder, package_code_id: int) -> None:
    """Take a packet out of the part's box again; NotFound when it isn't in it, or has left in a parcel."""
    part = _open_part(part)
    statement = delete(PackedPackage).where(
        PackedPackage.package_code_id == package_code_id,
        PackedPackage.workshop_order_id == part.id,
        PackedPackage.shipment_id.is_(None),
    )
    if db.session.scalar(statement.returning(PackedPackage.package_code_id)) is None:
        raise NotFound(what="package")
    if not box_of(part).packed:
        part.packing_began_at = None
    batch = db.session.scalars(select(Batch).join(PackageCode).where(PackageCode.id == package_code_id)).one()
    allocating.unpack(part.order.number, batch)


def finish_packing(part: WorkshopOrder, by: str, without_codes: Collection[int] = ()) -> None:
    """The box is complete and closed: the part waits to be shipped.

    `without_codes` are the lines (ids) that somebody vouches for because no packet of their variant ever got a code;
    LineHasCodes for any other, BoxIncomplete for a line that lacks packets, LineShort when the workshop's lots do.
    """
    part = _open_part(part)
    vouched = []
    for entry in box_of(part).lines:
        if entry.line.id in without_codes:
            if entry.has_codes:
                raise LineHasCodes(name=entry.line.product_name)
            if entry.uncounted:
                _require_packets(entry, part, by)
                vouched.append(f"{entry.line.product_name} {entry.line.variant_name}×{entry.uncounted}")
        elif not entry.is_complete:
            raise BoxIncomplete(name=entry.line.product_name, missing=entry.line.wanted_quantity - entry.packed)
    check_contents(part)
    move_part(part, WorkshopOrderStatus.PACKED, by, f"无码装箱：{'、'.join(vouched)}" if vouched else "")


def check_contents(part: WorkshopOrder) -> None:
    """Every packet in the box that has not left may still be sold: a batch can be blocked after its packets were packed."""
    statement = (
        select(PackageCode, Batch)
        .join(PackedPackage, PackedPackage.package_code_id == PackageCode.id)
        .join(Batch, Batch.id == PackageCode.batch_id)
        .where(PackedPackage.workshop_order_id == part.id, PackedPackage.shipment_id.is_(None))
        .order_by(PackageCode.id)
        .with_for_update(read=True, of=(PackageCode, Batch))
        .execution_options(populate_existing=True)
    )
    for package, batch in db.session.execute(statement):
        _check_package(package, batch, part)
    for lot in allocating.withheld_lots(part.order.number, {line.variant_id for line in part.lines}):
        raise PackageBatchNotReleased(lot=lot)


def parse_code(text: str) -> TraceCode | str:
    """A scanned address as a TraceCode with a serial, or a typed serial in capitals; InvalidInput on `code`."""
    text = text.strip()
    if "/" in text:
        try:
            code = parse_trace_address(text)
        except TraceCodeMalformed:
            raise InvalidInput({"code": "这不是坂里的包装码"}) from None
        if code.serial is None:
            raise InvalidInput({"code": "这是批次码，请扫每一件包装上的码"})
        return code
    serial = re.sub(r"[\s\-]", "", text).upper().translate(_LOOKALIKES)
    if not _SERIAL.fullmatch(serial):
        raise InvalidInput({"code": "请扫包装上的码，或输入 12 位序列号"})
    return serial


def _require_packets(entry: BoxLine, part: WorkshopOrder, by: str) -> None:
    """Nobody can scan these packets: the workshop's lots vouch for them."""
    missing = allocating.make_good(part.order.number, entry.line.variant_id, part.workshop_id, by=by)
    if missing:
        raise LineShort(name=entry.line.product_name, missing=missing)


def _open_part(part: WorkshopOrder) -> WorkshopOrder:
    locked = lock_part(part.id)
    if locked.status == WorkshopOrderStatus.CANCELLED:
        raise PartCancelled
    if locked.status != WorkshopOrderStatus.TO_PACK:
        raise PackingOver
    return locked


def _find_package(wanted: TraceCode | str) -> tuple[PackageCode, Batch]:
    serial = wanted if isinstance(wanted, str) else str(wanted.serial)
    statement = (
        select(PackageCode, Batch, Variant.gtin)
        .join(Batch, Batch.id == PackageCode.batch_id)
        .join(Variant, Variant.id == Batch.variant_id)
        .where(PackageCode.serial == serial)
        # Nobody voids the code or blocks the batch between this look and the end of the transaction.
        .with_for_update(read=True, of=(PackageCode, Batch))
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise PackageCodeUnknown
    package, batch, gtin = row
    if isinstance(wanted, TraceCode) and (wanted.gtin, wanted.lot) != (gtin, batch.lot):
        raise PackageCodeUnknown
    return package, batch


def _check_package(package: PackageCode, batch: Batch, part: WorkshopOrder) -> None:
    if batch.workshop_id != part.workshop_id:
        raise PackageOfAnotherWorkshop
    if package.voided_at is not None:
        raise PackageVoid
    if not batch.is_sellable:
        raise PackageBatchNotReleased(lot=batch.lot)
    if batch.best_before_on < today():
        raise PackageExpired(lot=batch.lot)


def _line_for(batch: Batch, part: WorkshopOrder) -> BoxLine:
    for entry in box_of(part).lines:
        if entry.line.variant_id == batch.variant_id:
            return entry
    variant = db.session.get_one(Variant, batch.variant_id)
    raise PackageNotOrdered(name=f"{variant.product.name} {variant.name}")


def _refuse_packed(package_code_id: int, part_id: int) -> None:
    packed = db.session.get(PackedPackage, package_code_id, populate_existing=True)
    if packed is not None and packed.workshop_order_id == part_id:
        raise PackageAlreadyInBox
    raise PackageInAnotherBox
