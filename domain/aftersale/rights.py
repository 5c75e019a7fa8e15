"""What a buyer may ask for about a line now, and for how much at most: asked by every screen and by the act itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.settings import settings
from domain.aftersale.models import ENDED, AftersaleCase, CaseKind, CaseStatus
from domain.orders.models import Order, OrderHistory, OrderLine, WorkshopOrder, WorkshopOrderStatus

_COUNTED = (CaseStatus.APPROVED, CaseStatus.GOODS_SENT, CaseStatus.RECEIVED, CaseStatus.REFUNDING, CaseStatus.REFUNDED)


@dataclass(frozen=True, slots=True)
class Rights:
    """`until`: when the window closes; None while the goods are not received. `open_number`: the open case's, if any."""

    kinds: list[CaseKind]
    most_quantity: int
    most_fen: int
    until: datetime | None
    open_number: str | None
    line_paid_fen: int
    line_quantity: int

    def most_fen_of(self, quantity: int) -> int:
        """The most that `quantity` of the line's pieces can bring back (fen): their share, or all that is left."""
        if quantity >= self.most_quantity:
            return self.most_fen
        return min(self.most_fen, self.line_paid_fen * quantity // self.line_quantity)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of an order, read in two statements however many lines it has."""

    cases: dict[int, list[AftersaleCase]]
    received_at: dict[int, datetime]


def rights_of(order: Order, line: OrderLine) -> Rights:
    """What may be asked for about `line`; no kinds when nothing may."""
    return rights_of_lines(order)[line.id]


def rights_of_lines(order: Order) -> dict[int, Rights]:
    """The same for each line of an order, by its id."""
    facts = _facts(order) if order.paid_at else _Facts({}, {})
    parts = {part.workshop_id: part for part in order.workshop_orders}
    return {line.id: _rights(line, parts.get(line.workshop_id), facts) for line in order.lines}


def _facts(order: Order) -> _Facts:
    cases: dict[int, list[AftersaleCase]] = {}
    for case in db.session.scalars(select(AftersaleCase).filter_by(order_id=order.id).order_by(AftersaleCase.id)):
        cases.setdefault(case.order_line_id, []).append(case)
    received = (
        select(OrderHistory.workshop_order_id, func.max(OrderHistory.at))
        .where(OrderHistory.order_id == order.id, OrderHistory.to_status == WorkshopOrderStatus.RECEIVED)
        .group_by(OrderHistory.workshop_order_id)
    )
    return _Facts(cases, {row[0]: row[1] for row in db.session.execute(received) if row[0]})


def _rights(line: OrderLine, part: WorkshopOrder | None, facts: _Facts) -> Rights:
    cases = facts.cases.get(line.id, [])
    open_case = next((case for case in cases if case.status not in ENDED), None)
    quantity = line.quantity - sum(case.quantity for case in cases if case.status in _COUNTED)
    most_fen = refundable_fen(line, cases)
    kinds, until = _kinds(part, line.is_perishable, facts.received_at) if part else ([], None)
    if open_case or quantity <= 0 or most_fen <= 0:
        kinds = []
    return Rights(
        kinds, max(0, quantity), most_fen, until, open_case.number if open_case else None, line.paid_fen, line.quantity
    )


def refundable_fen(line: OrderLine, cases: list[AftersaleCase], apart_from: int | None = None) -> int:
    """What can still be promised of a line (fen): what was paid, less refunds, less what cases were promised already."""
    promised = sum(
        case.approved_fen or 0
        for case in cases
        if case.status in _COUNTED and case.out_refund_no is None and case.id != apart_from
    )
    return max(0, line.refundable_fen - promised)


def _kinds(
    part: WorkshopOrder, fresh: bool, received_at: dict[int, datetime]
) -> tuple[list[CaseKind], datetime | None]:
    if part.status == WorkshopOrderStatus.TO_PACK:
        return [CaseKind.BEFORE_SHIPPING], None
    if part.status == WorkshopOrderStatus.SHIPPED:
        return ([CaseKind.FRESH_CLAIM] if fresh else []) + [CaseKind.REFUND_ONLY], None
    if part.status != WorkshopOrderStatus.RECEIVED:
        return [], None
    window = (
        timedelta(hours=settings().aftersale_fresh_hours) if fresh else timedelta(days=settings().aftersale_window_days)
    )
    until = received_at.get(part.id, part.created_at) + window
    if now() >= until:
        return [], until
    return [CaseKind.FRESH_CLAIM] if fresh else [CaseKind.RETURN, CaseKind.REFUND_ONLY], until
