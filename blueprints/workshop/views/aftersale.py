"""After-sale cases about the workshop's goods: those that wait for an answer first, and one case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop_ids
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import require_identity, role
from core.web.inputs import Nothing, Text
from domain.aftersale import answering, arbitrating, reading, talking
from domain.aftersale.actions import allowed_actions
from domain.aftersale.models import Side
from domain.attachments.storing import store_pictures
from gateways.carriers.catalog import find_carrier


class CasesQuery(Payload):
    all: bool = False
    page: int = Field(default=1, ge=1, le=10000)


class WordForm(Payload):
    text: Text = Field(default="", max_length=500)


@blueprint.get("/aftersale")
@role(Role.OWNER)
def cases() -> tuple[str, int]:
    query = parse_query(CasesQuery)
    page = reading.cases_for(own_workshop_ids(), to_answer=not query.all, number=query.page)
    return console(
        "cases.html",
        gettext("售后"),
        "orders",
        page=page,
        query=query,
        to_answer=reading.count_to_answer(own_workshop_ids()),
        lines=reading.lines_of(page.items),
        page_url=lambda number: url_for("workshop.cases", all=query.all or None, page=number),
    )


@blueprint.get("/aftersale/<number>")
@role(Role.OWNER)
def case(number: str) -> tuple[str, int]:
    return _case_page(number, None)


@blueprint.post("/aftersale/<number>/approve")
@role(Role.OWNER)
def approve_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(Nothing)
    return _act(number, form, lambda: answering.approve(own_workshop_ids(), number, actor()), gettext("已同意"))


@blueprint.post("/aftersale/<number>/refuse")
@role(Role.OWNER)
def refuse_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)

    def act() -> None:
        answering.refuse(own_workshop_ids(), number, actor(), form.value.text, _photos())

    return _act(number, form, act, gettext("已回复买家"))


@blueprint.post("/aftersale/<number>/received")
@role(Role.OWNER)
def confirm_returned(number: str) -> tuple[str, int] | Response:
    form = bind_form(Nothing)
    return _act(
        number, form, lambda: answering.confirm_goods(own_workshop_ids(), number, actor()), gettext("已确认收到退货")
    )


@blueprint.post("/aftersale/<number>/words")
@role(Role.OWNER)
def say_in_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)

    def act() -> None:
        talking.say_as_owner(own_workshop_ids(), number, actor(), form.value.text, _photos())

    return _act(number, form, act, gettext("已发送"))


@blueprint.post("/aftersale/<number>/arbitration")
@role(Role.OWNER)
def ask_operator(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)

    def act() -> None:
        arbitrating.ask_as_owner(own_workshop_ids(), number, actor(), form.value.text)

    return _act(number, form, act, gettext("已请运营仲裁"))


def _photos() -> list[str]:
    contents = [file.read() for file in request.files.getlist("pictures") if file.filename]
    return store_pictures(contents, require_identity().account_id, 6)


def _act(number: str, form: Form[Any], act: Callable[[], object], done: str) -> tuple[str, int] | Response:
    reading.case_of_workshops(own_workshop_ids(), number)
    refused = attempt(form, act)
    if refused:
        return _case_page(number, form, refused)
    flash(done, "success")
    return redirect(url_for("workshop.case", number=number))


def _case_page(number: str, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    found = reading.case_of_workshops(own_workshop_ids(), number)
    return console(
        "case.html",
        gettext("售后单 %(number)s", number=number),
        "orders",
        status,
        case=found,
        line=reading.lines_of([found])[found.order_line_id],
        order_number=reading.order_number_of(found),
        events=reading.history_of(found)[::-1],
        actions=allowed_actions(found, Side.OWNER),
        carrier=find_carrier(found.return_carrier) if found.return_carrier else None,
        form=form,
    )
