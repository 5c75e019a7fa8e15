"""What to take from the shelf for all open parts of a workshop, and then what goes into each box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from core.db import db
from domain.fulfillment.boxes import Box, box_of
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus

MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Pick:
    """A variant's packets to take from the shelf; `line` is one of the orders' lines and has its names."""

    line: OrderLine
    quantity: int


@dataclass(frozen=True, slots=True)
class PickList:
    """`picks` sum what the boxes of `parts` still lack."""

    picks: list[Pick]
    parts: list[tuple[WorkshopOrder, Box]]


def pick_list(workshop_id: int) -> PickList:
    """The parts still to be packed, the oldest first (at most 200), and what they need together."""
    statement = select(WorkshopOrder).filter_by(workshop_id=workshop_id, status=WorkshopOrderStatus.TO_PACK)
    parts = list(db.session.scalars(statement.order_by(WorkshopOrder.id).limit(MOST_PARTS)))
    orders = db.session.scalars(select(Order).where(Order.id.in_({part.order_id for part in parts})))
    found = {order.id: order for order in orders}
    for part in parts:
        set_committed_value(part, "order", found[part.order_id])
    boxes = [(part, box_of(part)) for part in parts]
    return PickList(_sum(box for _, box in boxes), boxes)


def _sum(boxes: Iterable[Box]) -> list[Pick]:
    lines: dict[int, OrderLine] = {}
    wanted: dict[int, int] = {}
    for entry in (entry for box in boxes for entry in box.lines if entry.uncounted > 0):
        lines.setdefault(entry.line.variant_id, entry.line)
        wanted[entry.line.variant_id] = wanted.get(entry.line.variant_id, 0) + entry.uncounted
    picks = [Pick(lines[variant_id], quantity) for variant_id, quantity in wanted.items()]
    return sorted(picks, key=lambda pick: (pick.line.product_name, pick.line.variant_name))
