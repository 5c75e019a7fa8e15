"""Following parcels: ask the carrier now and then, keep what it says, know when a parcel came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.jobs import enqueue, job
from core.settings import settings
from domain.fulfillment.models import Shipment, TrackingEvent
from domain.fulfillment.telling import tell_moved
from domain.orders.models import WorkshopOrder
from gateways import registry
from gateways.carriers.tracking import CarrierUnavailable, ParcelState, Trace

log = structlog.get_logger(__name__)
MOST_AT_ONCE = 200
LONGEST_PAUSE = timedelta(hours=12)
FOLLOWED_FOR = timedelta(days=30)


@job(queue_name="parcels")
def look_at_parcel(shipment_id: int) -> None:
    """Ask the carrier once and keep what is new. Asked twice, nothing is kept twice."""
    shipment = db.session.get_one(Shipment, shipment_id)
    service = registry.carrier_tracking()
    if service is None:
        return
    asked = (shipment.carrier_code, shipment.tracking_number)
    try:
        traces = service.query(*asked)
    except CarrierUnavailable as fault:
        # The next look is planned already.
        log.warning("parcel_not_found_out", shipment=shipment_id, reason=fault.params.get("reason"))
        return
    db.session.refresh(shipment, with_for_update=True)
    if (shipment.carrier_code, shipment.tracking_number) == asked:
        note_traces(shipment, traces)


def plan_looks() -> int:
    """Write a job for each parcel that is due, and when to look again should that job come to nothing."""
    if registry.carrier_tracking() is None:
        return 0
    due = select(Shipment.id).where(Shipment.next_look_at <= now()).order_by(Shipment.next_look_at).limit(MOST_AT_ONCE)
    ids = list(db.session.scalars(due.with_for_update(skip_locked=True)))
    db.session.execute(
        update(Shipment)
        .where(Shipment.id.in_(ids))
        .values(next_look_at=now() + timedelta(seconds=settings().carrier_tracking_seconds))
    )
    for shipment_id in ids:
        enqueue(look_at_parcel, lock=f"parcel/{shipment_id}", shipment_id=shipment_id)
    return len(ids)


def note_traces(shipment: Shipment, traces: Iterable[Trace]) -> bool:
    """Keep what is new of a locked parcel and move its state on; whether there was news."""
    traces = sorted(traces, key=lambda trace: trace.happened_at)
    news = [_keep(shipment, trace) for trace in traces]
    if any(news):
        latest = traces[-1]
        shipment.tracking_state = latest.state
        shipment.delivered_at = latest.happened_at if latest.state is ParcelState.DELIVERED else None
        tell_moved(db.session.get_one(WorkshopOrder, shipment.workshop_order_id), shipment)
    shipment.looks_in_vain = 0 if any(news) else shipment.looks_in_vain + 1
    _plan_next(shipment)
    db.session.flush()
    return any(news)


def events_of(shipments: Iterable[Shipment]) -> dict[int, list[TrackingEvent]]:
    """What carriers said about parcels under the numbers they have now, the newest first, by the parcel's id."""
    numbers = {shipment.id: shipment.tracking_number for shipment in shipments}
    statement = select(TrackingEvent).where(TrackingEvent.shipment_id.in_(numbers))
    found: dict[int, list[TrackingEvent]] = {}
    for event in db.session.scalars(statement.order_by(TrackingEvent.happened_at.desc(), TrackingEvent.id.desc())):
        if event.tracking_number == numbers[event.shipment_id]:
            found.setdefault(event.shipment_id, []).append(event)
    return found


def _keep(shipment: Shipment, trace: Trace) -> bool:
    row = insert(TrackingEvent).values(
        shipment_id=shipment.id, tracking_number=shipment.tracking_number, happened_at=trace.happened_at,
        state=trace.state, place=trace.place, text=trace.text, seen_at=now(),
    )  # fmt: skip
    return db.session.scalar(row.on_conflict_do_nothing().returning(TrackingEvent.id)) is not None


def _plan_next(shipment: Shipment) -> None:
    """Twice the last pause while nothing happens; never again once it came, went back, or is a month old."""
    over = ParcelState(shipment.tracking_state).is_final or now() > shipment.shipped_at + FOLLOWED_FOR
    pause = timedelta(seconds=settings().carrier_tracking_seconds * 2 ** min(shipment.looks_in_vain, 10))
    shipment.next_look_at = None if over else now() + min(pause, LONGEST_PAUSE)
