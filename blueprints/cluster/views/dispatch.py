"""派单: paid lines that can't go on by themselves, and giving a line to one of its makers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.language import told
from domain.fulfillment.declining import reassign_line
from domain.orders import abandoning, dispatched, dispatching
from domain.workshops.directory import workshops_by_id


class AssignForm(Payload):
    """A workshop by its key; why it, for the line's history."""

    workshop_id: int = Field(ge=1, le=2**53)
    reason: str = Field(min_length=2, max_length=200)


class AbandonForm(Payload):
    """Why nobody makes it; the buyer sees it with the refund."""

    why: str = Field(min_length=2, max_length=60)


@blueprint.get("/dispatch")
@role(Role.OPERATOR)
def dispatch() -> tuple[str, int]:
    waiting = dispatched.open_dispatches()
    named = {each.workshop_id for each in waiting} | {each.declined_by_id for each in waiting}
    return console(
        "cluster/dispatch.html",
        gettext("派单"),
        "dispatch",
        waiting=waiting,
        workshops=workshops_by_id({each for each in named if each is not None}),
    )


@blueprint.get("/dispatch/<number>/<int:line_id>")
@role(Role.OPERATOR)
def dispatch_line(number: str, line_id: int) -> tuple[str, int]:
    return _page(number, line_id, None)


@blueprint.post("/dispatch/<number>/<int:line_id>")
@role(Role.OPERATOR)
def assign_line(number: str, line_id: int) -> tuple[str, int] | Response:
    form = bind_form(AssignForm)
    _, line = dispatched.find_line(number, line_id)
    short: list[int] = []

    def act() -> None:
        short.append(reassign_line(line, form.value.workshop_id, by=actor(), reason=form.value.reason))

    refused = attempt(form, act)
    if refused:
        return _page(number, line_id, form, refused)
    done = gettext("已派单，货齐") if not short[0] else gettext("已派单，还缺 %(n)s 件，等作坊做出来", n=short[0])
    flash(done, "success" if not short[0] else "info")
    return redirect(url_for("cluster.dispatch_line", number=number, line_id=line_id))


@blueprint.post("/dispatch/<number>/<int:line_id>/refund")
@role(Role.OPERATOR)
def abandon_line(number: str, line_id: int) -> tuple[str, int] | Response:
    """Nobody makes it: its money goes back."""
    form = bind_form(AbandonForm)
    _, line = dispatched.find_line(number, line_id)
    refused = attempt(form, lambda: abandoning.abandon_line(line, actor(), form.value.why))
    if refused:
        return _page(number, line_id, form, refused)
    flash(gettext("这一样的钱正在退给买家"), "success")
    return redirect(url_for("cluster.dispatch_line", number=number, line_id=line_id))


def _page(number: str, line_id: int, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    order, line = dispatched.find_line(number, line_id)
    candidates = dispatching.candidates_for(line)
    story = [row for row in dispatched.dispatches_of(order) if row.line_id == line_id]
    named = {each.workshop_id for each in candidates} | {row.workshop_id for row in story} | {line.workshop_id}
    workshops = workshops_by_id({each for each in named if each is not None})
    return console(
        "cluster/dispatch_line.html",
        gettext("派单：%(name)s", name=told(line, "product_name")),
        "dispatch",
        status,
        order=order,
        line=line,
        candidates=candidates,
        story=story,
        declined={row.workshop_id for row in story if row.kind == "declined"},
        is_movable=line_id in dispatched.movable_lines(order),
        workshops=workshops,
        choices=[(each.workshop_id, told(workshops[each.workshop_id])) for each in candidates],
        form=form,
    )
