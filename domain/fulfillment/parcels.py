"""The parcels of an order."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
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


def shipment_of(part: WorkshopOrder) -> Shipment | None:
    """The parcel that carries one workshop's part, once it was sent."""
    return db.session.scalars(select(Shipment).filter_by(workshop_order_id=part.id)).first()
