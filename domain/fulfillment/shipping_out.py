"""Handing a packed box to a carrier."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.states import check_transition
from domain.fulfillment.models import Shipment
from domain.fulfillment.moves import lock_part, move_part
from domain.fulfillment.packing import check_contents
from domain.orders.models import WORKSHOP_ORDER_TRANSITIONS, WorkshopOrder, WorkshopOrderStatus
from domain.stock import allocating
from gateways.carriers.catalog import check_shipment


class TrackingNumberTaken(DomainError):
    status = 422
    message = "这个单号已经用在另一个包裹上了"


def ship(part: WorkshopOrder, carrier_code: str, tracking_number: str, by: str) -> Shipment:
    """The box is on its way under a carrier's number (kept in capitals without blanks).

    InvalidInput names `carrier_code` or `tracking_number`; TrackingNumberTaken; TransitionRefused unless it is packed.
    A packet whose batch was blocked since packing keeps the box here (the errors of `packing`).
    """
    part = lock_part(part.id)
    check_transition(WORKSHOP_ORDER_TRANSITIONS, WorkshopOrderStatus(part.status), WorkshopOrderStatus.SHIPPED)
    carrier, number = check_shipment(carrier_code, tracking_number)
    check_contents(part)
    row = insert(Shipment).values(
        workshop_order_id=part.id, carrier_code=carrier.code, tracking_number=number, shipped_at=now(), shipped_by=by
    )
    shipment = db.session.scalar(row.on_conflict_do_nothing().returning(Shipment))
    if shipment is None:
        raise TrackingNumberTaken
    move_part(part, WorkshopOrderStatus.SHIPPED, by, f"{carrier.name} {number}")
    allocating.ship(part.order.number, {line.variant_id for line in part.lines}, by=by)
    return shipment
