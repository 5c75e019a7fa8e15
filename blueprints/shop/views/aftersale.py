"""After-sale: asking for something about a line, the buyer's cases, and what they do in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from blueprints.shop.photos import sent_photos
from core.settings import settings
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import require_identity, signed_in
from core.web.inputs import Nothing
from core.web.language import say
from domain.aftersale import arbitrating, reading, returning, talking
from domain.aftersale.actions import allowed_actions
from domain.aftersale.applying import Application, apply
from domain.aftersale.models import CaseKind, Side
from domain.aftersale.rights import rights_of
from domain.fulfillment.reviewing import line_of
from domain.orders.history import order_of
from gateways.carriers.catalog import CARRIERS


class CasesQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class CaseForm(Payload):
    kind: CaseKind
    quantity: int = Field(ge=1, le=9999)
    text: str = Field(min_length=1, max_length=500)


class WordForm(Payload):
    text: str = Field(default="", max_length=500)


class ParcelForm(Payload):
    carrier_code: str = Field(max_length=20)
    tracking_number: str = Field(max_length=40)


@blueprint.get("/aftersale")
@signed_in
def cases() -> str:
    page = reading.cases_of(require_identity().account_id, number=parse_query(CasesQuery).page)
    return render_template(
        "shop/cases.html",
        heading=gettext("我的售后"),
        page=page,
        lines=reading.lines_of(page.items),
        page_url=lambda number: url_for("shop.cases", page=number),
    )


@blueprint.get("/orders/<number>/lines/<sku>/aftersale")
@signed_in
def ask_for(number: str, sku: str) -> tuple[str, int]:
    return _form_page(number, sku, None)


@blueprint.post("/orders/<number>/lines/<sku>/aftersale")
@signed_in
def send_case(number: str, sku: str) -> tuple[str, int] | Response:
    account_id, form = require_identity().account_id, bind_form(CaseForm)
    line_of(order_of(account_id, number), sku)
    made: list[str] = []

    def act() -> None:
        wish = form.value
        case = apply(account_id, number, sku, Application(wish.kind, wish.quantity, wish.text, pictures=sent_photos()))
        made.append(case.number)

    refused = attempt(form, act)
    if refused:
        return _form_page(number, sku, form, refused)
    flash(gettext("已提交，作坊会尽快答复"), "success")
    return redirect(url_for("shop.case", number=made[0]))


@blueprint.get("/aftersale/<number>")
@signed_in
def case(number: str) -> tuple[str, int]:
    return _case_page(number, None)


@blueprint.post("/aftersale/<number>/withdraw")
@signed_in
def withdraw_case(number: str) -> tuple[str, int] | Response:
    return _act(number, bind_form(Nothing), lambda: returning.withdraw(require_identity().account_id, number))


@blueprint.post("/aftersale/<number>/return")
@signed_in
def return_goods(number: str) -> tuple[str, int] | Response:
    form = bind_form(ParcelForm)

    def act() -> None:
        parcel = form.value
        returning.send_goods(require_identity().account_id, number, parcel.carrier_code, parcel.tracking_number)

    return _act(number, form, act)


@blueprint.post("/aftersale/<number>/words")
@signed_in
def say_in_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)

    def act() -> None:
        talking.say_as_buyer(require_identity().account_id, number, form.value.text, sent_photos())

    return _act(number, form, act)


@blueprint.post("/aftersale/<number>/arbitration")
@signed_in
def ask_operator(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)
    return _act(number, form, lambda: arbitrating.ask_as_buyer(require_identity().account_id, number, form.value.text))


def _act(number: str, form: Form[Any], act: Callable[[], object]) -> tuple[str, int] | Response:
    reading.case_of(require_identity().account_id, number)
    refused = attempt(form, act)
    return _case_page(number, form, refused) if refused else redirect(url_for("shop.case", number=number))


def _form_page(number: str, sku: str, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    order = order_of(require_identity().account_id, number)
    line = line_of(order, sku)
    page = render_template(
        "shop/case_form.html",
        heading=gettext("申请售后"),
        order=order,
        line=line,
        rights=rights_of(order, line),
        is_perishable=line.is_perishable,
        fresh_hours=settings().aftersale_fresh_hours,
        form=form,
    )
    return page, status


def _case_page(number: str, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    found = reading.case_of(require_identity().account_id, number)
    page = render_template(
        "shop/case.html",
        heading=gettext("售后详情"),
        case=found,
        line=reading.lines_of([found])[found.order_line_id],
        order_number=reading.order_number_of(found),
        events=reading.history_of(found)[::-1],
        actions=allowed_actions(found, Side.BUYER),
        carriers=[(carrier.code, say(carrier.name)) for carrier in CARRIERS],
        form=form,
    )
    return page, status
