"""A workshop can't make a line of its part, and says so before any of it lies in the box."""

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
    # Whoever packs holds the part: after this, nothing more comes into the box.
    dispatching.hold_order(part.order_id)
    packed = select(PackedPackage.package_code_id).filter_by(workshop_order_id=part.id, order_line_id=line_id)
    if db.session.scalar(packed.limit(1)) is not None:
        raise LineInBox(name=db.session.get_one(OrderLine, line_id).product_name)
    return dispatching.decline(part, line_id, by=by, reason=reason)
