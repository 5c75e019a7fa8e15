"""Sending parcels: what goes into the next one, its carrier and number, then the next order that waits."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, session, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop_ids
from blueprints.workshop.views.orders import order_page
from core.errors import InvalidInput
from core.identity import Role
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.inputs import Text
from domain.fulfillment.boxes import box_of
from domain.fulfillment.models import Shipment
from domain.fulfillment.parcels import parcel_of, parcels_of
from domain.fulfillment.shipping_out import Contents, correct_number, ship
from domain.fulfillment.worklist import next_packed
from domain.orders.history import part_of_workshop
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus
from gateways.carriers.catalog import CARRIERS


class ShipmentForm(Payload):
    """A parcel with all that is left of a packed part."""

    carrier_code: Text = Field(max_length=20)
    tracking_number: Text = Field(max_length=40)


class ParcelForm(ShipmentForm):
    """A parcel with what was chosen: packets by code, others as as many quantities as lines."""

    place: int = Field(ge=1, le=1000)
    package_code_ids: list[int] = Field(default_factory=list, max_length=1000)
    line_ids: list[int] = Field(default_factory=list, max_length=100)
    quantities: list[int] = Field(default_factory=list, max_length=100)

    @property
    def contents(self) -> Contents:
        if len(self.line_ids) != len(self.quantities) or any(quantity < 0 for quantity in self.quantities):
            raise InvalidInput({"quantities": "请填写整数"})
        return Contents(self.package_code_ids, dict(zip(self.line_ids, self.quantities, strict=True)))


@blueprint.post("/orders/<number>/ship")
@role(Role.OWNER)
def ship_order(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(ShipmentForm)
    refused = attempt(
        form, lambda: ship(part, form.value.carrier_code, form.value.tracking_number, actor()), "tracking_number"
    )
    return order_page(part, form, refused) if refused else _sent(part, form.value.carrier_code)


@blueprint.get("/orders/<number>/parcel")
@role(Role.OWNER)
def parcel(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    if part.status not in {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED}:
        return redirect(url_for("workshop.order", number=number))
    return _parcel_page(part, None)


@blueprint.post("/orders/<number>/parcel")
@role(Role.OWNER)
def send_parcel(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(ParcelForm)
    refused = attempt(form, lambda: _send(part, form.value))
    if refused:
        return _parcel_page(part, form, refused)
    answer, following = _sent(part, form.value.carrier_code), next_packed(part)
    if part.status == WorkshopOrderStatus.SHIPPED and following is not None:
        return redirect(url_for("workshop.parcel", number=following.number))
    return answer


@blueprint.post("/orders/<number>/parcels/<int:place>/correct")
@role(Role.OWNER)
def correct_parcel(number: str, place: int) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    shipment, form = parcel_of(part, place), bind_form(ShipmentForm)
    refused = attempt(form, lambda: _correct(shipment, form.value))
    if refused:
        return order_page(part, form, refused)
    flash(gettext("单号改好了，原来的留在记录里"), "success")
    return redirect(url_for("workshop.order", number=number))


def _send(part: WorkshopOrder, wish: ParcelForm) -> Shipment:
    return ship(part, wish.carrier_code, wish.tracking_number, actor(), wish.contents, place=wish.place)


def _correct(shipment: Shipment, wish: ShipmentForm) -> object:
    return correct_number(shipment, wish.carrier_code, wish.tracking_number, actor())


def _sent(part: WorkshopOrder, carrier_code: str) -> Response:
    """Back to the order, saying whether something of it is still here; the carrier is proposed next time."""
    session["carrier"] = carrier_code
    if part.status != WorkshopOrderStatus.SHIPPED:
        flash(gettext("这一包裹已寄出，剩下的装好再寄"), "success")
        return redirect(url_for("workshop.order", number=part.number))
    flash(gettext("已发货，买家能看到单号了"), "success")
    return redirect(url_for("workshop.order", number=part.number))


def _parcel_page(part: WorkshopOrder, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    sent = parcels_of(part)
    return console(
        "parcel.html",
        gettext("寄第 %(place)s 个包裹", place=len(sent) + 1),
        "orders",
        status,
        part=part,
        box=box_of(part),
        place=len(sent) + 1,
        carriers=[(carrier.code, gettext(carrier.name)) for carrier in CARRIERS],
        usual_carrier=session.get("carrier", ""),
        next_part=next_packed(part),
        form=form,
    )
