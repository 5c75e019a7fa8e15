"""Profit sharing (分账) in Pay APIv3: money of a payment that stays frozen until it is shared or unfrozen.

Where WeChat's documents are silent the reading is ours: a refund above what is frozen answers NOT_ENOUGH, and an order
of the shipping management that isn't confirmed yet answers RULE_LIMIT.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sandbox import faults, orders
from sandbox.notices import BEIJING, wechat_time
from sandbox.orders import Till
from sandbox.rows import Order, Refund, Share, ShareAccount, ShareReturn, Shipping
from sandbox.store import Store

MERCHANT = "MERCHANT_ID"
MOST_REQUESTS = 50
MOST_RETURNS = 50
MOST_ACCOUNTS = 20_000
SOONEST = timedelta(minutes=1)
WINDOW = timedelta(days=30)
RETURN_WINDOW = timedelta(days=180)
CAP_TEN_THOUSANDTHS = 3000
FEE_TEN_THOUSANDTHS = 60
CONFIRMED = (3, 4)


class SharingUnknown(Exception):
    """No share or return has this number."""


class SharingRefused(Exception):
    """WeChat takes it on never, or not now; the arguments are status, code and words."""


def add_account(till: Till, account: ShareAccount) -> ShareAccount:
    """From now on the appid's payments may be shared with it. Again is the same."""
    with till.store.lock:
        if faults.current(till.store).share_name_wrong:
            raise SharingRefused(400, "INVALID_REQUEST", "分账接收方全称不匹配")
        known = till.store.get(ShareAccount, account.key)
        if known is None and len(till.store.all(ShareAccount)) >= MOST_ACCOUNTS:
            raise SharingRefused(403, "RULE_LIMIT", "添加接收方数量达到上限")
        if account.type == MERCHANT and account.account == till.keys.mchid:
            raise SharingRefused(400, "INVALID_REQUEST", "分账方不能是分账接收方")
        till.store.save(account)
    return account


def remove_account(till: Till, appid: str, kind: str, account: str) -> None:
    with till.store.lock:
        known = till.store.get(ShareAccount, f"{appid}/{kind}/{account}")
        if known is None:
            raise SharingRefused(400, "INVALID_REQUEST", "分账接收方不存在")
        till.store.forget(known)


def ask(till: Till, request: dict[str, Any]) -> Share:
    """The share of this request. The same number again is the same share; with other receivers it is refused."""
    with till.store.lock:
        order = orders.find_transaction(till, request["transaction_id"])
        known = till.store.get(Share, request["out_order_no"])
        if known is not None:
            if _gist(known.request) != _gist(request):
                raise SharingRefused(400, "INVALID_REQUEST", "商户分账单号重复，且参数与之前不一致")
            return known
        _check(till, order, request)
        return _take_on(till, order, request)


def unfreeze(till: Till, request: dict[str, Any]) -> Share:
    """What isn't shared is the merchant's. A number that was used before answers that share, and does nothing."""
    with till.store.lock:
        order = orders.find_transaction(till, request["transaction_id"])
        known = till.store.get(Share, request["out_order_no"])
        if known is not None:
            return known
        _check_sharable(order)
        if faults.current(till.store).unfreeze_refused:
            raise SharingRefused(403, "RULE_LIMIT", "订单暂不能解冻")
        if any(till.clock.now() < each.settles_at for each in of_order(till.store, order.out_trade_no)):
            raise SharingRefused(400, "INVALID_REQUEST", "订单有处理中的分账")
        return _take_on(till, order, request)


def ask_return(till: Till, request: dict[str, Any]) -> ShareReturn:
    """A merchant that was given a share gives some of it back. The same number is the same return."""
    with till.store.lock:
        share = _share_of(till, request)
        known = till.store.get(ShareReturn, request["out_return_no"])
        wanted = (share.out_order_no, request["return_mchid"], request["amount"])
        if known is not None:
            if (known.out_order_no, known.request["return_mchid"], known.amount_fen) != wanted:
                raise SharingRefused(400, "INVALID_REQUEST", "商户回退单号重复，且参数与之前不一致")
            return known
        _check_return(till, share, request)
        now, on = till.clock.now(), faults.current(till.store)
        made = ShareReturn(
            request["out_return_no"], f"3009{now:%Y%m%d}{secrets.randbelow(10**16):016d}", share.out_order_no,
            request, "FAILED" if on.share_return_failed else "SUCCESS", now, now + timedelta(seconds=on.share_seconds),
        )  # fmt: skip
        till.store.save(made)
    return made


def find(till: Till, out_order_no: str, transaction_id: str) -> Share:
    share = till.store.get(Share, out_order_no)
    if share is None or orders.find(till, share.out_trade_no).transaction_id != transaction_id:
        raise SharingUnknown(out_order_no)
    return share


def find_return(till: Till, out_return_no: str, out_order_no: str) -> ShareReturn:
    made = till.store.get(ShareReturn, out_return_no)
    if made is None or made.out_order_no != out_order_no:
        raise SharingUnknown(out_return_no)
    return made


def of_order(store: Store, out_trade_no: str) -> list[Share]:
    return [each for each in store.all(Share) if each.out_trade_no == out_trade_no]


def frozen_fen(till: Till, order: Order) -> int:
    """What of a payment can still be shared: nothing once it was unfrozen, or thirty days after it was paid."""
    now = till.clock.now()
    if not _is_sharable(order) or order.paid_at is None or now >= order.paid_at + WINDOW:
        return 0
    shares = of_order(till.store, order.out_trade_no)
    if any(share.unfreezes and now >= share.settles_at for share in shares):
        return 0
    return max(0, order.total_fen - _shared_fen(shares, now) - _refunded_fen(till, order))


def covers_refund(till: Till, order: Order, amount_fen: int) -> bool:
    """A refund takes frozen money first, and is refused above it until the order is unfrozen."""
    frozen = frozen_fen(till, order)
    return frozen == 0 or amount_fen <= frozen


def told(till: Till, share: Share) -> dict[str, Any]:
    """What the calls about a share answer; an unfreezing names the merchant itself."""
    now = till.clock.now()
    order = orders.find(till, share.out_trade_no)
    receivers = [_told_receiver(share, receiver, now) for receiver in share.receivers]
    if share.unfreezes:
        own = {"type": MERCHANT, "account": till.keys.mchid, "amount": 0, "description": "解冻给分账方"}
        receivers.append(_told_receiver(share, own, now))
    return {
        "transaction_id": order.transaction_id,
        "out_order_no": share.out_order_no,
        "order_id": share.order_id,
        "state": "FINISHED" if now >= share.settles_at else "PROCESSING",
        "receivers": receivers,
    }


def told_return(till: Till, made: ShareReturn) -> dict[str, Any]:
    result = made.result_at(till.clock.now())
    share = till.store.get(Share, made.out_order_no)
    content = {
        "order_id": share.order_id if share else "",
        "out_order_no": made.out_order_no,
        "out_return_no": made.out_return_no,
        "return_id": made.return_id,
        "return_mchid": made.request["return_mchid"],
        "amount": made.amount_fen,
        "description": made.request["description"],
        "result": result,
        "create_time": wechat_time(made.created_at),
        "finish_time": wechat_time(made.settles_at),
    }
    return content | ({"fail_reason": "BALANCE_NOT_ENOUGH"} if result == "FAILED" else {})


def _take_on(till: Till, order: Order, request: dict[str, Any]) -> Share:
    now, on = till.clock.now(), faults.current(till.store)
    accounts = [receiver["account"] for receiver in request.get("receivers", [])]
    share = Share(
        out_order_no=request["out_order_no"],
        order_id=f"3008{now.astimezone(BEIJING):%Y%m%d}{secrets.randbelow(10**16):016d}",
        out_trade_no=order.out_trade_no,
        request=request,
        created_at=now,
        settles_at=now + timedelta(seconds=on.share_seconds),
        closed=accounts[:1] if on.share_closed else [],
    )
    till.store.save(share)
    return share


def _check(till: Till, order: Order, request: dict[str, Any]) -> None:
    _check_sharable(order)
    now, receivers = till.clock.now(), request["receivers"]
    assert order.paid_at is not None
    if now < order.paid_at + SOONEST:
        raise SharingRefused(403, "RULE_LIMIT", "支付成功 1 分钟后才能分账")
    if now >= order.paid_at + WINDOW:
        raise SharingRefused(403, "RULE_LIMIT", "订单已超过分账期限")
    if not _is_received(till, order):
        raise SharingRefused(403, "RULE_LIMIT", "订单未确认收货，暂不能分账")
    before = of_order(till.store, order.out_trade_no)
    if any(share.unfreezes for share in before):
        raise SharingRefused(400, "INVALID_REQUEST", "订单已解冻，不能再分账")
    if len(before) >= MOST_REQUESTS:
        raise SharingRefused(403, "RULE_LIMIT", "一笔订单最多请求 50 次分账")
    _check_receivers(till, request["appid"], receivers)
    wanted = sum(receiver["amount"] for receiver in receivers)
    base = order.total_fen - (order.total_fen * FEE_TEN_THOUSANDTHS + 5000) // 10000
    if _shared_fen(before, now) + wanted > base * CAP_TEN_THOUSANDTHS // 10000:
        raise SharingRefused(403, "RULE_LIMIT", "分账金额超过最大分账比例")
    if wanted > frozen_fen(till, order):
        raise SharingRefused(403, "NOT_ENOUGH", "订单待分金额不足")


def _check_receivers(till: Till, appid: str, receivers: list[dict[str, Any]]) -> None:
    keys = [f"{appid}/{receiver['type']}/{receiver['account']}" for receiver in receivers]
    if len(set(keys)) < len(keys):
        raise SharingRefused(400, "PARAM_ERROR", "分账接收方重复")
    for key in keys:
        if till.store.get(ShareAccount, key) is None:
            raise SharingRefused(400, "INVALID_REQUEST", "分账接收方未添加，请先添加分账接收方")


def _check_return(till: Till, share: Share, request: dict[str, Any]) -> None:
    now, mchid = till.clock.now(), request["return_mchid"]
    given = [each for each in share.receivers if (each["type"], each["account"]) == (MERCHANT, mchid)]
    if not given or share.result_of(mchid, now) != "SUCCESS":
        raise SharingRefused(400, "INVALID_REQUEST", "回退方没有收到这笔分账")
    if now > share.settles_at + RETURN_WINDOW:
        raise SharingRefused(403, "RULE_LIMIT", "超过 180 天不能回退")
    before = [each for each in till.store.all(ShareReturn) if each.out_order_no == share.out_order_no]
    if len(before) >= MOST_RETURNS:
        raise SharingRefused(403, "RULE_LIMIT", "一笔分账最多回退 50 次")
    same = [each for each in before if each.request["return_mchid"] == mchid and each.result_at(now) != "FAILED"]
    if sum(each.amount_fen for each in same) + request["amount"] > given[0]["amount"]:
        raise SharingRefused(403, "NOT_ENOUGH", "回退金额超过分账金额")


def _check_sharable(order: Order) -> None:
    if order.paid_at is None:
        raise SharingRefused(400, "INVALID_REQUEST", "订单未支付")
    if not _is_sharable(order):
        raise SharingRefused(400, "INVALID_REQUEST", "非分账订单不支持分账")


def _is_sharable(order: Order) -> bool:
    return bool(order.request.get("settle_info", {}).get("profit_sharing"))


def _is_received(till: Till, order: Order) -> bool:
    """Only payments of the mini-program are under the shipping management."""
    if order.request["appid"] != till.keys.app_of("mini").appid or order.endpoint != "jsapi":
        return True
    shipping = till.store.get(Shipping, order.out_trade_no)
    return shipping is not None and shipping.state in CONFIRMED


def _share_of(till: Till, request: dict[str, Any]) -> Share:
    for share in till.store.all(Share):
        if share.order_id == request.get("order_id") or share.out_order_no == request.get("out_order_no"):
            return share
    raise SharingUnknown(request.get("order_id") or request.get("out_order_no"))


def _shared_fen(shares: list[Share], now: datetime) -> int:
    return sum(
        receiver["amount"]
        for share in shares
        for receiver in share.receivers
        if share.result_of(receiver["account"], now) != "CLOSED"
    )


def _refunded_fen(till: Till, order: Order) -> int:
    now = till.clock.now()
    mine = (each for each in till.store.all(Refund) if each.out_trade_no == order.out_trade_no)
    return sum(each.amount_fen for each in mine if each.state_at(now) != "CLOSED")


def _told_receiver(share: Share, receiver: dict[str, Any], now: datetime) -> dict[str, Any]:
    result = share.result_of(receiver["account"], now)
    content = {name: receiver[name] for name in ("type", "account", "amount", "description")}
    content |= {
        "result": result,
        "detail_id": f"{share.order_id}{receiver['account'][-4:]}",
        "create_time": wechat_time(share.created_at),
        "finish_time": wechat_time(share.settles_at),
    }
    return content | ({"fail_reason": "ACCOUNT_ABNORMAL"} if result == "CLOSED" else {})


def _gist(request: dict[str, Any]) -> tuple[object, ...]:
    """What makes two requests the same; a name is encrypted anew each time."""
    receivers = [(each["type"], each["account"], each["amount"]) for each in request.get("receivers", [])]
    return request["transaction_id"], request.get("unfreeze_unsplit", True), sorted(receivers)
