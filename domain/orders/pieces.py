"""An order's refund at WeChat: one refund for each merchant that was paid, and one story for the buyer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from core.clock import now
from core.db import db
from domain.orders.models import Order, OrderRefund, OrderRefundLine, OrderRefundPiece
from domain.payments import dividing, refunding
from domain.payments.models import Payment, Refund, RefundStatus

# From the one that needs people to the one that is done.
_SLOWEST = (RefundStatus.ABNORMAL, RefundStatus.ASKED, RefundStatus.PROCESSING, RefundStatus.SUCCEEDED)
Taken = tuple[int | None, OrderRefundLine]
"""What goes back, and whose own merchant got it (None: the cluster's)."""


def ask_each(payment: Payment, number: str, taken: Sequence[Taken], reason: str, by: str) -> list[OrderRefundPiece]:
    """Ask each merchant for what it got; the first refund has `number`, each other is a piece. Lines know theirs.

    Raises what `payments.refunding.ask_refund` raises.
    """
    parts = {part.workshop_id: part for part in dividing.parts_of(payment)}
    groups: dict[int | None, list[OrderRefundLine]] = {}
    for receiver, line in taken:
        groups.setdefault(receiver, []).append(line)
    pieces = []
    for place, receiver in enumerate(sorted(groups, key=lambda key: key or 0), start=1):
        lines = groups[receiver]
        own = number if place == 1 else f"{number}P{place}"
        part = parts[receiver] if parts else None
        refunding.ask_refund(payment, own, sum(line.amount_fen for line in lines), reason, by=by, part=part)
        if place > 1:
            pieces.append(OrderRefundPiece(out_refund_no=own))
            for line in lines:
                line.out_refund_no = own
    return pieces


def closed_pieces(most: int) -> list[str]:
    """Numbers of pieces that WeChat closed and whose amounts the lines still count."""
    closed = (
        select(OrderRefundPiece.out_refund_no)
        .join(Refund, Refund.out_refund_no == OrderRefundPiece.out_refund_no)
        .where(Refund.status == RefundStatus.CLOSED, OrderRefundPiece.given_back_at.is_(None))
    )
    return list(db.session.scalars(closed.order_by(OrderRefundPiece.id).limit(most)))


def take_closed(out_refund_no: str) -> tuple[OrderRefund, list[OrderRefundLine]] | None:
    """The lines of a refund at WeChat that was closed, for whoever gives them back: once."""
    closed = select(Refund.id).where(Refund.out_refund_no == out_refund_no, Refund.status == RefundStatus.CLOSED)
    for table in (OrderRefund, OrderRefundPiece):
        mark = update(table).where(table.out_refund_no == out_refund_no, table.given_back_at.is_(None), closed.exists())
        marked = db.session.scalar(mark.values(given_back_at=now()).returning(table))
        if isinstance(marked, OrderRefund):
            return marked, [line for line in marked.lines if line.out_refund_no is None]
        if marked is not None:
            refund = db.session.get_one(OrderRefund, marked.order_refund_id)
            return refund, [line for line in refund.lines if line.out_refund_no == out_refund_no]
    return None


def status_of(out_refund_no: str) -> RefundStatus | None:
    """How the order's refund of this number stands as a whole; closed as soon as all is over and any of it was closed."""
    pieces = (
        select(OrderRefundPiece.out_refund_no)
        .join(OrderRefund, OrderRefund.id == OrderRefundPiece.order_refund_id)
        .where(OrderRefund.out_refund_no == out_refund_no)
    )
    rows = select(Refund.status).where((Refund.out_refund_no == out_refund_no) | Refund.out_refund_no.in_(pieces))
    statuses = {RefundStatus(status) for status in db.session.scalars(rows)}
    return slowest(statuses - {RefundStatus.CLOSED, RefundStatus.SUCCEEDED}) or (
        RefundStatus.CLOSED if RefundStatus.CLOSED in statuses else slowest(statuses)
    )


def slowest(statuses: Iterable[RefundStatus]) -> RefundStatus | None:
    """The one that is furthest from done; None for none."""
    there = set(statuses)
    return next((status for status in (*_SLOWEST, RefundStatus.CLOSED) if status in there), None)


def together(order: Order, found: Sequence[tuple[Payment, Refund]]) -> list[list[tuple[Payment, Refund]]]:
    """Refunds of an order at WeChat, those of one refund of the order together; what was closed stands alone."""
    rows = (
        select(OrderRefundPiece.out_refund_no, OrderRefund.out_refund_no)
        .join(OrderRefund, OrderRefund.id == OrderRefundPiece.order_refund_id)
        .where(OrderRefund.order_id == order.id)
    )
    first = {row[0]: row[1] for row in db.session.execute(rows)}
    groups: dict[str, list[tuple[Payment, Refund]]] = {}
    for payment, refund in found:
        number = refund.out_refund_no
        if number.startswith(payment.out_trade_no):
            key = payment.out_trade_no
        else:
            key = number if refund.status == RefundStatus.CLOSED else f"{first.get(number, number)}/"
        groups.setdefault(key, []).append((payment, refund))
    return list(groups.values())
