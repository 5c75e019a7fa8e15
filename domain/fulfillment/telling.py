"""What buyers and owners are told about parcels."""

from __future__ import annotations

from domain.fulfillment.models import Shipment
from domain.fulfillment.worklist import late_parts
from domain.notifications.telling import Message, tell_account, tell_workshop
from domain.orders.models import WorkshopOrder
from gateways.carriers.tracking import ParcelState


def tell_shipped(part: WorkshopOrder, shipment: Shipment) -> None:
    number = shipment.tracking_number
    path, text = f"/orders/{part.order.number}", "你的一个包裹寄出了，单号 %(number)s"
    message = Message(f"shipped/{shipment.id}", "shipped", "包裹已寄出", text, path, {"number": number})
    tell_account(part.order.account_id, message)


def tell_moved(part: WorkshopOrder, shipment: Shipment) -> None:
    """A parcel that came is told to the buyer, one that didn't to the owner; anything else to nobody."""
    number, key = {"number": shipment.tracking_number}, f"{shipment.tracking_state}/{shipment.id}"
    if shipment.tracking_state == ParcelState.DELIVERED:
        text, path = "包裹 %(number)s 已送到，请查收", f"/orders/{part.order.number}"
        tell_account(part.order.account_id, Message(key, "delivered", "包裹已送到", text, path, number))
    if shipment.tracking_state in {ParcelState.EXCEPTION, ParcelState.RETURNED}:
        text, path = "包裹 %(number)s 没有送到，请联系快递和买家", f"/workshop/orders/{part.number}"
        tell_workshop(part.workshop_id, Message(key, "parcel_trouble", "包裹没有送到", text, path, number))


def warn_late_parts() -> int:
    """Each workshop is told once of each part that is unsent 36 hours after payment; how many were new."""
    text = "订单 %(number)s 付款已超过 36 小时还没寄，满 48 小时微信会处罚"
    return sum(
        tell_workshop(
            part.workshop_id,
            Message(f"late/{part.id}", "late", "快到发货时限", text, f"/workshop/orders/{part.number}", {"number": part.number}),
        )
        for part in late_parts()
    )  # fmt: skip
