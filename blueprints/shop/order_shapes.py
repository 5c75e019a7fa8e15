"""An order as its page shows it: the parts of its workshops with their parcels, and its story in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from core.web.language import say, told
from domain.fulfillment.models import Shipment
from domain.orders.history import Move
from domain.orders.models import Order, OrderLine, OrderStatus, WorkshopOrderStatus
from domain.workshops.directory import workshops_by_id
from gateways.carriers.catalog import find_carrier


@dataclass(frozen=True, slots=True)
class ParcelShape:
    carrier: str
    tracking_number: str
    shipped_at: datetime


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


@dataclass(frozen=True, slots=True)
class Sentence:
    at: datetime
    text: str


def part_shapes(order: Order, shipments: dict[int, list[Shipment]]) -> list[PartShape]:
    workshops = workshops_by_id({part.workshop_id for part in order.workshop_orders})
    return [
        PartShape(
            number=part.number,
            workshop_slug=workshops[part.workshop_id].slug,
            workshop_name=told(workshops[part.workshop_id]),
            status=part.status,
            is_cancellable=part.is_cancellable,
            lines=[line for line in order.lines if line.workshop_id == part.workshop_id],
            shipments=[_parcel(shipment) for shipment in shipments.get(part.id, [])],
        )
        for part in order.workshop_orders
    ]


def story(order: Order, moves: list[Move]) -> list[Sentence]:
    """What happened, newest first, without the placing, which every order has."""
    names = {part.id: part.number.rsplit("-", 1)[-1] for part in order.workshop_orders}
    sentences = [Sentence(move.at, _sentence(move, names)) for move in moves if not _is_beginning(move)]
    return sentences[::-1]


def _is_beginning(move: Move) -> bool:
    return move.to_status in {OrderStatus.AWAITING_PAYMENT, WorkshopOrderStatus.TO_PACK}


def _sentence(move: Move, names: dict[int, str]) -> str:
    texts = {
        OrderStatus.PAID: gettext("已付款"),
        OrderStatus.CANCELLED: gettext("已取消"),
        OrderStatus.EXPIRED: gettext("超时未付款，已关闭"),
        OrderStatus.REFUNDED: gettext("已全部取消，付的款原路退回"),
        OrderStatus.COMPLETED: gettext("全部收到，订单完成"),
        WorkshopOrderStatus.PACKED: gettext("第 %(n)s 箱已装好", n=names.get(move.workshop_order_id or 0, "")),
        WorkshopOrderStatus.SHIPPED: gettext("第 %(n)s 箱已发出", n=names.get(move.workshop_order_id or 0, "")),
        WorkshopOrderStatus.RECEIVED: gettext("第 %(n)s 箱已收到", n=names.get(move.workshop_order_id or 0, "")),
    }
    if move.workshop_order_id and move.to_status == WorkshopOrderStatus.CANCELLED:
        return gettext("第 %(n)s 箱已取消", n=names.get(move.workshop_order_id, ""))
    return {str(status): text for status, text in texts.items()}.get(move.to_status, move.to_status)


def _parcel(shipment: Shipment) -> ParcelShape:
    carrier = find_carrier(shipment.carrier_code)
    name = say(carrier.name) if carrier else shipment.carrier_code
    return ParcelShape(name, shipment.tracking_number, shipment.shipped_at)
