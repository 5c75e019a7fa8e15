"""Refunds of the whole cluster: the list, the same as a spreadsheet, one refund with its history."""

from __future__ import annotations

from datetime import date

from flask import url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import blueprint, console
from core.identity import Role
from core.web.forms import Payload, parse_query
from core.web.guards import role
from core.web.language import say
from core.web.sheets import Column, Table, xlsx
from domain.payments import browsing
from domain.payments.browsing import RefundFilter
from domain.payments.models import RefundStatus

COLUMNS = (
    Column("退款单号"),
    Column("订单号"),
    Column("申请时间", "time"),
    Column("状态"),
    Column("原因"),
    Column("到账时间", "time"),
    Column("金额", "money"),
)
REFUND_WORDS = {
    RefundStatus.ASKED: "待提交微信",
    RefundStatus.PROCESSING: "微信处理中",
    RefundStatus.SUCCEEDED: "已退回",
    RefundStatus.ABNORMAL: "退款异常",
    RefundStatus.CLOSED: "没有退成",
}


class RefundsQuery(Payload):
    """`/cluster/refunds?status=&from_day=&until_day=&number=&cursor=`"""

    status: RefundStatus | None = None
    from_day: date | None = None
    until_day: date | None = None
    number: str | None = Field(default=None, max_length=64)
    cursor: str | None = Field(default=None, max_length=200)


@blueprint.get("/refunds")
@role(Role.OPERATOR)
def refunds() -> tuple[str, int]:
    query = parse_query(RefundsQuery)
    asked = query.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    table = Table("cluster.refunds", COLUMNS, asked)
    return console(
        "cluster/refunds.html",
        gettext("退款"),
        "refunds",
        query=query,
        table=table,
        page=browsing.find_refunds(_wanted(query), query.cursor),
        total=browsing.count_refunds(_wanted(query)),
        most=browsing.MOST_COUNTED,
        words=REFUND_WORDS,
        export=url_for("cluster.refunds_sheet", **table.query),
    )


@blueprint.get("/refunds.xlsx")
@role(Role.OPERATOR)
def refunds_sheet() -> Response:
    rows = (
        (
            found.refund.out_refund_no,
            found.payment.purpose,
            found.refund.created_at,
            say(REFUND_WORDS[RefundStatus(found.refund.status)]),
            found.refund.reason,
            found.refund.succeeded_at,
            found.refund.amount_fen,
        )
        for found in browsing.every_refund(_wanted(parse_query(RefundsQuery)))
    )
    return xlsx("refunds", COLUMNS, rows)


@blueprint.get("/refunds/<number>")
@role(Role.OPERATOR)
def refund(number: str) -> tuple[str, int]:
    found = browsing.find_refund(number)
    return console(
        "cluster/refund.html",
        gettext("退款 %(number)s", number=found.refund.out_refund_no),
        "refunds",
        refund=found.refund,
        payment=found.payment,
        moves=browsing.moves_of(found.refund),
        words=REFUND_WORDS,
    )


def _wanted(query: RefundsQuery) -> RefundFilter:
    return RefundFilter(query.status, query.from_day, query.until_day, query.number)
