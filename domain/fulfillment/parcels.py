"""The parcels of an order."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import NotFound
from domain.fulfillment.models import Shipment
from domain.orders.models import WorkshopOrder


def shipments_of(order_id: int) -> dict[int, list[Shipment]]:
    """The order's parcels by the id of the workshop's part, in one query."""
    statement = (
        select(Shipment)
        .join(WorkshopOrder, WorkshopOrder.id == Shipment.workshop_order_id)
        .where(WorkshopOrder.order_id == order_id)
        .order_by(Shipment.id)
    )
    found: dict[int, list[Shipment]] = {}
    for shipment in db.session.scalars(statement):
        found.setdefault(shipment.workshop_order_id, []).append(shipment)
    return found


def parcels_of(part: WorkshopOrder) -> list[Shipment]:
    """The parcels that carry one workshop's part, the first first."""
    return list(db.session.scalars(select(Shipment).filter_by(workshop_order_id=part.id).order_by(Shipment.place)))


def parcel_of(part: WorkshopOrder, place: int) -> Shipment:
    """One parcel of a part, or NotFound."""
    shipment = db.session.scalars(select(Shipment).filter_by(workshop_order_id=part.id, place=place)).first()
    if shipment is None:
        raise NotFound(what="parcel")
    return shipment


def shipment_of(part: WorkshopOrder) -> Shipment | None:
    """The first parcel that carries one workshop's part, once it was sent."""
    return next(iter(parcels_of(part)), None)
