"""Bank files: what each pays, the file itself, and what the bank answered."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from flask import Response as FlaskResponse
from flask import flash, redirect, send_file, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.settlement import payouts as acts
from domain.settlement.bank_file import bank_file
from domain.settlement.models import PayoutFile
from domain.workshops import directory


class EncodingQuery(Payload):
    encoding: Literal["gb18030", "utf-8"] = "gb18030"


class AnswerForm(Payload):
    """What the bank said about one payout: `words` is its reference, or why it came back."""

    act: Literal["paid", "failed"]
    words: str = Field(min_length=2, max_length=100)


@blueprint.get("/settlement/files/<number>")
@role(Role.OPERATOR)
def payout_file(number: str) -> tuple[str, int]:
    return _page(acts.find_file(number), None)


@blueprint.get("/settlement/files/<number>.csv")
@role(Role.OPERATOR)
def payout_csv(number: str) -> FlaskResponse:
    file, query = acts.find_file(number), parse_query(EncodingQuery)
    body = bank_file(acts.rows_of(file), query.encoding)
    mimetype = f"text/csv; charset={query.encoding}"
    response = send_file(BytesIO(body), mimetype=mimetype, as_attachment=True, download_name=f"{file.number}.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/settlement/payouts/<number>")
@role(Role.OPERATOR)
def answer_payout(number: str) -> tuple[str, int] | Response:
    payout, form = acts.find_payout(number), bind_form(AnswerForm)
    file = acts.file_of(payout)

    def act() -> None:
        if form.value.act == "paid":
            acts.mark_paid(payout, form.value.words, actor())
        else:
            acts.mark_failed(payout, form.value.words, actor())

    refused = attempt(form, act)
    if refused:
        return _page(file, form, refused)
    flash(gettext("已记下银行的答复"), "success")
    return redirect(url_for("cluster.payout_file", number=file.number))


def _page(file: PayoutFile, form: Form[AnswerForm] | None, status: int = 200) -> tuple[str, int]:
    rows = acts.rows_of(file)
    return console(
        "cluster/payout_file.html",
        gettext("付款文件 %(number)s", number=file.number),
        "statements",
        status,
        file=file,
        rows=rows,
        total_fen=sum(row.payout.amount_fen for row in rows),
        workshops=directory.workshops_by_id({row.payout.workshop_id for row in rows}),
        form=form,
    )
