"""A workshop's parts of paid orders: the list by status, one order, and sending its parcel."""

from __future__ import annotations

from flask import flash, redirect, session, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.inputs import Text
from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.fulfillment.boxes import box_of, packed_counts
from domain.fulfillment.parcels import shipment_of
from domain.fulfillment.shipping_out import ship
from domain.fulfillment.worklist import history_of, status_counts, work_of
from domain.orders.history import part_of_workshop
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refunds_of_workshop
from gateways.carriers.catalog import CARRIERS, find_carrier


class OrdersQuery(Payload):
    status: WorkshopOrderStatus = WorkshopOrderStatus.TO_PACK
    page: int = Field(default=1, ge=1, le=10000)


class ShipmentForm(Payload):
    carrier_code: Text = Field(max_length=20)
    tracking_number: Text = Field(max_length=40)


@blueprint.get("/orders")
@role(Role.OWNER)
def orders() -> tuple[str, int]:
    query, workshop = parse_query(OrdersQuery), own_workshop()
    page = work_of(workshop.id, query.status, number=query.page)
    return console(
        "orders.html",
        gettext("订单"),
        "orders",
        page=page,
        query=query,
        counts=status_counts(workshop.id),
        packed=packed_counts([part.id for part in page.items]),
        statuses=list(WorkshopOrderStatus),
        page_url=lambda number: url_for("workshop.orders", status=query.status.value, page=number),
    )


@blueprint.get("/orders/<number>")
@role(Role.OWNER)
def order(number: str) -> tuple[str, int]:
    return _order_page(part_of_workshop(own_workshop_ids(), number), None)


@blueprint.post("/orders/<number>/ship")
@role(Role.OWNER)
def ship_order(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(ShipmentForm)
    refused = attempt(
        form, lambda: ship(part, form.value.carrier_code, form.value.tracking_number, actor()), "tracking_number"
    )
    if refused:
        return _order_page(part, form, refused)
    session["carrier"] = form.value.carrier_code
    flash(gettext("已发货，买家能看到单号了"), "success")
    return redirect(url_for("workshop.order", number=number))


def _order_page(part: WorkshopOrder, form: Form[ShipmentForm] | None, status: int = 200) -> tuple[str, int]:
    shipment = shipment_of(part)
    return console(
        "order.html",
        gettext("订单 %(number)s", number=part.number),
        "orders",
        status,
        part=part,
        box=box_of(part),
        shipment=shipment,
        carrier=find_carrier(shipment.carrier_code) if shipment else None,
        carriers=[(carrier.code, gettext(carrier.name)) for carrier in CARRIERS],
        usual_carrier=session.get("carrier", ""),
        history=history_of(part),
        refunds=refunds_of_workshop(part.order, part.workshop_id),
        form=form,
    )
