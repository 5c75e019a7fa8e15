"""The life of a refund in Pay APIv3: taken on, then settled at the moment and in the way the faults chose."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox import faults, orders, sharing
from sandbox.notices import BEIJING, refund_content, write_refund_notice
from sandbox.orders import Till
from sandbox.rows import Notice, Order, Refund
from sandbox.store import Store

MOST_REFUNDS = 50
PAUSE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=365)


class RefundUnknown(Exception):
    """No refund has this number."""


class RefundRefused(Exception):
    """WeChat takes the refund on never, or not now; the arguments are status, code and words."""


def ask(till: Till, request: dict[str, Any], mchid: str) -> Refund:
    """The refund of this request by a merchant, of its own order. The same number again is the same refund."""
    with till.store.lock:
        order = _order(till, request, mchid)
        known = till.store.get(Refund, request["out_refund_no"])
        if known is not None:
            if (known.out_trade_no, known.request["amount"]) != (order.out_trade_no, request["amount"]):
                raise RefundRefused(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return known
        _check(till, order, request)
        now = till.clock.now()
        on = faults.current(till.store)
        refund = Refund(
            out_refund_no=request["out_refund_no"],
            refund_id=f"5030{now.astimezone(BEIJING):%Y%m%d}{secrets.randbelow(10**16):016d}",
            out_trade_no=order.out_trade_no,
            request=request,
            outcome="ABNORMAL" if on.refund_abnormal else "CLOSED" if on.refund_closed else "SUCCESS",
            created_at=now,
            settles_at=now + timedelta(seconds=on.refund_seconds),
        )
        notice = _notice(till, refund, order)
        till.store.save(refund, *([notice] if notice else []))
    if notice:
        till.notifier.post(notice)
    return refund


def find(till: Till, out_refund_no: str, mchid: str) -> Refund:
    """The merchant's refund of this number; another's is as good as none."""
    refund = till.store.get(Refund, out_refund_no)
    if refund is None or _merchant(till, orders.find(till, refund.out_trade_no)) != mchid:
        raise RefundUnknown(out_refund_no)
    return refund


def settle_abnormal(till: Till, refund_id: str, out_refund_no: str, mchid: str) -> Refund:
    """The money of an abnormal refund goes another way, and arrives there."""
    with till.store.lock:
        refund = find(till, out_refund_no, mchid)
        now = till.clock.now()
        if refund.refund_id != refund_id:
            raise RefundUnknown(refund_id)
        if refund.state_at(now) != "ABNORMAL":
            raise RefundRefused(400, "INVALID_REQUEST", "退款单状态不是退款异常")
        settles_at = now + timedelta(seconds=faults.current(till.store).refund_seconds)
        refund = replace(refund, outcome="SUCCESS", settles_at=settles_at)
        notice = _notice(till, refund, orders.find(till, refund.out_trade_no))
        till.store.save(refund, *([notice] if notice else []))
    if notice:
        till.notifier.post(notice)
    return refund


def told(till: Till, refund: Refund) -> dict[str, Any]:
    """What a query answers."""
    order = orders.find(till, refund.out_trade_no)
    state = refund.state_at(till.clock.now())
    content = refund_content(order, refund, till.keys, state)
    for name in ("refund_status", "mchid"):
        content.pop(name)
    created = refund.created_at.astimezone(BEIJING).isoformat(timespec="seconds")
    return content | {"status": state, "create_time": created, "channel": "ORIGINAL", "funds_account": "AVAILABLE"}


def of_order(store: Store, out_trade_no: str) -> list[Refund]:
    return [each for each in store.all(Refund) if each.out_trade_no == out_trade_no]


def refunded_fen(store: Store, out_trade_no: str, moment: datetime) -> int:
    """What went back or is on its way."""
    there = of_order(store, out_trade_no)
    return sum(each.amount_fen for each in there if each.state_at(moment) != "CLOSED")


def _order(till: Till, request: dict[str, Any], mchid: str) -> Order:
    """The order or sub-order of the merchant who asks; a combined order as such has no money to give back."""
    if "out_trade_no" in request:
        order = orders.find(till, request["out_trade_no"])
    else:
        order = orders.find_transaction(till, request["transaction_id"])
    if order.subs or _merchant(till, order) != mchid:
        raise orders.OrderUnknown(order.out_trade_no)
    return order


def _merchant(till: Till, order: Order) -> str:
    return order.mchid or till.keys.mchid


def _check(till: Till, order: Order, request: dict[str, Any]) -> None:
    now, amount = till.clock.now(), request["amount"]
    if order.paid_at is None:
        raise RefundRefused(400, "INVALID_REQUEST", "订单未支付")
    if now - order.paid_at > LONGEST_WAIT:
        raise RefundRefused(400, "TRADE_OVERDUE", "订单已经超过可退款的最大期限")
    if amount["total"] != order.total_fen:
        raise RefundRefused(400, "INVALID_REQUEST", "订单金额与支付时不一致")
    before = of_order(till.store, order.out_trade_no)
    if len(before) >= MOST_REFUNDS:
        raise RefundRefused(403, "RULE_LIMIT", "一笔订单最多支持 50 次部分退款")
    if refunded_fen(till.store, order.out_trade_no, now) + amount["refund"] > order.total_fen:
        raise RefundRefused(400, "INVALID_REQUEST", "累计退款金额大于支付金额")
    if any(now - each.created_at < PAUSE for each in before):
        raise RefundRefused(429, "FREQUENCY_LIMITED", "同一笔订单的两次退款应间隔 1 分钟")
    if not sharing.covers_refund(till, order, amount["refund"]):
        raise RefundRefused(403, "NOT_ENOUGH", "订单冻结资金不足，请先解冻剩余资金")
    if faults.current(till.store).not_enough:
        raise RefundRefused(403, "NOT_ENOUGH", "商户可用退款余额不足")


def _notice(till: Till, refund: Refund, order: Order) -> Notice | None:
    if "notify_url" not in refund.request:
        return None
    delay = timedelta(seconds=faults.current(till.store).delay_seconds)
    return write_refund_notice(order, refund, till.keys, due_at=refund.settles_at + delay)
