"""An order as its page shows it: the parts of its workshops with their parcels, and its story in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from core.web.language import say, told
from domain.fulfillment.models import Shipment, TrackingEvent
from domain.fulfillment.tracking import events_of
from domain.orders.history import Move
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrderStatus
from domain.shipping.templates import templates_of
from domain.workshops.directory import workshops_by_id
from gateways.carriers.catalog import find_carrier


@dataclass(frozen=True, slots=True)
class ParcelShape:
    """A parcel and its goods, as pairs of an order's line and how many packets of it."""

    place: int
    carrier: str
    tracking_number: str
    shipped_at: datetime
    goods: list[tuple[OrderLine, int]]
    state: str
    carrier_site: str
    events: list[TrackingEvent]


@dataclass(frozen=True, slots=True)
class PartShape:
    """One workshop's part."""

    number: str
    workshop_slug: str
    workshop_name: str
    status: str
    is_cancellable: bool
    lines: list[OrderLine]
    shipments: list[ParcelShape]
    pickup_code: str | None
    pickup_place: str


@dataclass(frozen=True, slots=True)
class Sentence:
    at: datetime
    text: str


def part_shapes(order: Order, shipments: dict[int, list[Shipment]]) -> list[PartShape]:
    workshops = workshops_by_id({part.workshop_id for part in order.workshop_orders})
    events = events_of([shipment for sent in shipments.values() for shipment in sent])
    fetched = {part.workshop_id for part in order.workshop_orders if part.pickup_code is not None}
    places = {key: row.pickup_place for key, row in templates_of(fetched).items()} if fetched else {}
    return [
        PartShape(
            number=part.number,
            workshop_slug=workshops[part.workshop_id].slug,
            workshop_name=told(workshops[part.workshop_id]),
            status=part.status,
            is_cancellable=part.is_cancellable,
            lines=part.lines,
            shipments=[
                _parcel(shipment, order, events.get(shipment.id, [])) for shipment in shipments.get(part.id, [])
            ],
            pickup_code=part.pickup_code,
            pickup_place=places.get(part.workshop_id, ""),
        )
        for part in order.workshop_orders
    ]


def story(order: Order, moves: list[Move]) -> list[Sentence]:
    """What happened, newest first, without the placing, which every order has."""
    names = {part.id: part.number.rsplit("-", 1)[-1] for part in order.workshop_orders}
    sentences = [Sentence(move.at, _sentence(move, names, order)) for move in moves if not _is_beginning(move)]
    return sentences[::-1]


def _is_beginning(move: Move) -> bool:
    hidden = {OrderStatus.AWAITING_PAYMENT, WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.REASSIGNED}
    return move.to_status in hidden


def _sentence(move: Move, names: dict[int, str], order: Order) -> str:
    texts = {
        OrderStatus.PAID: gettext("已付款"),
        OrderStatus.CANCELLED: gettext("已取消"),
        OrderStatus.EXPIRED: gettext("超时未付款，已关闭"),
        OrderStatus.REFUNDED: gettext("拼团没有拼成，付的款原路退回")
        if order.held_for_group and move.by == "timer"
        else gettext("已全部取消，付的款原路退回"),
        OrderStatus.COMPLETED: gettext("全部收到，订单完成"),
        WorkshopOrderStatus.PACKED: gettext("第 %(n)s 箱已装好", n=names.get(move.workshop_order_id or 0, "")),
        WorkshopOrderStatus.SHIPPED: gettext("第 %(n)s 箱已发出", n=names.get(move.workshop_order_id or 0, "")),
        WorkshopOrderStatus.RECEIVED: gettext("第 %(n)s 箱已收到", n=names.get(move.workshop_order_id or 0, "")),
    }
    if move.workshop_order_id and move.to_status == WorkshopOrderStatus.CANCELLED:
        return gettext("第 %(n)s 箱已取消", n=names.get(move.workshop_order_id, ""))
    return {str(status): text for status, text in texts.items()}.get(move.to_status, move.to_status)


def _parcel(shipment: Shipment, order: Order, events: list[TrackingEvent]) -> ParcelShape:
    carrier = find_carrier(shipment.carrier_code)
    name = say(carrier.name) if carrier else shipment.carrier_code
    lines = {line.id: line for line in order.lines}
    goods = [(lines[inside.order_line_id], inside.quantity) for inside in shipment.lines]
    return ParcelShape(
        place=shipment.place,
        carrier=name,
        tracking_number=shipment.tracking_number,
        shipped_at=shipment.shipped_at,
        goods=goods,
        state=shipment.tracking_state,
        carrier_site=carrier.site if carrier else "",
        events=events,
    )
