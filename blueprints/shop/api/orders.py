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
from domain.fulfillment.models import Shipment
from domain.fulfillment.parcels import shipments_of
from domain.orders import history
from domain.orders.actions import OrderAction, allowed_actions
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refunds_of
from domain.payments.models import RefundStatus
from domain.reviews.models import ReviewStatus
from domain.workshops.directory import workshops_by_id
from gateways.carriers.catalog import find_carrier


class OrderQuery(PageQuery):
    status: OrderStatus | None = None


class OrderPath(Parameters):
    number: OrderNumber


class Line(Answer):
    """What was bought, at the price it was bought for."""

    sku: str
    product_slug: str
    product_name: str
    variant_name: str
    picture: Picture | None
    unit_price_fen: int
    quantity: int
    amount_fen: int


class Parcel(Answer):
    carrier: str
    tracking_number: str
    shipped_at: datetime


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
    freight_fen: int
    lines: list[Line]
    parcels: list[Parcel]


class OrderCard(Answer):
    """An order in a list."""

    number: str
    status: OrderStatus
    placed_at: datetime
    expires_at: datetime = Field(description="待付款的订单到这时自动关闭")
    paid_at: datetime | None
    total_fen: int
    lines: list[Line]
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
    return answer(OrderPage(items=[_card(order) for order in found.items], next_cursor=found.next_cursor))


@blueprint.get("/orders/<number>", tags=[ORDERS], summary="订单详情", responses=answers(OrderDetail, 404))
@signed_in
def read_order(path: OrderPath) -> Response:
    return answer(order_detail(history.order_of(require_identity().account_id, path.number)))


def order_detail(order: Order) -> OrderDetail:
    workshops = workshops_by_id({line.workshop_id for line in order.lines})
    shipments = shipments_of(order.id)
    shown = line_states(order)
    states = [shown[line.id] for line in order.lines]
    parts = {part.workshop_id: part for part in order.workshop_orders}
    freights = {freight.workshop_id: freight.freight_fen for freight in order.freights}
    return OrderDetail(
        **dict(_card(order)),
        goods_fen=order.goods_fen,
        freight_fen=order.freight_fen,
        recipient=order.recipient,
        phone=order.masked_phone,
        address=order.address,
        note=order.note,
        parts=[
            _part(
                workshop_name(workshops[workshop_id]),
                parts.get(workshop_id),
                [line for line in order.lines if line.workshop_id == workshop_id],
                freights.get(workshop_id, 0),
                shipments,
            )
            for workshop_id in sorted(workshops)
        ],
        line_states=[_state(line, state) for line, state in zip(order.lines, states, strict=True)],
        refunds=[RefundAnswer(**asdict(story) | {"reason": say(story.reason)}) for story in refunds_of(order)],
    )


def _part(
    workshop: WorkshopName,
    part: WorkshopOrder | None,
    lines: list[OrderLine],
    freight_fen: int,
    shipments: dict[int, list[Shipment]],
) -> OrderPart:
    return OrderPart(
        number=part.number if part else None,
        status=WorkshopOrderStatus(part.status) if part else None,
        is_cancellable=part is not None and part.is_cancellable,
        workshop=workshop,
        goods_fen=sum(line.amount_fen for line in lines),
        freight_fen=freight_fen,
        lines=[_line(line) for line in lines],
        parcels=[_parcel(shipment) for shipment in shipments.get(part.id, [])] if part else [],
    )


def _card(order: Order) -> OrderCard:
    return OrderCard(
        number=order.number,
        status=OrderStatus(order.status),
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        total_fen=order.total_fen,
        lines=[_line(line) for line in order.lines],
        allowed_actions=allowed_actions(order),
    )


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
    )


def _parcel(shipment: Shipment) -> Parcel:
    carrier = find_carrier(shipment.carrier_code)
    name = say(carrier.name) if carrier else shipment.carrier_code
    return Parcel(carrier=name, tracking_number=shipment.tracking_number, shipped_at=shipment.shipped_at)
