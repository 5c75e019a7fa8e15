"""Simulated carriers: a parcel begins to move when somebody first asks after its number, on the sandbox's fast clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import faults
from sandbox.control.asking import asked, text
from sandbox.control.errors import ControlError
from sandbox.control.views import refuse
from sandbox.rows import Consignment
from sandbox.world import world

blueprint = Blueprint("carriers", __name__)
blueprint.register_error_handler(ControlError, refuse)

# Hours after the parcel was handed over, state, place, what the carrier says.
WAY = (
    (1, "collected", "漳州市长泰区", "快件已揽收"),
    (5, "in_transit", "漳州转运中心", "快件到达漳州转运中心"),
    (14, "in_transit", "厦门转运中心", "快件已发往厦门转运中心"),
    (30, "in_transit", "厦门市思明区", "快件到达厦门思明营业部"),
    (34, "out_for_delivery", "厦门市思明区", "快件正在派送，请保持电话畅通"),
)
ENDS = {
    "delivered": ((37, "delivered", "厦门市思明区", "快件已签收，签收人：本人"),),
    "exception": ((37, "exception", "厦门市思明区", "派送不成功：收件人联系不上"),),
    "returned": (
        (37, "exception", "厦门市思明区", "派送不成功：收件人拒收"),
        (60, "returned", "漳州市长泰区", "快件已退回寄件人"),
    ),
    "lost": (),
}


@blueprint.get("/carriers/v1/track")
def track() -> Response:
    """All events of a parcel so far."""
    carrier, number = request.args.get("carrier", ""), request.args.get("number", "")
    if not carrier or not number:
        return jsonify(error="carrier and number are required")
    if faults.current(world().store).system_error:
        return Response("busy", 503)
    return jsonify(carrier=carrier, number=number, traces=_traces(_consignment(carrier, number)))


@blueprint.post("/sandbox/parcels")
def move() -> Response:
    """carrier, number: which parcel. fate: delivered, exception, returned or lost. hours: hurry it on by so much."""
    body = asked()
    carrier, number = text(body, "carrier"), text(body, "number")
    fate, hours = text(body, "fate"), body.get("hours", 0)
    if not carrier or not number or (fate and fate not in ENDS):
        raise ControlError(400, "bad_value", f"carrier, number, and fate one of {', '.join(ENDS)}")
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not 0 <= hours <= 10_000:
        raise ControlError(400, "bad_value", "hours: from 0 to 10000")
    with world().store.lock:
        parcel = _consignment(carrier, number)
        parcel = replace(parcel, fate=fate or parcel.fate, hurried_hours=parcel.hurried_hours + hours)
        world().store.save(parcel)
    return jsonify(carrier=carrier, number=number, fate=parcel.fate, traces=_traces(parcel))


def _consignment(carrier: str, number: str) -> Consignment:
    here = world()
    with here.store.lock:
        known = here.store.get(Consignment, f"{carrier}/{number}")
        if known is None:
            known = Consignment(carrier, number, here.clock.now(), here.clock.rate)
            here.store.save(known)
    return known


def _traces(parcel: Consignment) -> list[dict[str, Any]]:
    """What has happened by now. A time once told stays: it counts in the clock's rate of the parcel's beginning."""
    now = world().clock.now()
    way = [*(WAY if parcel.fate != "lost" else WAY[:2]), *ENDS[parcel.fate]]
    began = parcel.handed_over_at

    def real(hours: float) -> timedelta:
        return timedelta(hours=hours / parcel.rate)

    traces = []
    for hours, state, place, says in way:
        at: datetime = began + real(hours)
        if at <= now + real(parcel.hurried_hours):
            traces.append({"time": at.isoformat(), "state": state, "place": place, "text": says})
    return traces
