"""The money of an approved case: promised once, never more than was paid for the line."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import DomainError
from domain.aftersale.models import AftersaleCase, CaseKind, CaseStatus, Side
from domain.aftersale.moves import move
from domain.aftersale.rights import refundable_fen
from domain.fulfillment.moves import lock_part
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus


class RefundTooMuch(DomainError):
    """Less is left of what was paid for the line than was to go back."""

    message = "可退的金额不够了"


class AlreadyShipped(DomainError):
    """The goods left before the case was approved: a return is the way now."""

    message = "商品已经发出，请等买家收到后再处理"


def promise(case: AftersaleCase, amount_fen: int) -> None:
    """Note how much of a locked case goes back; RefundTooMuch beyond what is left of the line.

    The line is held, so that what is promised about it is added up by one at a time.
    """
    hold_order(case)
    held = select(OrderLine).filter_by(id=case.order_line_id).with_for_update(key_share=True)
    line = db.session.scalars(held.execution_options(populate_existing=True)).one()
    cases = list(db.session.scalars(select(AftersaleCase).filter_by(order_line_id=line.id)))
    if not 1 <= amount_fen <= refundable_fen(line, cases, apart_from=case.id):
        raise RefundTooMuch
    case.approved_fen = amount_fen
    db.session.flush()


def start_refund(case: AftersaleCase, side: Side, by: str, text: str = "") -> None:
    """The promised money of a locked case is on its way back."""
    assert case.approved_fen is not None
    if case.kind == CaseKind.BEFORE_SHIPPING:
        _keep_here(case)
    move(case, CaseStatus.REFUNDING, side, by, text, amount_fen=case.approved_fen)


def hold_order(case: AftersaleCase) -> Order:
    """The case's order, held as receipt holds it: before its parts and lines."""
    hold = select(Order).filter_by(id=case.order_id).with_for_update(key_share=True)
    return db.session.scalars(hold.execution_options(populate_existing=True)).one()


def _keep_here(case: AftersaleCase) -> None:
    """The goods of a case before shipping are still here, and stay; AlreadyShipped otherwise."""
    part = db.session.scalars(
        select(WorkshopOrder).filter_by(order_id=case.order_id, workshop_id=case.workshop_id)
    ).one()
    if lock_part(part.id).status not in {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.PACKED}:
        raise AlreadyShipped
