"""Orders of the whole cluster: the list, the same as a spreadsheet, one order with all that belongs to it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import blueprint, console
from core.identity import Role
from core.web.forms import Payload, parse_query
from core.web.guards import role
from core.web.language import told
from core.web.sheets import Column, Table, xlsx
from domain.fulfillment.parcels import shipments_of
from domain.orders import dispatched, history, searching
from domain.orders.models import OrderStatus
from domain.orders.searching import OrderFilter, OrderSort
from domain.payments.overview import payments_for
from domain.workshops import directory

COLUMNS = (
    Column("订单号"),
    Column("下单时间", "time", ("placed_down", "placed_up")),
    Column("状态"),
    Column("作坊"),
    Column("收货人"),
    Column("手机"),
    Column("金额", "money", ("total_down", "total_up")),
)
STATUS_WORDS = {
    OrderStatus.AWAITING_PAYMENT: "待付款",
    OrderStatus.PAID: "已付款",
    OrderStatus.COMPLETED: "已完成",
    OrderStatus.CANCELLED: "已取消",
    OrderStatus.EXPIRED: "已超时关闭",
}


class OrdersQuery(Payload):
    """`/cluster/orders?status=&workshop=&from_day=&until_day=&paid=&number=&phone=&product=&refunded=
    &sort=&cursor=`"""

    status: OrderStatus | None = None
    workshop: str | None = Field(default=None, max_length=80)
    from_day: date | None = None
    until_day: date | None = None
    paid: bool = False
    number: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, pattern=r"^[0-9]{4}$")
    product: str | None = Field(default=None, max_length=80)
    refunded: bool = False
    sort: OrderSort = OrderSort.PLACED_DOWN
    cursor: str | None = Field(default=None, max_length=200)


@blueprint.get("/orders")
@role(Role.OPERATOR)
def orders() -> tuple[str, int]:
    query = parse_query(OrdersQuery)
    wanted, table = _filter(query), _table(query)
    found = searching.find_orders(wanted, query.sort, query.cursor)
    members = directory.list_members()
    return console(
        "cluster/orders.html",
        gettext("订单"),
        "orders",
        query=query,
        table=table,
        page=found,
        total=searching.count_orders(wanted),
        most=searching.MOST_COUNTED,
        makers=[(workshop.slug, told(workshop)) for workshop in members],
        workshops={workshop.id: workshop for workshop in members}
        | directory.workshops_by_id({each for order in found.items for each in order.workshop_ids}),
        statuses=[(status.value, gettext(word)) for status, word in STATUS_WORDS.items()],
        export=url_for("cluster.orders_sheet", **table.query),
    )


@blueprint.get("/orders.xlsx")
@role(Role.OPERATOR)
def orders_sheet() -> Response:
    query = parse_query(OrdersQuery)
    names = {workshop.id: told(workshop) for workshop in directory.list_members()}
    rows = (
        (
            order.number,
            order.placed_at,
            gettext(STATUS_WORDS[OrderStatus(order.status)]),
            "、".join(names.get(each, "") for each in order.workshop_ids),
            order.recipient,
            order.masked_phone,
            order.total_fen,
        )
        for order in searching.every_order(_filter(query), query.sort)
    )
    return xlsx("orders", COLUMNS, rows)


@blueprint.get("/orders/<number>")
@role(Role.OPERATOR)
def order(number: str) -> tuple[str, int]:
    found = searching.find_order(number)
    story = dispatched.dispatches_of(found)
    makers = {line.workshop_id for line in found.lines} | {freight.carrier_id for freight in found.freights}
    payments = payments_for(found.number)
    receivers = {part.workshop_id for record in payments for part in record.parts if part.workshop_id is not None}
    named = makers | receivers | {row.workshop_id for row in story if row.workshop_id is not None}
    return console(
        "cluster/order.html",
        gettext("订单 %(number)s", number=found.number),
        "orders",
        order=found,
        shipments=shipments_of(found.id),
        payments=payments,
        moves=history.moves_of(found),
        makers=sorted(makers),
        stories={line.id: [row for row in story if row.line_id == line.id] for line in found.lines},
        movable=dispatched.movable_lines(found),
        workshops=directory.workshops_by_id(named),
    )


def _filter(query: OrdersQuery) -> OrderFilter:
    workshop_id = directory.find_workshop(query.workshop).id if query.workshop else None
    return OrderFilter(
        query.status,
        workshop_id,
        query.from_day,
        query.until_day,
        query.paid,
        query.number,
        query.phone,
        query.product,
        query.refunded,
    )


def _table(query: OrdersQuery) -> Table:
    asked: dict[str, Any] = query.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    for switch in ("paid", "refunded"):
        if not asked[switch]:
            del asked[switch]
    return Table("cluster.orders", COLUMNS, asked)
