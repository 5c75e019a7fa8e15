"""What the workshop is owed: its statements, each with the rows behind it, agreed to or disputed; and what it sold."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from flask import Response as FlaskResponse
from flask import flash, redirect, send_file, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, blueprint, console, own_workshop, own_workshop_ids
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.inputs import Nothing, Text
from core.web.language import told
from core.web.sheets import Column, xlsx
from domain.settlement import statements as acts
from domain.settlement.balances import owed_to
from domain.settlement.models import Statement
from domain.settlement.payees import payees_of
from domain.settlement.payouts import payouts_of
from domain.settlement.sales_picture import sold_by_day, sold_by_product
from domain.settlement.statement_rows import StatementRow, orders_of, rows_of_statement
from domain.workshops.directory import workshops_by_id

ROWS_A_PAGE = 60
COLUMNS = (
    Column("子单"), Column("商品"), Column("规格"), Column("数量", "number"), Column("货款", "money"),
    Column("优惠", "money"), Column("佣金", "money"), Column("运费", "money"), Column("退款", "money"),
    Column("调整", "money"), Column("已分账", "money"), Column("自己收款", "money"),
    Column("应付", "money"),
)  # fmt: skip


class PageQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class SalesQuery(Payload):
    days: Literal["7", "30", "90"] = "30"


class DisputeForm(Payload):
    reason: Text = Field(min_length=2, max_length=200)


@blueprint.get("/statements")
@role(Role.OWNER)
def statements() -> tuple[str, int]:
    query, workshop = parse_query(PageQuery), own_workshop()
    return console(
        "statements.html",
        gettext("账款"),
        "today",
        page=acts.list_statements(workshop_ids=own_workshop_ids(), number=query.page),
        owed=owed_to(workshop.id),
        payee=payees_of({workshop.id}).get(workshop.id),
        page_url=lambda number: url_for("workshop.statements", page=number),
    )


@blueprint.get("/statements/<number>")
@role(Role.OWNER)
def statement(number: str) -> tuple[str, int]:
    return _page(acts.find_statement(number, own_workshop_ids()), None)


@blueprint.post("/statements/<number>/agree")
@role(Role.OWNER)
def agree_statement(number: str) -> tuple[str, int] | Response:
    found = acts.find_statement(number, own_workshop_ids())
    form = bind_form(Nothing)
    refused = attempt(form, lambda: acts.agree(found, actor()))
    if refused:
        return _page(found, form, refused)
    flash(gettext("已确认，等集群付款"), "success")
    return redirect(url_for("workshop.statement", number=number))


@blueprint.post("/statements/<number>/dispute")
@role(Role.OWNER)
def dispute_statement(number: str) -> tuple[str, int] | Response:
    found = acts.find_statement(number, own_workshop_ids())
    form = bind_form(DisputeForm)
    refused = attempt(form, lambda: acts.dispute(found, actor(), form.value.reason))
    if refused:
        return _page(found, form, refused)
    flash(gettext("已告诉集群哪里不对"), "success")
    return redirect(url_for("workshop.statement", number=number))


@blueprint.get("/statements/<number>.pdf")
@role(Role.OWNER)
def statement_pdf(number: str) -> FlaskResponse:
    # The PDF and font libraries take a second to import: the first print waits for them, not every start.
    from domain.settlement import paper

    found = acts.find_statement(number, own_workshop_ids())
    workshop = workshops_by_id({found.workshop_id})[found.workshop_id]
    body = paper.statement_pdf(found, workshop, rows_of_statement(found))
    name = f"{found.number}.pdf"
    response = send_file(BytesIO(body), mimetype="application/pdf", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/statements/<number>.xlsx")
@role(Role.OWNER)
def statement_sheet(number: str) -> FlaskResponse:
    found = acts.find_statement(number, own_workshop_ids())
    return xlsx(found.number, COLUMNS, (_cells(row) for row in rows_of_statement(found)))


@blueprint.get("/sales")
@role(Role.OWNER)
def sales() -> tuple[str, int]:
    days, workshop = int(parse_query(SalesQuery).days), own_workshop()
    by_day = sold_by_day(workshop.id, days)
    return console(
        "sales.html",
        gettext("卖了多少"),
        "today",
        days=days,
        by_day=by_day,
        most_fen=max(1, *(day.fen for day in by_day)),
        products=sold_by_product(workshop.id, days),
    )


def _page(found: Statement, form: Form[Nothing] | Form[DisputeForm] | None, status: int = 200) -> tuple[str, int]:
    number = parse_query(PageQuery).page
    rows = rows_of_statement(found, number=number, size=ROWS_A_PAGE + 1)
    return console(
        "statement.html",
        gettext("对账单 %(from_on)s 至 %(until_on)s", from_on=found.from_on, until_on=found.until_on),
        "today",
        status,
        statement=found,
        orders=orders_of(rows[:ROWS_A_PAGE]),
        page_number=number,
        has_more=len(rows) > ROWS_A_PAGE,
        history=acts.history_of(found),
        payouts=payouts_of(found),
        form=form,
    )


def _cells(row: StatementRow) -> tuple[object, ...]:
    named = {"freight": gettext("运费"), "share": gettext("微信分账已付"), "received": gettext("作坊商户号已收")}
    name = named.get(row.kind) or told(row, "product_name")
    return (
        row.workshop_order_number, name, row.variant_name, row.quantity, row.amount_fen, -row.discount_fen,
        -row.commission_fen, row.freight_fen, -row.refund_fen, row.correction_fen, -row.shared_fen, -row.received_fen,
        row.due_fen,
    )  # fmt: skip
