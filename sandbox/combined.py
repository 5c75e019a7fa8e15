"""The life of a combined order (合单): one payment over the sub-orders of several merchants, paid or closed as a whole."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox import orders
from sandbox.orders import NumberUsed, OrderUnknown, Till
from sandbox.rows import Order, Prepay

Part = tuple[str, str]


class OtherSubs(Exception):
    """Closing names other sub-orders than the order has."""


def place(till: Till, endpoint: str, body: dict[str, Any], expires_at: datetime | None) -> Prepay:
    """A door to the cashier for a valid request; the same request again opens another door."""
    with till.store.lock:
        known = till.store.get(Order, body["combine_out_trade_no"])
        request = _request(body)
        if known is not None:
            return orders.place(till, endpoint, request, expires_at)
        numbers = [sub["out_trade_no"] for sub in body["sub_orders"]]
        for number in numbers:
            if number == body["combine_out_trade_no"] or till.store.get(Order, number) is not None:
                raise NumberUsed(number)
        now = till.clock.now()
        subs = [_sub(body, sub, endpoint, now) for sub in body["sub_orders"]]
        return orders.place(till, endpoint, request, expires_at, subs)


def find(till: Till, combine_out_trade_no: str, mchid: str) -> tuple[Order, list[Order]]:
    """The merchant's combined order as it is now, with its sub-orders."""
    order = orders.find(till, combine_out_trade_no)
    if not order.subs or order.mchid != mchid:
        raise OrderUnknown(combine_out_trade_no)
    return order, [orders.find(till, number) for number in order.subs]


def close(till: Till, combine_out_trade_no: str, mchid: str, named: Iterable[Part]) -> None:
    """Close the whole; the sub-orders named must be exactly those it was placed with."""
    with till.store.lock:
        order, subs = find(till, combine_out_trade_no, mchid)
        if sorted(named) != sorted((sub.mchid, sub.out_trade_no) for sub in subs):
            raise OtherSubs(combine_out_trade_no)
        orders.close(till, order.out_trade_no)


def _request(body: dict[str, Any]) -> dict[str, Any]:
    """The whole in the words of an ordinary order, so that the cashier and its doors need no others."""
    total = sum(sub["amount"]["total_amount"] for sub in body["sub_orders"])
    payer = {"payer": body["combine_payer_info"]} if "combine_payer_info" in body else {}
    times = {"time_expire": body["time_expire"]} if "time_expire" in body else {}
    return {
        "appid": body["combine_appid"],
        "mchid": body["combine_mchid"],
        "out_trade_no": body["combine_out_trade_no"],
        "description": body["sub_orders"][0]["description"],
        "notify_url": body["notify_url"],
        "amount": {"total": total, "currency": "CNY"},
        "sub_orders": body["sub_orders"],
        **payer,
        **times,
    }


def _sub(body: dict[str, Any], sub: dict[str, Any], endpoint: str, now: datetime) -> Order:
    request = {
        "appid": body["combine_appid"],
        "mchid": sub["mchid"],
        "description": sub["description"],
        "attach": sub["attach"],
        "amount": {"total": sub["amount"]["total_amount"], "currency": "CNY"},
        "notify_url": body["notify_url"],
    }
    return Order(
        sub["out_trade_no"], endpoint, request, "NOTPAY", created_at=now, expires_at=now + orders.ORDER_LIFE,
        mchid=sub["mchid"], combine_no=body["combine_out_trade_no"],
    )  # fmt: skip
