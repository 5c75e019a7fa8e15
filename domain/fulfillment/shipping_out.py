"""Handing packed boxes to a carrier: all that is left of a workshop's part in one parcel, or in several."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.states import check_transition
from domain.fulfillment.boxes import Box, BoxLine, box_of
from domain.fulfillment.models import PackedPackage, Shipment, ShipmentCorrection, ShipmentLine
from domain.fulfillment.moves import lock_part, move_part
from domain.fulfillment.packing import LineHasCodes, check_contents
from domain.fulfillment.reporting import plan_report
from domain.fulfillment.telling import tell_shipped
from domain.orders.models import WORKSHOP_ORDER_TRANSITIONS, WorkshopOrder, WorkshopOrderStatus
from domain.stock import allocating
from gateways.carriers.catalog import check_shipment
from gateways.carriers.tracking import ParcelState


class TrackingNumberTaken(DomainError):
    status = 422
    message = "这个单号已经用在另一个包裹上了"


class ParcelEmpty(DomainError):
    status = 422
    message = "包裹里还没有东西"


class ParcelAlreadyClosed(DomainError):
    """Another phone closed the parcel that was being filled."""

    message = "这个包裹刚刚已经寄出，请看一下再寄下一个"


class ParcelTooFull(DomainError):
    """More packets than are left of a line."""

    status = 422
    message = "「%(name)s」只剩 %(left)s 件没有寄"


class PackageNotInBox(DomainError):
    status = 422
    message = "所选的包装不在箱子里，请刷新再选"


class NumberCorrectedAlready(DomainError):
    """A parcel's number is put right once; what is wrong after that needs the buyer and the carrier."""

    message = "单号只能改一次，这个包裹已经改过了"


class PartIsFetched(DomainError):
    """The buyer comes for it (自提)."""

    message = "这一单是买家自提，不用寄"


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into one parcel: scanned packets by the id of their code, others counted by the id of their line."""

    package_code_ids: Collection[int] = ()
    counted: Mapping[int, int] = field(default_factory=dict)


def ship(
    part: WorkshopOrder, carrier_code: str, tracking_number: str, by: str,
    contents: Contents | None = None, *, place: int | None = None,
) -> Shipment:  # fmt: skip
    """A parcel is on its way under a carrier's number (kept in capitals without blanks).

    Without `contents` it carries all that is left of a packed part. With them it may leave before the rest is packed.
    The part is shipped when everything is in a parcel that left. `place` is the parcel's number as the sender saw it:
    ParcelAlreadyClosed when another phone was faster. InvalidInput names `carrier_code` or `tracking_number`;
    TrackingNumberTaken; TransitionRefused unless there is something to send; PartIsFetched; ParcelEmpty, ParcelTooFull,
    PackageNotInBox. A packet whose batch was blocked since packing keeps the parcel here (the errors of `packing`).
    """
    part = lock_part(part.id)
    if part.pickup_code is not None:
        raise PartIsFetched
    if contents is None or part.status != WorkshopOrderStatus.TO_PACK:
        check_transition(WORKSHOP_ORDER_TRANSITIONS, WorkshopOrderStatus(part.status), WorkshopOrderStatus.SHIPPED)
    number_here = _next_place(part.id)
    if place is not None and place != number_here:
        raise ParcelAlreadyClosed
    carrier, number = check_shipment(carrier_code, tracking_number)
    box = box_of(part)
    chosen = _all_left(box) if contents is None else contents
    quantities = _check(part, box, chosen)
    check_contents(part)
    shipment = _write(part, number_here, (carrier.code, number), by)
    _fill(shipment, quantities, chosen.package_code_ids)
    plan_report(part.order_id)
    tell_shipped(part, shipment)
    part.first_shipped_at = part.first_shipped_at or shipment.shipped_at
    note_all_sent(part, by, f"{carrier.name} {number}")
    return shipment


def note_all_sent(part: WorkshopOrder, by: str, reason: str) -> None:
    """A held part is shipped once all that is to be sent is in a parcel that left."""
    box = box_of(part)
    if not any(entry.sent for entry in box.lines) or any(
        entry.sent < entry.line.wanted_quantity for entry in box.lines
    ):
        return
    if part.status == WorkshopOrderStatus.TO_PACK:
        move_part(part, WorkshopOrderStatus.PACKED, by)
    move_part(part, WorkshopOrderStatus.SHIPPED, by, reason)
    # Its packets leave their lots with the last parcel; until then they are allocated, so nobody else gets them.
    allocating.ship(part.order.number, {line.variant_id for line in part.lines}, by=by)


def correct_number(shipment: Shipment, carrier_code: str, tracking_number: str, by: str) -> ShipmentCorrection:
    """The parcel's number was written wrongly: from now on it is this one. Once a parcel; the wrong one is kept.

    Raises NumberCorrectedAlready, TrackingNumberTaken, InvalidInput, and TransitionRefused once the part was received.
    """
    part = lock_part(shipment.workshop_order_id)
    if part.status not in {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED}:
        check_transition(WORKSHOP_ORDER_TRANSITIONS, WorkshopOrderStatus(part.status), WorkshopOrderStatus.RECEIVED)
    db.session.refresh(shipment)
    if shipment.correction is not None:
        raise NumberCorrectedAlready
    carrier, number = check_shipment(carrier_code, tracking_number)
    correction = ShipmentCorrection(
        shipment_id=shipment.id, by=by, carrier_code=carrier.code, tracking_number=number,
        wrong_carrier_code=shipment.carrier_code, wrong_tracking_number=shipment.tracking_number,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            shipment.carrier_code, shipment.tracking_number = carrier.code, number
            shipment.tracking_state, shipment.delivered_at = ParcelState.UNKNOWN, None
            shipment.next_look_at, shipment.looks_in_vain = now(), 0
            db.session.add(correction)
    except IntegrityError:
        raise TrackingNumberTaken from None
    db.session.expire(shipment, ["correction"])
    plan_report(part.order_id)
    return correction


def _next_place(part_id: int) -> int:
    statement = select(func.count()).select_from(Shipment).where(Shipment.workshop_order_id == part_id)
    return (db.session.scalar(statement) or 0) + 1


def _all_left(box: Box) -> Contents:
    """Everything that has not left: vouched packets are counted."""
    waiting = [packed.package_code_id for entry in box.lines for packed in entry.waiting]
    return Contents(waiting, {entry.line.id: entry.uncounted for entry in box.lines if entry.uncounted > 0})


def _check(part: WorkshopOrder, box: Box, contents: Contents) -> dict[int, int]:
    """Quantities by line, when the parcel can hold what is asked for."""
    entries = {entry.line.id: entry for entry in box.lines}
    waiting = {packed.package_code_id: packed.order_line_id for entry in box.lines for packed in entry.waiting}
    quantities: dict[int, int] = {}
    for code_id in set(contents.package_code_ids):
        if code_id not in waiting:
            raise PackageNotInBox
        quantities[waiting[code_id]] = quantities.get(waiting[code_id], 0) + 1
    for line_id, quantity in contents.counted.items():
        if quantity > 0:
            _check_counted(part, entries.get(line_id), quantity)
            quantities[line_id] = quantities.get(line_id, 0) + quantity
    if not quantities:
        raise ParcelEmpty
    return quantities


def _check_counted(part: WorkshopOrder, entry: BoxLine | None, quantity: int) -> None:
    if entry is None:
        raise PackageNotInBox
    if entry.has_codes and part.status == WorkshopOrderStatus.TO_PACK:
        raise LineHasCodes(name=entry.line.product_name)
    if quantity > entry.uncounted:
        raise ParcelTooFull(name=entry.line.product_name, left=entry.uncounted)


def _write(part: WorkshopOrder, place: int, mark: tuple[str, str], by: str) -> Shipment:
    row = insert(Shipment).values(
        workshop_order_id=part.id, place=place, carrier_code=mark[0], tracking_number=mark[1],
        shipped_at=now(), shipped_by=by, tracking_state=ParcelState.UNKNOWN, next_look_at=now(), looks_in_vain=0,
    )  # fmt: skip
    shipment = db.session.scalar(row.on_conflict_do_nothing().returning(Shipment))
    if shipment is None:
        raise TrackingNumberTaken
    return shipment


def _fill(shipment: Shipment, quantities: Mapping[int, int], package_code_ids: Collection[int]) -> None:
    for line_id, quantity in sorted(quantities.items()):
        db.session.add(ShipmentLine(shipment_id=shipment.id, order_line_id=line_id, quantity=quantity))
    moved = update(PackedPackage).where(PackedPackage.package_code_id.in_(package_code_ids))
    db.session.execute(moved.values(shipment_id=shipment.id))
    db.session.flush()
    db.session.expire(shipment, ["lines"])
