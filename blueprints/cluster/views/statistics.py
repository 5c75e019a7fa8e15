"""What was sold: by day, by workshop, by product. Each figure leads to the orders it is made of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from blueprints.cluster.pages import blueprint, console
from core.clock import today
from core.errors import InvalidInput
from core.identity import Role
from core.web.forms import Payload, parse_query
from core.web.guards import role
from core.web.language import told
from core.web.sheets import Column, xlsx
from domain.orders import figures
from domain.workshops.directory import workshops_by_id

MOST_DAYS = 366
SHEET = (
    Column("作坊"),
    Column("订单", "number"),
    Column("件数", "number"),
    Column("货款", "money"),
    Column("退款", "money"),
)


class RangeQuery(Payload):
    """Days are the workshops' own, both included; the last 30 unless told."""

    from_day: date | None = None
    until_day: date | None = None


@blueprint.get("/statistics")
@role(Role.OPERATOR)
def statistics() -> tuple[str, int]:
    first, last = _range()
    days = figures.sales_by_day(first, last)
    shares = figures.sales_by_workshop(first, last)
    bars = [(day.on, day.paid_fen, _orders(day.on, day.on)) for day in days]
    return console(
        "cluster/statistics.html",
        gettext("经营统计"),
        "statistics",
        first=first,
        last=last,
        bars=bars,
        highest_fen=max((day.paid_fen for day in days), default=0),
        orders=sum(day.orders for day in days),
        paid_fen=sum(day.paid_fen for day in days),
        goods_fen=sum(share.paid_fen for share in shares),
        refunded_fen=sum(share.refunded_fen for share in shares),
        refunded_orders=figures.refunded_orders(first, last),
        shares=shares,
        workshops=workshops_by_id({int(share.key) for share in shares}),
        top=figures.top_products(first, last),
        orders_url=lambda **more: _orders(first, last, **more),
        export=url_for("cluster.statistics_sheet", from_day=first, until_day=last),
    )


@blueprint.get("/statistics.xlsx")
@role(Role.OPERATOR)
def statistics_sheet() -> Response:
    first, last = _range()
    shares = figures.sales_by_workshop(first, last)
    names = workshops_by_id({int(share.key) for share in shares})
    rows = (
        (told(names[int(each.key)]), each.orders, each.packets, each.paid_fen, each.refunded_fen) for each in shares
    )
    return xlsx(f"sales-{first}-{last}", SHEET, rows)


def _range() -> tuple[date, date]:
    query = parse_query(RangeQuery)
    last = query.until_day or today()
    first = query.from_day or last - timedelta(days=29)
    if first > last:
        raise InvalidInput({"until_day": "结束要晚于开始"})
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput({"from_day": "最多看 366 天"})
    return first, last


def _orders(first: date, last: date, **more: Any) -> str:
    """The rows behind a figure: orders paid in these days."""
    return url_for("cluster.orders", from_day=first, until_day=last, paid=1, **more)
