"""What buyers are told of money that goes back, and workshops of lines that change hands."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import String, cast, exists, literal, select

from core.clock import now
from core.db import db
from core.money import yuan
from domain.notifications.models import Notification
from domain.notifications.telling import Message, tell_account, tell_workshop
from domain.orders.models import Order, OrderLine, WorkshopOrder
from domain.payments.models import Payment, Refund, RefundStatus

_MOST_AT_ONCE = 200
_TOLD_WITHIN = timedelta(days=3)


def tell_refund_asked(order: Order, out_refund_no: str, amount_fen: int) -> None:
    text = "订单 %(number)s 的 %(amount)s 正在原路退回，一般 1 到 3 个工作日到账"
    path, params = f"/orders/{order.number}", _params(order, amount_fen)
    message = Message(f"refund_asked/{out_refund_no}", "refund_asked", "退款已提交", text, path, params)
    tell_account(order.account_id, message)


def tell_group_filled(order: Order, code: str) -> None:
    text = "订单 %(number)s 拼团成功，作坊开始备货了"
    key, params = f"group_filled/{order.number}", {"number": order.number}
    tell_account(order.account_id, Message(key, "group_filled", "拼团成功", text, f"/groups/{code}", params))


def tell_group_failed(order: Order) -> None:
    text, path = "订单 %(number)s 没有拼成，付的 %(amount)s 原路退回", f"/orders/{order.number}"
    params = _params(order, order.total_fen)
    tell_account(
        order.account_id, Message(f"group_failed/{order.number}", "group_failed", "拼团没有成", text, path, params)
    )


def tell_surplus(order: Order, out_trade_no: str, amount_fen: int) -> None:
    """The buyer hears that money came for an order that didn't wait for it, and goes back by itself."""
    text = "订单 %(number)s 多收到一笔 %(amount)s，已自动原路退回，一般 1 到 3 个工作日到账"
    path, params = f"/orders/{order.number}", _params(order, amount_fen)
    message = Message(f"refund_asked/{out_trade_no}", "refund_asked", "多付的钱正在退回", text, path, params)
    tell_account(order.account_id, message)


def tell_refunds_arrived() -> int:
    """Buyers hear of refunds of their orders that succeeded of late, surplus money among it, once each; how many were new.

    Read from the refunds, since payments learns of success in several ways and knows no order.
    """
    told = exists().where(Notification.key == literal("refunded/") + cast(Refund.out_refund_no, String))
    statement = (
        select(Order, Refund)
        .join(Payment, Payment.purpose == Order.number)
        .join(Refund, Refund.payment_id == Payment.id)
        .where(Refund.status == RefundStatus.SUCCEEDED, Refund.succeeded_at >= now() - _TOLD_WITHIN, ~told)
        .order_by(Refund.id)
        .limit(_MOST_AT_ONCE)
    )
    text = "订单 %(number)s 退回的 %(amount)s 已到账"
    count = 0
    for order, refund in db.session.execute(statement).all():
        path, params = f"/orders/{order.number}", _params(order, refund.amount_fen)
        message = Message(f"refunded/{refund.out_refund_no}", "refunded", "退款已到账", text, path, params)
        count += tell_account(order.account_id, message)
    return count


def tell_given(order: Order, line: OrderLine, dispatch_id: int) -> None:
    """The workshop that has a line now hears that it comes from another."""
    part = db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id, workshop_id=line.workshop_id)).one()
    text, path = "订单 %(number)s 的「%(name)s」改由你们做，请尽快装箱", f"/workshop/orders/{part.number}"
    params = {"number": part.number, "name": line.product_name}
    tell_workshop(part.workshop_id, Message(f"given/{dispatch_id}", "dispatch", "改由你们做", text, path, params))


def tell_taken(order: Order, line: OrderLine, workshop_id: int, dispatch_id: int) -> None:
    """The workshop that had a line hears that it needn't make it any more."""
    text = "订单 %(number)s 的「%(name)s」不用你们做了，请不要装箱"
    tell_workshop(workshop_id, _about(order, line, f"taken/{dispatch_id}", "改由别家做", text))


def tell_opened(order: Order, line: OrderLine, dispatch_id: int) -> None:
    """Nobody else can make it: who declined hears that the operator decides, and may still be asked."""
    text = "订单 %(number)s 的「%(name)s」暂时没有别家能做，由集群安排"
    tell_workshop(line.workshop_id, _about(order, line, f"opened/{dispatch_id}", "等待集群安排", text))


def _about(order: Order, line: OrderLine, key: str, title: str, text: str) -> Message:
    params = {"number": order.number, "name": line.product_name}
    return Message(key, "dispatch", title, text, "/workshop/orders", params)


def _params(order: Order, amount_fen: int) -> dict[str, str]:
    return {"number": order.number, "amount": yuan(amount_fen)}
