"""A buyer's orders, and what each allows now, so that the client holds no rules."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum

from flask import Response
from pydantic import Field

from blueprints.shop.api.products import WorkshopName, workshop_name
from blueprints.shop.api.surface import (
    ORDERS,
    Answer,
    OrderNumber,
    PageQuery,
    Parameters,
    Picture,
    answer,
    answers,
    blueprint,
    picture,
)
from blueprints.shop.line_states import LineState as ShownState
from blueprints.shop.line_states import line_states
from core.web.guards import require_identity, signed_in
from core.web.language import say, told
from domain.aftersale.models import CaseStatus
from domain.fulfillment.models import Shipment, TrackingEvent
from domain.fulfillment.parcels import shipments_of
from domain.fulfillment.tracking import events_of
from domain.groups.models import Team, TeamStatus
from domain.groups.reading import teams_of_orders
from domain.orders import history
from domain.orders.actions import OrderAction, allowed_actions
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refunds_of
from domain.payments.models import RefundStatus
from domain.reviews.models import ReviewStatus
from domain.workshops.directory import names_of
from gateways.carriers.catalog import find_carrier
from gateways.carriers.tracking import ParcelState


class OrderQuery(PageQuery):
    status: OrderStatus | None = None


class OrderPath(Parameters):
    number: OrderNumber


class Line(Answer):
    """What was bought, at the price it was bought for; `amount_fen` is before `discount_fen`."""

    sku: str
    product_slug: str
    product_name: str
    variant_name: str
    picture: Picture | None
    unit_price_fen: int
    quantity: int
    amount_fen: int
    discount_fen: int


class ParcelLine(Answer):
    sku: str
    quantity: int


class ParcelEvent(Answer):
    """What the carrier said; `text` is its own."""

    at: datetime
    state: ParcelState
    place: str
    text: str


class Parcel(Answer):
    """`place` counts the parcels of a part from 1. `state` stays unknown where nobody asks the carrier."""

    place: int
    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: list[ParcelLine]
    state: ParcelState
    delivered_at: datetime | None
    carrier_site: str = Field(description="承运人官网，没有物流轨迹时可在那里查")
    events: list[ParcelEvent] = Field(description="物流轨迹，最新的在前")


class RefundAnswer(Answer):
    """Money on its way back. `is_surplus`: it came although the order no longer waited for it."""

    out_refund_no: str
    amount_fen: int
    status: RefundStatus = Field(
        description="asked、processing：在路上；succeeded：已退回；abnormal：需人工处理；closed：没有退成"
    )
    reason: str
    asked_at: datetime
    succeeded_at: datetime | None
    is_surplus: bool


class OrderPart(Answer):
    """What one workshop sends. `number` and `status` are there once the order is paid."""

    number: str | None
    status: WorkshopOrderStatus | None
    is_cancellable: bool = Field(description="已付款、还没开始装箱：可以单独取消这一家")
    workshop: WorkshopName
    goods_fen: int
    discount_fen: int
    freight_fen: int
    pickup_code: str | None = Field(description="自提的提货码，付款后才有；null 是寄送")
    lines: list[Line]
    parcels: list[Parcel]


class OrderGroup(Answer):
    """The group in which an order has, or had, its seat. While it waits nothing is packed; a failed one is paid back."""

    code: str
    status: TeamStatus
    is_waiting: bool = Field(description="已付款，等人齐；没拼成自动退款")
    size: int
    paid: int
    lacks: int
    closes_at: datetime | None


class OrderCard(Answer):
    """An order in a list."""

    number: str
    status: OrderStatus
    placed_at: datetime
    expires_at: datetime = Field(description="待付款的订单到这时自动关闭")
    paid_at: datetime | None
    total_fen: int
    lines: list[Line]
    group: OrderGroup | None = Field(description="拼团的订单才有")
    allowed_actions: list[OrderAction]


class OrderPage(Answer):
    items: list[OrderCard]
    next_cursor: str | None


class LineAction(StrEnum):
    """A thing a buyer can do with a line."""

    REVIEW = "review"
    FOLLOW_UP = "follow_up"
    ASK_AFTERSALE = "ask_aftersale"


class LineState(Answer):
    """What became of a line, and what the buyer may do with it now."""

    sku: str
    allowed_actions: list[LineAction]
    review_status: ReviewStatus | None
    case: str | None = Field(description="最近一个售后单的号码")
    case_status: CaseStatus | None


class OrderDetail(OrderCard):
    goods_fen: int
    discount_fen: int
    freight_fen: int
    recipient: str
    phone: str
    address: str
    note: str
    parts: list[OrderPart]
    line_states: list[LineState]
    refunds: list[RefundAnswer]


@blueprint.get("/orders", tags=[ORDERS], summary="我的订单", responses=answers(OrderPage))
@signed_in
def list_orders(query: OrderQuery) -> Response:
    statuses = {query.status} if query.status else None
    found = history.orders_after(require_identity().account_id, query.cursor, statuses, size=query.limit)
    teams = teams_of_orders([order.number for order in found.items])
    cards = [_card(order, teams.get(order.number)) for order in found.items]
    return answer(OrderPage(items=cards, next_cursor=found.next_cursor))


@blueprint.get("/orders/<number>", tags=[ORDERS], summary="订单详情", responses=answers(OrderDetail, 404))
@signed_in
def read_order(path: OrderPath) -> Response:
    return answer(order_detail(history.order_of(require_identity().account_id, path.number)))


def order_detail(order: Order) -> OrderDetail:
    workshops = names_of({line.workshop_id for line in order.lines})
    shown = line_states(order)
    states = [shown[line.id] for line in order.lines]
    parts = {part.workshop_id: part for part in order.workshop_orders}
    parcels = _parcels(order)
    freights: dict[int, int] = {}
    for freight in order.freights:
        freights[freight.carrier_id] = freights.get(freight.carrier_id, 0) + freight.freight_fen
    # A line that waits for its maker stands apart, without a part.
    groups = sorted({(line.workshop_id, line.is_open) for line in order.lines})
    return OrderDetail(
        **dict(_card(order, _team_of(order))),
        goods_fen=order.goods_fen,
        discount_fen=order.discount_fen,
        freight_fen=order.freight_fen,
        recipient=order.recipient,
        phone=order.masked_phone,
        address=order.address,
        note=order.note,
        parts=[
            _part(
                workshop_name(workshops[workshop_id]),
                None if is_open else parts.get(workshop_id),
                [line for line in order.lines if (line.workshop_id, line.is_open) == (workshop_id, is_open)],
                0 if is_open and (workshop_id, False) in groups else freights.get(workshop_id, 0),
                [] if is_open else parcels.get(workshop_id, []),
            )
            for workshop_id, is_open in groups
        ],
        line_states=[_state(line, state) for line, state in zip(order.lines, states, strict=True)],
        refunds=[RefundAnswer(**asdict(story) | {"reason": say(story.reason)}) for story in refunds_of(order)],
    )


def _part(
    workshop: WorkshopName,
    part: WorkshopOrder | None,
    lines: list[OrderLine],
    freight_fen: int,
    parcels: list[Parcel],
) -> OrderPart:
    return OrderPart(
        number=part.number if part else None,
        status=WorkshopOrderStatus(part.status) if part else None,
        is_cancellable=part is not None and part.is_cancellable,
        workshop=workshop,
        goods_fen=sum(line.amount_fen for line in lines),
        discount_fen=sum(line.discount_fen for line in lines),
        freight_fen=freight_fen,
        pickup_code=part.pickup_code if part else None,
        lines=[_line(line) for line in lines],
        parcels=parcels,
    )


def _team_of(order: Order) -> Team | None:
    """An order at a group's price is of one line, for less: any other needn't be looked for."""
    if len(order.lines) > 1 or not order.discount_fen:
        return None
    return teams_of_orders([order.number]).get(order.number)


def _card(order: Order, team: Team | None) -> OrderCard:
    return OrderCard(
        number=order.number,
        status=OrderStatus(order.status),
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        total_fen=order.total_fen,
        lines=[_line(line) for line in order.lines],
        group=_group(order, team) if team else None,
        allowed_actions=allowed_actions(order),
    )


def _group(order: Order, team: Team) -> OrderGroup:
    return OrderGroup(
        code=team.code, status=TeamStatus(team.status), is_waiting=order.waits_for_group, size=team.size, paid=team.paid,
        lacks=team.lacks, closes_at=team.closes_at,
    )  # fmt: skip


def _state(line: OrderLine, state: ShownState) -> LineState:
    possible = {
        LineAction.REVIEW: state.may_review,
        LineAction.FOLLOW_UP: state.may_follow_up,
        LineAction.ASK_AFTERSALE: state.may_apply,
    }
    return LineState(
        sku=line.sku,
        allowed_actions=[action for action, is_possible in possible.items() if is_possible],
        review_status=ReviewStatus(state.review.status) if state.review else None,
        case=state.case.number if state.case else None,
        case_status=CaseStatus(state.case.status) if state.case else None,
    )


def _line(line: OrderLine) -> Line:
    return Line(
        sku=line.sku,
        product_slug=line.product_slug,
        product_name=told(line, "product_name"),
        variant_name=line.variant_name,
        picture=picture(line.picture),
        unit_price_fen=line.unit_price_fen,
        quantity=line.quantity,
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
    )


def _parcels(order: Order) -> dict[int, list[Parcel]]:
    """The order's parcels by workshop."""
    shipments = shipments_of(order.id) if order.workshop_orders else {}
    sent_at_all = [shipment for sent in shipments.values() for shipment in sent]
    events = events_of(sent_at_all) if sent_at_all else {}
    return {
        part.workshop_id: [_parcel(sent, order.lines, events.get(sent.id, [])) for sent in shipments.get(part.id, [])]
        for part in order.workshop_orders
    }


def _parcel(shipment: Shipment, lines: list[OrderLine], events: list[TrackingEvent]) -> Parcel:
    carrier = find_carrier(shipment.carrier_code)
    skus = {line.id: line.sku for line in lines}
    return Parcel(
        place=shipment.place,
        carrier=say(carrier.name) if carrier else shipment.carrier_code,
        tracking_number=shipment.tracking_number,
        shipped_at=shipment.shipped_at,
        lines=[ParcelLine(sku=skus[inside.order_line_id], quantity=inside.quantity) for inside in shipment.lines],
        state=ParcelState(shipment.tracking_state),
        delivered_at=shipment.delivered_at,
        carrier_site=carrier.site if carrier else "",
        events=[
            ParcelEvent(at=event.happened_at, state=ParcelState(event.state), place=event.place, text=event.text)
            for event in events
        ],
    )
