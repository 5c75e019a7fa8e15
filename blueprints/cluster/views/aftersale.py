"""After-sale cases that both sides dispute: the queue, and one case with everything that was said, to decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.aftersale import reading, talking
from domain.aftersale.actions import allowed_actions
from domain.aftersale.arbitrating import Decision, arbitrate
from domain.aftersale.models import Side
from domain.workshops.directory import workshops_by_id


class CasesQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class DecisionForm(Payload):
    """`amount` is in yuan; left out, all that was asked for goes back."""

    decision: Decision
    amount: str | None = Field(default=None, pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$")
    reason: str = Field(min_length=2, max_length=500)

    @property
    def amount_fen(self) -> int | None:
        return int(Decimal(self.amount) * 100) if self.amount else None


class WordForm(Payload):
    text: str = Field(min_length=1, max_length=500)


@blueprint.get("/aftersale")
@role(Role.OPERATOR)
def cases() -> tuple[str, int]:
    page = reading.cases_to_arbitrate(number=parse_query(CasesQuery).page)
    return console(
        "cluster/cases.html",
        gettext("售后仲裁"),
        "cases",
        page=page,
        lines=reading.lines_of(page.items),
        workshops=workshops_by_id({case.workshop_id for case in page.items}),
        page_url=lambda number: url_for("cluster.cases", page=number),
    )


@blueprint.get("/aftersale/<number>")
@role(Role.OPERATOR)
def case(number: str) -> tuple[str, int]:
    return _page(number, None)


@blueprint.post("/aftersale/<number>/decision")
@role(Role.OPERATOR)
def decide_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(DecisionForm)

    def act() -> None:
        wish = form.value
        arbitrate(number, wish.decision, wish.amount_fen, actor(), wish.reason)

    return _answer(number, form, attempt(form, act), gettext("裁决已生效，双方都能看到"))


@blueprint.post("/aftersale/<number>/words")
@role(Role.OPERATOR)
def say_in_case(number: str) -> tuple[str, int] | Response:
    form = bind_form(WordForm)
    refused = attempt(form, lambda: talking.say_as_operator(number, actor(), form.value.text))
    return _answer(number, form, refused, gettext("已发送"))


def _answer(number: str, form: Form[Any], refused: int, done: str) -> tuple[str, int] | Response:
    if refused:
        return _page(number, form, refused)
    flash(done, "success")
    return redirect(url_for("cluster.case", number=number))


def _page(number: str, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    found = reading.find_case(number)
    return console(
        "cluster/case.html",
        gettext("售后单 %(number)s", number=number),
        "cases",
        status,
        case=found,
        line=reading.lines_of([found])[found.order_line_id],
        order_number=reading.order_number_of(found),
        workshop=workshops_by_id({found.workshop_id})[found.workshop_id],
        events=reading.history_of(found)[::-1],
        actions=allowed_actions(found, Side.OPERATOR),
        form=form,
    )
