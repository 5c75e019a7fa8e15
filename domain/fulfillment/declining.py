"""A line goes to another workshop, declined by its own or moved by the operator, before any of it lies in the box."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import DomainError
from domain.fulfillment.models import PackedPackage
from domain.orders import dispatching
from domain.orders.models import OrderLine, WorkshopOrder


class LineInBox(DomainError):
    """Some of its packets are packed."""

    message = "请先把「%(name)s」从箱子里取出来"


def decline_line(part: WorkshopOrder, line_id: int, *, by: str, reason: str) -> int | None:
    """The line goes to another maker (its workshop's id), or is open for the operator (None).

    InvalidInput on `reason`, NotFound for a line of another part, LineInBox, or dispatching.LineNotDispatchable.
    """
    _require_unboxed(part.order_id, line_id)
    return dispatching.decline(part, line_id, by=by, reason=reason)


def reassign_line(line: OrderLine, workshop_id: int, *, by: str, reason: str) -> int:
    """The operator gives a line of which nothing is packed to one of its makers; how many packets are short there.

    InvalidInput on `reason`, WorkshopNotMaker, LineInBox, or dispatching.LineNotDispatchable.
    """
    _require_unboxed(line.order_id, line.id)
    return dispatching.assign(line, workshop_id, by, reason)


def _require_unboxed(order_id: int, line_id: int) -> None:
    # Whoever packs holds the part: after this, nothing more comes into the box.
    dispatching.hold_order(order_id)
    packed = select(PackedPackage.package_code_id).filter_by(order_line_id=line_id)
    if db.session.scalar(packed.limit(1)) is not None:
        raise LineInBox(name=db.session.get_one(OrderLine, line_id).product_name)
