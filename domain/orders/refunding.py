"""Giving an order's money back, line by line and freight by freight. Never more than was paid for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update

from core.db import db
from core.errors import DomainError
from core.jobs import enqueue, job
from domain.groups import filling
from domain.orders import pieces
from domain.orders.ending import end_open_lines
from domain.orders.history import lock_order
from domain.orders.models import Order, OrderFreight, OrderLine, OrderRefund, OrderRefundLine, OrderStatus
from domain.orders.telling import tell_refund_asked
from domain.payments import confirming, refunding
from domain.payments.models import Payment, Refund, RefundStatus
from domain.promotions import redeeming
from gateways.wechat_pay.contract import Refund as WechatRefund

_MOST_AT_ONCE = 100


class RefundExceedsPaid(DomainError):
    """More was to go back for a line, or for a workshop's freight, than is left of what was paid for it."""

    message = "退款金额超过了这一项还能退的金额"


class NothingToRefund(DomainError):
    """No sum was named, or the order was never paid."""

    message = "没有可退的款"


@dataclass(frozen=True, slots=True)
class RefundStory:
    """A refund as people are told of it. `is_surplus`: money the order never waited for, which is no part of it."""

    out_refund_no: str
    amount_fen: int
    status: RefundStatus
    reason: str
    asked_at: datetime
    succeeded_at: datetime | None
    is_surplus: bool


def refund_lines(
    order: Order, goods: Mapping[int, int], freight: Mapping[int, int], reason: str, by: str, *, key: str = ""
) -> OrderRefund:
    """Money of a paid order goes back: fen by order line's id, and fen by workshop's id for freight.

    `key` (letters and digits) makes a repeated call harmless: the refund of that key was made once. Without it every
    call is another refund. Nothing is sent before the commit. A line without a maker that is paid back whole is over, and the
    order with it if nothing else is left. Raises RefundExceedsPaid, NothingToRefund, and the errors
    of `payments.refunding.ask_refund`; then nothing has changed.
    """
    order = lock_order(order.number)
    number = f"{order.number}K{key}" if key else f"{order.number}R{_next_place(order)}"
    made = db.session.scalars(select(OrderRefund).filter_by(out_refund_no=number)).first()
    if made is not None:
        return made
    goods = {line_id: fen for line_id, fen in goods.items() if fen}
    freight = {workshop_id: fen for workshop_id, fen in freight.items() if fen}
    payment = confirming.paid_payment(order.number)
    if payment is None or not (goods or freight):
        raise NothingToRefund
    if min((*goods.values(), *freight.values())) < 0:
        raise RefundExceedsPaid
    taken = _take_goods(order, goods) + _take_freight(order, freight)
    amount_fen = sum(part.amount_fen for _, part in taken)
    more = pieces.ask_each(payment, number, taken, reason or "退款", by)
    parts = [part for _, part in taken]
    refund = OrderRefund(out_refund_no=number, order_id=order.id, reason=reason, asked_by=by, lines=parts)
    db.session.add(refund)
    db.session.flush()
    for piece in more:
        piece.order_refund_id = refund.id
    db.session.add_all(more)
    db.session.flush()
    tell_refund_asked(order, number, amount_fen)
    end_open_lines(order, by, reason)
    if order.status != OrderStatus.REFUNDED and _all_goes_back(order):
        # In a transaction of its own, since promotions are held before the stock and the caller may hold stock.
        enqueue(free_promotions, order_id=order.id)
    return refund


@job(queue_name="money")
def free_promotions(order_id: int) -> None:
    """All that was paid of an order goes back: its coupons, flash seats and seat in a group are free. Once."""
    order = lock_order(db.session.scalars(select(Order.number).filter_by(id=order_id)).one())
    if _all_goes_back(order):
        redeeming.give_back(order.number)
        filling.leave(order.number, "timer")


def hear_refund(told: WechatRefund, by: str) -> None:
    """Take WeChat's word on a refund; what it closed can be refunded again."""
    refunding.hear_refund(told, by=by)
    give_back(told.out_refund_no)


def closed_refunds() -> list[str]:
    """Numbers of refunds that WeChat closed and whose amounts the lines still count."""
    statement = (
        select(OrderRefund.out_refund_no)
        .join(Refund, Refund.out_refund_no == OrderRefund.out_refund_no)
        .where(Refund.status == RefundStatus.CLOSED, OrderRefund.given_back_at.is_(None))
        .order_by(OrderRefund.id)
        .limit(_MOST_AT_ONCE)
    )
    return list(db.session.scalars(statement)) + pieces.closed_pieces(_MOST_AT_ONCE)


def give_back(out_refund_no: str) -> None:
    """If WeChat closed the refund, its lines and freights may be refunded again. Once; nothing for any other refund."""
    found = pieces.take_closed(out_refund_no)
    if found is None:
        return
    refund, lines = found
    for part in lines:
        if part.order_line_id is not None:
            line = update(OrderLine).where(OrderLine.id == part.order_line_id)
            db.session.execute(line.values(refunded_fen=OrderLine.refunded_fen - part.amount_fen))
        else:
            freight = update(OrderFreight).where(
                OrderFreight.order_id == refund.order_id, OrderFreight.workshop_id == part.workshop_id
            )
            db.session.execute(freight.values(refunded_fen=OrderFreight.refunded_fen - part.amount_fen))


def refunds_of(order: Order) -> list[RefundStory]:
    """All that goes or went back to the buyer of an order, oldest first, surplus payments among it."""
    if order.status == OrderStatus.AWAITING_PAYMENT:
        return []  # no money came that could go back
    return [_whole_story(each) for each in pieces.together(order, refunding.refunds_for(order.number))]


def refunds_of_workshop(order: Order, workshop_id: int) -> list[RefundStory]:
    """What of the order's refunds belongs to one workshop's goods and freight, oldest first."""
    statement = (
        select(Refund, func.sum(OrderRefundLine.amount_fen))
        .select_from(OrderRefund)
        .join(OrderRefundLine, OrderRefundLine.order_refund_id == OrderRefund.id)
        .join(Refund, Refund.out_refund_no == func.coalesce(OrderRefundLine.out_refund_no, OrderRefund.out_refund_no))
        .where(OrderRefund.order_id == order.id, OrderRefundLine.workshop_id == workshop_id)
        .group_by(Refund.id)
        .order_by(Refund.id)
    )
    return [_story(row[0], int(row[1]), is_surplus=False) for row in db.session.execute(statement)]


def _whole_story(refunds: list[tuple[Payment, Refund]]) -> RefundStory:
    """One refund, whatever it is at WeChat: as slow as its slowest."""
    payment, first = refunds[0]
    every = [refund for _, refund in refunds]
    is_surplus = first.out_refund_no.startswith(payment.out_trade_no)
    story = _story(first, sum(refund.amount_fen for refund in every), is_surplus=is_surplus)
    status = pieces.slowest(RefundStatus(refund.status) for refund in every) or story.status
    arrived = [refund.succeeded_at for refund in every if refund.succeeded_at]
    return replace(story, status=status, succeeded_at=max(arrived) if len(arrived) == len(every) else None)


def _story(refund: Refund, amount_fen: int, *, is_surplus: bool) -> RefundStory:
    return RefundStory(
        out_refund_no=refund.out_refund_no,
        amount_fen=amount_fen,
        status=RefundStatus(refund.status),
        reason=refund.reason,
        asked_at=refund.created_at,
        succeeded_at=refund.succeeded_at,
        is_surplus=is_surplus,
    )


def _all_goes_back(order: Order) -> bool:
    lines = select(func.sum(OrderLine.refunded_fen)).filter_by(order_id=order.id)
    freights = select(func.coalesce(func.sum(OrderFreight.refunded_fen), 0)).filter_by(order_id=order.id)
    return (db.session.scalar(lines) or 0) + (db.session.scalar(freights) or 0) == order.total_fen


def _next_place(order: Order) -> int:
    return (db.session.scalar(select(func.count(OrderRefund.id)).filter_by(order_id=order.id)) or 0) + 1


def _take_goods(order: Order, goods: Mapping[int, int]) -> list[pieces.Taken]:
    parts: list[pieces.Taken] = []
    for line_id, fen in sorted(goods.items()):
        taken = (
            update(OrderLine)
            .where(
                OrderLine.id == line_id,
                OrderLine.order_id == order.id,
                OrderLine.refunded_fen + fen <= OrderLine.amount_fen - OrderLine.discount_fen,
            )
            .values(refunded_fen=OrderLine.refunded_fen + fen)
        )
        row = db.session.execute(taken.returning(OrderLine.workshop_id, OrderLine.paid_to_workshop_id)).first()
        if row is None:
            raise RefundExceedsPaid(order_line_id=line_id)
        parts.append((row[1], OrderRefundLine(workshop_id=row[0], order_line_id=line_id, amount_fen=fen)))
    return parts


def _take_freight(order: Order, freight: Mapping[int, int]) -> list[pieces.Taken]:
    parts: list[pieces.Taken] = []
    for workshop_id, fen in sorted(freight.items()):
        taken = (
            update(OrderFreight)
            .where(
                OrderFreight.order_id == order.id,
                OrderFreight.workshop_id == workshop_id,
                OrderFreight.refunded_fen + fen <= OrderFreight.freight_fen,
            )
            .values(refunded_fen=OrderFreight.refunded_fen + fen)
        )
        row = db.session.execute(taken.returning(OrderFreight.workshop_id, OrderFreight.paid_to_workshop_id)).first()
        if row is None:
            raise RefundExceedsPaid(workshop_id=workshop_id)
        parts.append((row[1], OrderRefundLine(workshop_id=workshop_id, order_line_id=None, amount_fen=fen)))
    return parts
