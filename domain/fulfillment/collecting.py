"""The buyer fetches a workshop's part (自提): shows the code, and has it in hand."""

from __future__ import annotations

import hmac

from core.errors import DomainError
from domain.fulfillment.moves import move_part
from domain.fulfillment.packing import check_contents
from domain.fulfillment.receiving import is_more_to_come
from domain.orders.history import lock_order, lock_parts, record_move
from domain.orders.models import OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.stock import allocating


class NotForPickup(DomainError):
    message = "这一单要寄出，不是自提"


class PickupCodeWrong(DomainError):
    status = 422
    message = "提货码不对，请买家打开订单再念一遍"


def hand_over(part: WorkshopOrder, code: str, by: str) -> None:
    """The packed part goes to whoever says its code; when all parts are received, the order is completed.

    Raises NotForPickup, PickupCodeWrong, or TransitionRefused when it isn't packed yet or was handed over. A packet whose
    batch was blocked since packing stays here (the errors of `packing`). Whoever calls limits the tries.
    """
    order = lock_order(part.order.number)
    parts = lock_parts(order.id)
    held = next(each for each in parts if each.id == part.id)
    if held.pickup_code is None:
        raise NotForPickup
    if not hmac.compare_digest(held.pickup_code.encode(), "".join(code.split()).encode()):
        raise PickupCodeWrong
    check_contents(held)
    move_part(held, WorkshopOrderStatus.RECEIVED, by, "fetched")
    allocating.ship(order.number, {line.variant_id for line in held.lines}, by=by)
    if not is_more_to_come(order, parts):
        record_move(order, OrderStatus(order.status), OrderStatus.COMPLETED, by=by)
