"""The money of an approved case: promised once, never more than was paid for the line, and followed until it is there."""

from __future__ import annotations

from sqlalchemy import func, select

from core.db import db
from core.errors import DomainError
from domain.aftersale.models import AftersaleCase, CaseHistory, CaseKind, CaseStatus, Side
from domain.aftersale.moves import lock_case, move
from domain.aftersale.rights import refundable_fen
from domain.fulfillment.boxes import box_of
from domain.fulfillment.packing import unpack_package
from domain.fulfillment.shipping_out import note_all_sent
from domain.orders.dropping import drop_line
from domain.orders.history import lock_order, lock_parts
from domain.orders.models import Order, WorkshopOrderStatus
from domain.orders.pieces import status_of
from domain.orders.refunding import refund_lines
from domain.payments.models import Refund, RefundStatus
from domain.products.models import Product

_MOST_AT_ONCE = 200


class RefundTooMuch(DomainError):
    """Less is left of what was paid for the line than was to go back."""

    message = "可退的金额不够了"


class AlreadyShipped(DomainError):
    """The box was closed or left before the case was approved: once it has arrived, something else can be asked for."""

    message = "已经装箱或发出，请等买家收到后再处理"


def promise(case: AftersaleCase, amount_fen: int) -> None:
    """Note how much of a locked case goes back; RefundTooMuch beyond what is left of the line.

    The order is held, so that what is promised about it is added up by one at a time.
    """
    order = _hold_order(case)
    line = next(line for line in order.lines if line.id == case.order_line_id)
    db.session.refresh(line)
    cases = list(db.session.scalars(select(AftersaleCase).filter_by(order_line_id=line.id)))
    if not 1 <= amount_fen <= refundable_fen(line, cases, apart_from=case.id):
        raise RefundTooMuch
    case.approved_fen = amount_fen
    db.session.flush()


def start_refund(case: AftersaleCase, side: Side, by: str, text: str = "") -> None:
    """The promised money of a locked case is on its way back; goods that were not sent stay here.

    Raises AlreadyShipped, and what `orders.refunding.refund_lines` raises; then nothing has changed.
    """
    assert case.approved_fen is not None
    order = _hold_order(case)
    if case.kind == CaseKind.BEFORE_SHIPPING:
        _keep_here(case, order)
    move(case, CaseStatus.REFUNDING, side, by, text, amount_fen=case.approved_fen)
    freight = {case.workshop_id: case.freight_fen} if case.freight_fen else {}
    refund = refund_lines(order, {case.order_line_id: case.approved_fen}, freight, "售后退款", by, key=_key(case))
    case.out_refund_no = refund.out_refund_no
    db.session.flush()


def over_refunds() -> list[int]:
    """The cases (ids) whose money has arrived, or whose refund WeChat closed."""
    over = (
        select(AftersaleCase.id)
        .join(Refund, Refund.out_refund_no == AftersaleCase.out_refund_no)
        .where(
            AftersaleCase.status == CaseStatus.REFUNDING,
            Refund.status.in_([RefundStatus.SUCCEEDED, RefundStatus.CLOSED]),
        )
    )
    return list(db.session.scalars(over.order_by(AftersaleCase.id).limit(_MOST_AT_ONCE)))


def follow_refund(case_id: int) -> None:
    """A refunding case is refunded once its money arrived; the operator gets it if WeChat closed the refund."""
    case = lock_case(case_id)
    if case.status != CaseStatus.REFUNDING:
        return
    status = status_of(case.out_refund_no) if case.out_refund_no else None
    if status == RefundStatus.SUCCEEDED:
        move(case, CaseStatus.REFUNDED, Side.TIMER, "wechat_pay")
    elif status == RefundStatus.CLOSED:
        move(case, CaseStatus.ARBITRATION, Side.TIMER, "wechat_pay", "微信关闭了这笔退款")
        case.approved_fen = case.out_refund_no = None
        case.freight_fen = 0


def _hold_order(case: AftersaleCase) -> Order:
    number = db.session.scalars(select(Order.number).filter_by(id=case.order_id)).one()
    return lock_order(number)


def _key(case: AftersaleCase) -> str:
    """The refund's key: one for each time that the case came to refunding."""
    counted = select(func.count()).select_from(CaseHistory)
    times = db.session.scalar(counted.filter_by(case_id=case.id, to_status=CaseStatus.REFUNDING))
    return f"S{case.id}N{times}"


def _keep_here(case: AftersaleCase, order: Order) -> None:
    """The packets of a case before shipping leave their box and are for sale again; AlreadyShipped once it is closed, or
    when so many are not here any more. With the last line of a part its freight goes back, too.
    """
    part = next(part for part in lock_parts(order.id) if part.workshop_id == case.workshop_id)
    if part.status != WorkshopOrderStatus.TO_PACK:
        raise AlreadyShipped
    entry = next((entry for entry in box_of(part).lines if entry.line.id == case.order_line_id), None)
    if entry is None or case.quantity > entry.line.wanted_quantity - entry.sent:
        raise AlreadyShipped
    # Products come before stock, which taking packets out of the box holds.
    db.session.execute(select(Product.id).filter_by(id=entry.line.product_id).with_for_update(key_share=True))
    for packed in reversed(entry.waiting[len(entry.waiting) - max(0, case.quantity - max(0, entry.uncounted)) :]):
        unpack_package(part, packed.package_code_id)
    drop_line(order.number, entry.line.id, by="buyer", reason="发货前退款", quantity=case.quantity)
    if part.status == WorkshopOrderStatus.CANCELLED:
        case.freight_fen = sum(
            row.freight_fen - row.refunded_fen for row in order.freights if row.workshop_id == case.workshop_id
        )
    else:
        note_all_sent(part, "buyer", "其余的已退款")
