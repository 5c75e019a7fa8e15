"""The order shipping management (发货信息管理): its rules, and the clock by which an order settles itself."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox import faults, orders
from sandbox.mini.errors import ApiError
from sandbox.mini.push import push
from sandbox.notices import BEIJING
from sandbox.rows import Order, Shipping
from sandbox.world import World

EXPRESS, LOGISTICS = 1, (1, 2, 3, 4)
UNIFIED, SPLIT = 1, 2
MOST_PARCELS = 15
SETTLES_AFTER = timedelta(days=10)
REMINDS_AFTER = timedelta(hours=48)
TO_SHIP, SHIPPED, CONFIRMED, DONE = 1, 2, 3, 4
MASKED = re.compile(r"[^0-9]*[0-9+-]*\*{2,}[0-9]{4}")


def known(here: World, out_trade_no: str) -> tuple[Order, Shipping]:
    """The paid order and its shipping; 10060001 while the payment isn't there (or lags behind)."""
    try:
        order = orders.find(here.till, out_trade_no)
    except orders.OrderUnknown:
        raise ApiError(10060001, "支付单不存在") from None
    if order.trade_state != "SUCCESS" or order.subs or faults.current(here.store).shipping_lag:
        raise ApiError(10060001, "支付单不存在")
    return order, here.store.get(Shipping, out_trade_no) or Shipping(out_trade_no)


def upload(here: World, body: dict[str, Any]) -> None:
    """Take what has left, in WeChat's order of refusals; nothing changes when it is refused."""
    with here.store.lock:
        key = body.get("order_key")
        if not isinstance(key, dict) or key.get("order_number_type") not in (1, 2):
            raise ApiError(268485224, "order_key")
        number = _number(here, key)
        order, shipping = known(here, number)
        if (body.get("payer") or {}).get("openid") != order.payer_openid:
            raise ApiError(10060031, "payer openid mismatch")
        mode, parcels = _checked(body)
        _check_time(shipping, body.get("upload_time"))
        finished = mode == UNIFIED or body["is_all_delivered"] is True
        if shipping.state in (CONFIRMED, DONE):
            raise ApiError(10060002, "支付单已完成发货")
        if shipping.state not in (TO_SHIP, SHIPPED):
            raise ApiError(10060004, "支付单处于不可发货的状态")
        if shipping.state == SHIPPED:
            if (mode, parcels) == (shipping.mode, shipping.parcels):
                raise ApiError(10060023, "发货信息未更新")
            if shipping.corrections:
                raise ApiError(10060003, "支付单已使用重新发货机会")
            shipping = replace(shipping, corrections=1)
        now = here.clock.now()
        here.store.save(
            replace(
                shipping, mode=mode, parcels=parcels, upload_time=body["upload_time"],
                state=SHIPPED if finished else shipping.state,
                shipped_at=shipping.shipped_at or (now if finished else None),
            )
        )  # fmt: skip


def get_order(here: World, out_trade_no: str) -> dict[str, Any]:
    order, shipping = known(here, out_trade_no)
    return {
        "transaction_id": order.transaction_id,
        "merchant_id": order.mchid or here.keys.mchid,
        "merchant_trade_no": out_trade_no,
        "description": order.request["description"],
        "paid_amount": order.total_fen,
        "openid": order.payer_openid,
        "order_state": shipping.state,
        "shipping": {
            "delivery_mode": shipping.mode,
            "logistics_type": EXPRESS,
            "finish_shipping": shipping.state != TO_SHIP,
            "finish_shipping_count": shipping.corrections,
            "shipping_list": shipping.parcels,
        },
    }


def confirm(here: World, out_trade_no: str, method: int) -> Shipping:
    """The buyer (1) or the clock (2) says it came: the money is settled, and the merchant is told."""
    with here.store.lock:
        order, shipping = known(here, out_trade_no)
        if shipping.state != SHIPPED:
            raise ApiError(10060004, "not shipped")
        shipping = replace(shipping, state=CONFIRMED, settled_at=here.clock.now())
        here.store.save(shipping)
    stamp = int(here.clock.now().timestamp())
    push(here, order.payer_openid, "trade_manage_order_settlement", {
        "transaction_id": order.transaction_id, "merchant_id": order.mchid or here.keys.mchid,
        "merchant_trade_no": out_trade_no,
        "pay_time": int(order.paid_at.timestamp()) if order.paid_at else 0,
        "shipped_time": int(shipping.shipped_at.timestamp()) if shipping.shipped_at else 0,
        "estimated_settlement_time": stamp, "confirm_receive_method": method, "confirm_receive_time": stamp,
        "settlement_time": stamp,
    })  # fmt: skip
    return shipping


def tick(here: World) -> None:
    """What time alone brings: a reminder 48 h after an unshipped payment, settlement ten days after shipping."""
    now = here.clock.now()
    for order in here.store.all(Order):
        if order.trade_state != "SUCCESS" or order.paid_at is None or order.subs:
            continue
        shipping = here.store.get(Shipping, order.out_trade_no) or Shipping(order.out_trade_no)
        late = now >= order.paid_at + here.clock.wait(REMINDS_AFTER.total_seconds())
        if shipping.state == TO_SHIP and late and shipping.reminded_at is None:
            here.store.save(replace(shipping, reminded_at=now))
            push(here, order.payer_openid, "trade_manage_remind_shipping", {
                "transaction_id": order.transaction_id, "merchant_id": order.mchid or here.keys.mchid,
                "merchant_trade_no": order.out_trade_no, "msg": "请及时发货",
            })  # fmt: skip
        due = shipping.shipped_at and now >= shipping.shipped_at + here.clock.wait(SETTLES_AFTER.total_seconds())
        if shipping.state == SHIPPED and due:
            confirm(here, order.out_trade_no, 2)


def _number(here: World, key: dict[str, Any]) -> str:
    if key["order_number_type"] == 1:
        order = here.store.get(Order, str(key.get("out_trade_no")))
        if order is None or key.get("mchid") != (order.mchid or here.keys.mchid):
            raise ApiError(10060001, "支付单不存在")
        return order.out_trade_no
    try:
        return orders.find_transaction(here.till, str(key.get("transaction_id"))).out_trade_no
    except orders.OrderUnknown:
        raise ApiError(10060001, "支付单不存在") from None


def _checked(body: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    mode, logistics, parcels = body.get("delivery_mode"), body.get("logistics_type"), body.get("shipping_list")
    if mode not in (UNIFIED, SPLIT) or logistics not in LOGISTICS:
        raise ApiError(268485216, "delivery_mode, logistics_type")
    if mode == SPLIT and logistics != EXPRESS:
        raise ApiError(10060006, "分拆发货仅支持快递")
    if mode == SPLIT and not isinstance(body.get("is_all_delivered"), bool):
        raise ApiError(10060007, "is_all_delivered")
    if not isinstance(parcels, list) or not 1 <= len(parcels) <= (1 if mode == UNIFIED else MOST_PARCELS):
        raise ApiError(10060008, "shipping_list")
    for parcel in parcels:
        if not parcel.get("item_desc") or len(parcel["item_desc"]) > 120:
            raise ApiError(10060009, "item_desc")
        if logistics == EXPRESS and not (parcel.get("tracking_no") and parcel.get("express_company")):
            raise ApiError(10060010, "tracking_no, express_company")
        contact = (parcel.get("contact") or {}).get("receiver_contact", "")
        if parcel.get("express_company") == "SF" and not MASKED.fullmatch(contact):
            raise ApiError(10060011, "contact: masked, last four open")
    return mode, parcels


def _check_time(shipping: Shipping, text: object) -> None:
    try:
        at = datetime.fromisoformat(str(text))
        before = datetime.fromisoformat(shipping.upload_time) if shipping.upload_time else None
    except ValueError:
        raise ApiError(268485216, "upload_time") from None
    if at.tzinfo is None or "." not in str(text) or (before and at <= before):
        raise ApiError(268485216, f"upload_time: RFC 3339 with ms, later than before, e.g. {datetime.now(BEIJING)}")
