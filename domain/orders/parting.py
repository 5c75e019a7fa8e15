"""The parts of a paid order: one per workshop that makes some of its lines. Lines come and go until a part is packed.

Amounts are sums of frozen rows: whatever moves, the parts, the open lines and the freights that wait for them
add up to the order.
"""

from __future__ import annotations

from core.db import db
from domain.notifications.telling import Message, tell_workshops
from domain.orders.history import lock_parts, record_part_move, record_part_moves
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.orders.splitting import Share, split_by_workshop


def split(order: Order, by: str) -> None:
    """Make the parts of an order just paid, by who makes its lines."""
    _make(order, list(enumerate(_shares(order), start=1)), by)
    db.session.expire(order, ["workshop_orders"])


def give_to(order: Order, line: OrderLine, workshop_id: int, by: str, reason: str) -> None:
    """The line joins the workshop's part, or makes it one. A freight that nobody carries any more goes with it."""
    line.workshop_id, line.is_open = workshop_id, False
    makers = {each.workshop_id for each in order.lines if not each.is_open}
    for freight in order.freights:
        if freight.carrier_id not in makers:
            freight.carried_by_workshop_id = workshop_id
    _settle(order, by, reason)


def take_away(order: Order, line: OrderLine, by: str, reason: str) -> None:
    """The line belongs to no part until the operator has decided; a freight for it alone waits with it."""
    line.is_open = True
    _settle(order, by, reason)


def _settle(order: Order, by: str, reason: str) -> None:
    """Parts that wait to be packed follow the lines; one without lines is given away, and may come back."""
    db.session.flush()
    parts = lock_parts(order.id)
    shares = {share.workshop_id: share for share in _shares(order)}
    for part in parts:
        share = shares.pop(part.workshop_id, None)
        if share is None and part.status == WorkshopOrderStatus.TO_PACK:
            _write(part, Share(part.workshop_id, 0, 0, 0))
            record_part_move(part, WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.REASSIGNED, by=by, reason=reason)
        if share is None:
            continue
        if part.status == WorkshopOrderStatus.REASSIGNED:
            record_part_move(part, WorkshopOrderStatus.REASSIGNED, WorkshopOrderStatus.TO_PACK, by=by, reason=reason)
        if part.status == WorkshopOrderStatus.TO_PACK:
            _write(part, share)
    _make(order, list(enumerate(shares.values(), start=len(parts) + 1)), by)
    db.session.flush()
    db.session.expire(order, ["workshop_orders"])


def _shares(order: Order) -> list[Share]:
    freights: dict[int, int] = {}
    for freight in order.freights:
        freights[freight.carrier_id] = freights.get(freight.carrier_id, 0) + freight.freight_fen
    lines = [(line.workshop_id, line.amount_fen, line.discount_fen) for line in order.lines if not line.is_open]
    return split_by_workshop(lines, freights)


def _make(order: Order, shares: list[tuple[int, Share]], by: str) -> None:
    parts = []
    for place, share in shares:
        part = WorkshopOrder(number=f"{order.number}-{place}", order_id=order.id, workshop_id=share.workshop_id)
        _write(part, share)
        parts.append(part)
    if not parts:
        return
    db.session.add_all(parts)
    db.session.flush()
    record_part_moves(parts, None, WorkshopOrderStatus.TO_PACK, by=by)
    tell_workshops([(part.workshop_id, _news_of(part)) for part in parts])


def _news_of(part: WorkshopOrder) -> Message:
    text, path = "订单 %(number)s 已付款，请在 48 小时内寄出", f"/workshop/orders/{part.number}"
    return Message(f"new_order/{part.number}", "new_order", "新订单", text, path, {"number": part.number})


def _write(part: WorkshopOrder, share: Share) -> None:
    part.goods_fen, part.discount_fen, part.freight_fen = share.goods_fen, share.discount_fen, share.freight_fen
