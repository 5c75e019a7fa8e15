"""A workshop's parts of paid orders: the list by status, one order, and what to take from the shelf for all of them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, session, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.clock import now
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.inputs import Text
from core.web.limits import limit
from domain.fulfillment import collecting, declining
from domain.fulfillment.boxes import box_of, packed_counts
from domain.fulfillment.parcels import parcels_of
from domain.fulfillment.picking import pick_list
from domain.fulfillment.tracking import events_of
from domain.fulfillment.worklist import history_of, status_counts, work_of
from domain.orders.history import part_of_workshop
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refunds_of_workshop
from gateways.carriers.catalog import CARRIERS


class OrdersQuery(Payload):
    status: WorkshopOrderStatus = WorkshopOrderStatus.TO_PACK
    page: int = Field(default=1, ge=1, le=10000)


class CodeForm(Payload):
    code: Text = Field(max_length=20)


class DeclineForm(Payload):
    reason: Text = Field(min_length=2, max_length=100)


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
        statuses=[status for status in WorkshopOrderStatus if status != WorkshopOrderStatus.REASSIGNED],
        page_url=lambda number: url_for("workshop.orders", status=query.status.value, page=number),
    )


@blueprint.get("/orders/<number>")
@role(Role.OWNER)
def order(number: str) -> tuple[str, int]:
    return order_page(part_of_workshop(own_workshop_ids(), number), None)


@blueprint.get("/orders/pick-list")
@role(Role.OWNER)
def picking() -> tuple[str, int]:
    """What to take from the shelf, and then what goes into each box: made to be printed."""
    return console("pick_list.html", gettext("拣货单"), "orders", wanted=pick_list(own_workshop().id), printed_at=now())


@blueprint.post("/orders/<number>/hand-over")
@role(Role.OWNER)
def hand_over(number: str) -> tuple[str, int] | Response:
    """The buyer fetches it: the code they say."""
    part = part_of_workshop(own_workshop_ids(), number)
    # Eight digits are worth guessing.
    limit("hand_over", times=10, seconds=600, who=part.number)
    form = bind_form(CodeForm)
    refused = attempt(form, lambda: collecting.hand_over(part, form.value.code, actor()), "code")
    if refused:
        return order_page(part, form, refused)
    flash(gettext("交给买家了"), "success")
    return redirect(url_for("workshop.order", number=number))


@blueprint.post("/orders/<number>/lines/<int:line_id>/decline")
@role(Role.OWNER)
def decline_line(number: str, line_id: int) -> tuple[str, int] | Response:
    """The workshop can't make a line of the order: another maker gets it, or the operator decides."""
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(DeclineForm)
    taken_by: list[int | None] = []
    refused = attempt(
        form, lambda: taken_by.append(declining.decline_line(part, line_id, by=actor(), reason=form.value.reason))
    )
    if refused:
        return order_page(part, form, refused)
    flash(gettext("已转给别的作坊") if taken_by[0] else gettext("没有别家能做，集群运营会来安排"), "info")
    return redirect(url_for("workshop.order", number=number))


def order_page(part: WorkshopOrder, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    parcels = parcels_of(part)
    return console(
        "order.html",
        gettext("订单 %(number)s", number=part.number),
        "orders",
        status,
        part=part,
        box=box_of(part),
        parcels=parcels,
        events=events_of(parcels),
        carriers_by_code={carrier.code: carrier for carrier in CARRIERS},
        carriers=[(carrier.code, gettext(carrier.name)) for carrier in CARRIERS],
        usual_carrier=session.get("carrier", ""),
        history=history_of(part),
        refunds=refunds_of_workshop(part.order, part.workshop_id),
        form=form,
    )
