"""Our books against WeChat's bills: the days, a day's differences, explaining one, having a bill fetched again."""

from __future__ import annotations

from datetime import date, timedelta

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.clock import today
from core.errors import NotFound
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from domain.payments import reconciling
from domain.payments.jobs import ask_for_bill
from domain.payments.reconciling import DifferenceKind
from domain.payments.tracing import bill_rows, trace

DIFFERENCE_WORDS = {
    DifferenceKind.PAYMENT_UNKNOWN: "账单有收款，我方没有",
    DifferenceKind.PAYMENT_UNCONFIRMED: "账单有收款，我方没有记为已付",
    DifferenceKind.PAYMENT_AMOUNT: "收款金额不同",
    DifferenceKind.PAYMENT_MISSING: "我方有收款，账单没有",
    DifferenceKind.REFUND_UNKNOWN: "账单有退款，我方没有",
    DifferenceKind.REFUND_UNCONFIRMED: "退款一方成、一方不成",
    DifferenceKind.REFUND_AMOUNT: "退款金额不同",
    DifferenceKind.REFUND_MISSING: "我方有退款，账单没有",
    DifferenceKind.FEE: "手续费与费率不符",
}


class BillForm(Payload):
    day: date


class ExplainForm(Payload):
    reason: str = Field(min_length=2, max_length=200)


@blueprint.get("/reconciliation")
@role(Role.OPERATOR)
def reconciliation() -> tuple[str, int]:
    return _days_page(None)


@blueprint.post("/reconciliation")
@role(Role.OPERATOR)
def fetch_bill() -> tuple[str, int] | Response:
    form = bind_form(BillForm)
    refused = attempt(form, lambda: ask_for_bill(form.value.day))
    if refused:
        return _days_page(form, refused)
    flash(gettext("正在取 %(day)s 的账单，取到后自动核对", day=form.value.day), "success")
    return redirect(url_for("cluster.reconciliation"))


@blueprint.get("/reconciliation/<day>")
@role(Role.OPERATOR)
def reconciliation_day(day: str) -> tuple[str, int]:
    return _day_page(_date(day), None)


@blueprint.post("/reconciliation/<day>/<int:difference_id>")
@role(Role.OPERATOR)
def explain_difference(day: str, difference_id: int) -> tuple[str, int] | Response:
    on, form = _date(day), bind_form(ExplainForm)
    refused = attempt(form, lambda: reconciling.explain(difference_id, form.value.reason, by=actor()))
    if refused:
        return _day_page(on, form, refused, difference_id)
    flash(gettext("说明已记下"), "success")
    return redirect(url_for("cluster.reconciliation_day", day=on))


def _days_page(form: Form[BillForm] | None, status: int = 200) -> tuple[str, int]:
    return console(
        "cluster/reconciliation.html",
        gettext("微信对账"),
        "reconciliation",
        status,
        days=reconciling.days(),
        yesterday=today() - timedelta(days=1),
        form=form,
    )


def _day_page(
    on: date, form: Form[ExplainForm] | None, status: int = 200, explaining: int | None = None
) -> tuple[str, int]:
    summary, found = reconciling.find_day(on), reconciling.differences(on)
    references = {each.reference for each in found}
    return console(
        "cluster/reconciliation_day.html",
        gettext("%(day)s 的账单", day=on),
        "reconciliation",
        status,
        summary=summary,
        differences=sorted(found, key=lambda each: bool(each.notes)),
        ours=trace(references),
        rows=bill_rows(on, references),
        words=DIFFERENCE_WORDS,
        form=form,
        explaining=explaining,
    )


def _date(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as wrong:
        raise NotFound(what="bill") from wrong
