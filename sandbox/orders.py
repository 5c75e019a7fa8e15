"""The life of an order in Pay APIv3: placed, paid on the cashier, closed, expired. One lock makes each act whole."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox import faults
from sandbox.clock import Clock
from sandbox.keyring import Keyring
from sandbox.notices import BEIJING, write_notice
from sandbox.notifier import Notifier
from sandbox.rows import Order, Person, Prepay
from sandbox.store import Store

ORDER_LIFE = timedelta(days=7)
SHORTEST_LIFE = timedelta(minutes=1)
DOOR_LIFE = {each: timedelta(hours=2) for each in ("jsapi", "native", "app")} | {"h5": timedelta(minutes=5)}


class OrderUnknown(Exception):
    """No order has this number."""


class OrderClosed(Exception):
    """The order was closed; its number is spent."""


class OrderPaid(Exception):
    """The order has been paid."""


class NumberUsed(Exception):
    """The number belongs to an order with other parameters."""


class DoorClosed(Exception):
    """This prepay_id, code_url or h5_url is unknown, too old, or replaced; or its order has expired."""


class WrongPayer(Exception):
    """A JSAPI order is paid by the openid it was placed for, and nobody else."""


@dataclass(frozen=True)
class Till:
    """What an order's acts need."""

    store: Store
    clock: Clock
    keys: Keyring
    notifier: Notifier


def place(
    till: Till, endpoint: str, request: dict[str, Any], expires_at: datetime | None, subs: Sequence[Order] = ()
) -> Prepay:
    """A door to the cashier for this request, which must be valid. The same request again opens another door.

    `subs`: what a combined order consists of.
    """
    with till.store.lock:
        now = till.clock.now()
        order = till.store.get(Order, request["out_trade_no"])
        if order is None:
            last = now + ORDER_LIFE if expires_at is None else max(expires_at, now + SHORTEST_LIFE)
            order = Order(
                request["out_trade_no"], endpoint, request, "NOTPAY", created_at=now, expires_at=last,
                mchid=request["mchid"], subs=[sub.out_trade_no for sub in subs],
            )  # fmt: skip
            till.store.save(*subs)
        else:
            _check_same(till, find(till, order.out_trade_no), endpoint, request)
        door = _new_door(order, now)
        replaced = _doors_of(till.store, order.out_trade_no) if endpoint == "native" else []
        till.store.save(order, door, *(replace(each, dead=True) for each in replaced))
    return door


def find(till: Till, out_trade_no: str) -> Order:
    """The order as it is now: unpaid for seven days, it has closed itself."""
    with till.store.lock:
        order = till.store.get(Order, out_trade_no)
        if order is None:
            raise OrderUnknown(out_trade_no)
        now = till.clock.now()
        if order.trade_state == "NOTPAY" and now >= order.created_at + ORDER_LIFE:
            order = replace(order, trade_state="CLOSED", closed_at=now)
            till.store.save(order)
    return order


def find_transaction(till: Till, transaction_id: str) -> Order:
    for order in till.store.all(Order):
        if order.transaction_id == transaction_id and not order.subs:
            return order
    raise OrderUnknown(transaction_id)


def close(till: Till, out_trade_no: str) -> None:
    """Closing the closed is fine; closing the paid raises OrderPaid."""
    with till.store.lock:
        order = find(till, out_trade_no)
        if order.trade_state == "SUCCESS":
            raise OrderPaid(out_trade_no)
        if order.trade_state == "NOTPAY":
            whole = [order, *(find(till, number) for number in order.subs)]
            now = till.clock.now()
            till.store.save(*(replace(each, trade_state="CLOSED", closed_at=now) for each in whole))


def behind_door(till: Till, handle: str) -> Order:
    """The order a prepay handle leads to, paid or not; raises DoorClosed, OrderClosed."""
    door = till.store.get(Prepay, handle)
    if door is None:
        raise DoorClosed("没有这张支付单")
    order = find(till, door.out_trade_no)
    now = till.clock.now()
    if order.trade_state == "CLOSED":
        raise OrderClosed("商家已关闭这笔订单")
    if order.trade_state == "NOTPAY" and (door.dead or now >= door.expires_at):
        raise DoorClosed("二维码或支付链接已失效，请回到商家重新下单")
    if order.trade_state == "NOTPAY" and now >= order.expires_at:
        raise DoorClosed("订单已过支付截止时间")
    return order


def pay(till: Till, handle: str, person: Person) -> Order:
    """The money moves and the notice is on its way, both or neither."""
    with till.store.lock:
        order = behind_door(till, handle)
        if order.trade_state != "NOTPAY":
            raise OrderPaid(order.out_trade_no)
        openid = person.openids[order.request["appid"]]
        if order.endpoint == "jsapi" and order.request["payer"]["openid"] != openid:
            raise WrongPayer("支付的微信号与下单的微信号不一致")
        now = till.clock.now()
        paid, *subs = (as_paid(each, now, openid) for each in (order, *(find(till, number) for number in order.subs)))
        delay = timedelta(seconds=faults.current(till.store).delay_seconds)
        notice = write_notice(paid, till.keys, due_at=now + delay, subs=subs)
        till.store.save(paid, *subs, notice)
    till.notifier.post(notice)
    return paid


def as_paid(order: Order, at: datetime, openid: str) -> Order:
    """The order as it is once this person has paid it."""
    number = f"4200{at.astimezone(BEIJING):%Y%m%d}{secrets.randbelow(10**16):016d}"
    return replace(order, trade_state="SUCCESS", paid_at=at, payer_openid=openid, transaction_id=number)


def newest_door(till: Till, out_trade_no: str) -> Prepay:
    doors = _doors_of(till.store, out_trade_no)
    if not doors:
        raise OrderUnknown(out_trade_no)
    return doors[-1]


def _check_same(till: Till, order: Order, endpoint: str, request: dict[str, Any]) -> None:
    if order.trade_state == "CLOSED":
        raise OrderClosed(order.out_trade_no)
    if order.trade_state == "SUCCESS":
        raise OrderPaid(order.out_trade_no)
    if order.endpoint != endpoint or _gist(order.request) != _gist(request):
        raise NumberUsed(order.out_trade_no)


def _gist(request: dict[str, Any]) -> str:
    """What makes two calls the same; time_expire counts in the first call only."""
    return json.dumps({name: value for name, value in request.items() if name != "time_expire"}, sort_keys=True)


def _new_door(order: Order, now: datetime) -> Prepay:
    stamp = now.astimezone(BEIJING)
    handle = secrets.token_hex(5) + "zz" if order.endpoint == "native" else f"wx{stamp:%d%H%M%S}{secrets.token_hex(13)}"
    package = str(secrets.randbelow(10**10)) if order.endpoint == "h5" else ""
    return Prepay(handle, order.out_trade_no, order.endpoint, now + DOOR_LIFE[order.endpoint], package)


def _doors_of(store: Store, out_trade_no: str) -> list[Prepay]:
    return [door for door in store.all(Prepay) if door.out_trade_no == out_trade_no]
