"""Packing a box: code after code, what is in it, and closing it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop_ids
from core.identity import Role
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.inputs import Nothing, Text
from domain.fulfillment.boxes import box_of
from domain.fulfillment.packing import finish_packing, pack_package, unpack_package
from domain.orders.history import part_of_workshop
from domain.orders.models import WorkshopOrder, WorkshopOrderStatus
from domain.stock.looking import packing_hints


class CodeForm(Payload):
    code: Text = Field(max_length=300)


class FinishForm(Payload):
    """`without_codes`: the lines put in without a code to scan."""

    without_codes: list[int] = Field(default_factory=list, max_length=100)


@blueprint.get("/orders/<number>/pack")
@role(Role.OWNER)
def pack(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    if part.status != WorkshopOrderStatus.TO_PACK:
        return redirect(url_for("workshop.order", number=number))
    return _pack_page(part, None)


@blueprint.post("/orders/<number>/pack")
@role(Role.OWNER)
def pack_code(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(CodeForm)
    refused = attempt(form, lambda: pack_package(part, form.value.code, actor()), "code")
    if refused:
        return _pack_page(part, form, refused)
    return redirect(url_for("workshop.pack", number=number))


@blueprint.post("/orders/<number>/pack/<int:package_code_id>/remove")
@role(Role.OWNER)
def unpack_code(number: str, package_code_id: int) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(Nothing)
    refused = attempt(form, lambda: unpack_package(part, package_code_id))
    if refused:
        return _pack_page(part, form, refused)
    flash(gettext("已从箱子里取出"), "info")
    return redirect(url_for("workshop.pack", number=number))


@blueprint.post("/orders/<number>/pack/finish")
@role(Role.OWNER)
def finish_box(number: str) -> tuple[str, int] | Response:
    part = part_of_workshop(own_workshop_ids(), number)
    form = bind_form(FinishForm)
    refused = attempt(form, lambda: finish_packing(part, actor(), set(form.value.without_codes)))
    if refused:
        return _pack_page(part, form, refused)
    flash(gettext("装好了，接下来贴快递单"), "success")
    return redirect(url_for("workshop.order", number=number))


def _pack_page(part: WorkshopOrder, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    return console(
        "pack.html",
        gettext("装箱 %(number)s", number=part.number),
        "orders",
        status,
        part=part,
        box=box_of(part),
        hints=packing_hints(part.order.number),
        form=form,
    )
