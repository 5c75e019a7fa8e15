"""Statements of all workshops: a month drafted at once, sent, approved and paid in bulk; one with all behind it."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Literal

from flask import Response as FlaskResponse
from flask import flash, redirect, send_file, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.clock import today
from core.errors import InvalidInput
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.language import told
from core.web.sheets import MOST_ROWS, Column, xlsx
from domain.settlement import payouts
from domain.settlement import statements as acts
from domain.settlement.drafting import draft_statements, month_of
from domain.settlement.models import PayoutFile, Statement, StatementStatus
from domain.settlement.statement_rows import rows_of_statement
from domain.workshops import directory

ROWS_A_PAGE = 100
COLUMNS = (
    Column("编号"), Column("作坊"), Column("从", "day"), Column("到", "day"), Column("货款", "money"),
    Column("优惠", "money"), Column("佣金", "money"), Column("运费", "money"), Column("退款", "money"),
    Column("调整", "money"), Column("已分账", "money"), Column("自己收款", "money"),
    Column("上期结转", "money"), Column("应付", "money"),
)  # fmt: skip


class StatementsQuery(Payload):
    status: StatementStatus | None = None
    workshop: str | None = Field(default=None, max_length=80)
    page: int = Field(default=1, ge=1, le=10000)


class PageQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class DraftForm(Payload):
    from_on: date
    until_on: date


class BulkForm(Payload):
    """What to do with the ticked statements."""

    act: Literal["send", "approve", "pay"]
    ids: list[int] = Field(default_factory=list, max_length=500)


class MoveForm(Payload):
    act: Literal["send", "approve", "withdraw"]
    words: str = Field(default="", max_length=200)


@blueprint.get("/settlement/statements")
@role(Role.OPERATOR)
def statements() -> tuple[str, int]:
    return _list(None)


@blueprint.post("/settlement/statements/draft")
@role(Role.OPERATOR)
def draft_month() -> tuple[str, int] | Response:
    form = bind_form(DraftForm)
    drafted: list[int] = []
    refused = attempt(
        form, lambda: drafted.extend(draft_statements(form.value.from_on, form.value.until_on, by=actor()))
    )
    if refused:
        return _list(form, refused)
    flash(gettext("出了 %(n)s 张对账单草稿", n=len(drafted)) if drafted else gettext("没有要结算的款项"), "success")
    return redirect(url_for("cluster.statements", status="draft" if drafted else None))


@blueprint.post("/settlement/statements/bulk")
@role(Role.OPERATOR)
def move_statements() -> tuple[str, int] | Response:
    form = bind_form(BulkForm)
    if form.parsed and not form.parsed.ids:
        form = Form(raw=form.raw, errors={"form": gettext("请先勾选对账单")})
    by = actor()
    made: list[PayoutFile] = []

    def act() -> None:
        ids = form.value.ids
        if form.value.act == "send":
            acts.each(ids, lambda statement: acts.send(statement, by))
        elif form.value.act == "approve":
            acts.each(ids, lambda statement: acts.approve(statement, by))
        else:
            made.append(payouts.make_payout_file(ids, by))

    refused = attempt(form, act)
    if refused:
        return _list(form, refused)
    if made:
        return redirect(url_for("cluster.payout_file", number=made[0].number))
    flash(gettext("%(n)s 张对账单已处理", n=len(form.value.ids)), "success")
    return redirect(url_for("cluster.statements"))


@blueprint.get("/settlement/statements/<number>")
@role(Role.OPERATOR)
def statement(number: str) -> tuple[str, int]:
    return _page(acts.find_statement(number), None)


@blueprint.get("/settlement/statements/<number>.pdf")
@role(Role.OPERATOR)
def statement_pdf(number: str) -> FlaskResponse:
    # The PDF and font libraries take a second to import: the first print waits for them, not every start.
    from domain.settlement import paper

    found = acts.find_statement(number)
    workshop = directory.workshops_by_id({found.workshop_id})[found.workshop_id]
    body = paper.statement_pdf(found, workshop, rows_of_statement(found))
    name = f"{found.number}.pdf"
    response = send_file(BytesIO(body), mimetype="application/pdf", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/settlement/statements.xlsx")
@role(Role.OPERATOR)
def statements_sheet() -> FlaskResponse:
    query = parse_query(StatementsQuery)
    workshop_id = directory.find_workshop(query.workshop).id if query.workshop else None
    found = acts.list_statements(workshop_id=workshop_id, status=query.status, size=MOST_ROWS).items
    workshops = directory.workshops_by_id({row.workshop_id for row in found})
    return xlsx("statements", COLUMNS, (_cells(row, told(workshops[row.workshop_id])) for row in found))


@blueprint.post("/settlement/statements/<number>/move")
@role(Role.OPERATOR)
def move_statement(number: str) -> tuple[str, int] | Response:
    found, form = acts.find_statement(number), bind_form(MoveForm)

    def act() -> None:
        if form.value.act == "send":
            acts.send(found, actor(), form.value.words)
        elif form.value.act == "approve":
            acts.approve(found, actor())
        else:
            if not form.value.words:
                raise InvalidInput({"words": "请写明撤回的原因"})
            acts.withdraw(found, actor(), form.value.words)

    refused = attempt(form, act)
    if refused:
        return _page(found, form, refused)
    flash(gettext("已处理"), "success")
    return redirect(url_for("cluster.statement", number=number))


def _cells(row: Statement, maker: str) -> tuple[object, ...]:
    return (
        row.number, maker, row.from_on, row.until_on, row.goods_fen, -row.discount_fen, -row.commission_fen,
        row.freight_fen, -row.refund_fen, row.correction_fen, -row.shared_fen, -row.received_fen,
        row.carried_fen, row.due_fen,
    )  # fmt: skip


def _list(form: Form[DraftForm] | Form[BulkForm] | None, status: int = 200) -> tuple[str, int]:
    query = parse_query(StatementsQuery)
    workshop = directory.find_workshop(query.workshop) if query.workshop else None
    found = acts.list_statements(
        workshop_id=workshop.id if workshop else None, status=query.status, number=query.page, size=50
    )
    return console(
        "cluster/statements.html",
        gettext("对账单"),
        "statements",
        status,
        query=query,
        page=found,
        page_url=lambda number: url_for(
            "cluster.statements", status=query.status, workshop=query.workshop, page=number
        ),
        counts=acts.status_counts(),
        statuses=[each.value for each in StatementStatus],
        workshops=directory.workshops_by_id({row.workshop_id for row in found.items}),
        last_month=month_of(today().replace(day=1) - timedelta(days=1)),
        files=payouts.recent_files(6),
        form=form,
    )


def _page(found: Statement, form: Form[MoveForm] | None, status: int = 200) -> tuple[str, int]:
    number = parse_query(PageQuery).page
    rows = rows_of_statement(found, number=number, size=ROWS_A_PAGE + 1)
    return console(
        "cluster/statement.html",
        gettext("对账单 %(number)s", number=found.number),
        "statements",
        status,
        statement=found,
        workshop=directory.workshops_by_id({found.workshop_id})[found.workshop_id],
        rows=rows[:ROWS_A_PAGE],
        page_number=number,
        has_more=len(rows) > ROWS_A_PAGE,
        moves=acts.history_of(found),
        payouts=payouts.payouts_of(found),
        form=form,
    )
