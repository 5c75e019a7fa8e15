"""The trade bill of a day, written from the ledger, with the differences that the faults order."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sandbox.faults import Faults
from sandbox.keyring import Keyring
from sandbox.notices import BEIJING, TRADE_TYPES
from sandbox.rows import Order, Refund
from sandbox.store import Store

COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
RATE_TEN_THOUSANDTHS = 60


@dataclass(frozen=True)
class Entry:
    """A row of the bill; refund is None for a payment."""

    order: Order
    refund: Refund | None
    at: datetime
    amount_fen: int
    fee_fen: int


def available_at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING) + timedelta(days=1)


def write_bill(store: Store, keys: Keyring, mchid: str, day: date, now: datetime, *, on: Faults) -> str | None:
    """A merchant's CSV with its BOM; None for a day without any trade. Sub-orders are rows, combined orders aren't."""
    own = {
        order.out_trade_no: order
        for order in store.all(Order)
        if (order.mchid or keys.mchid) == mchid and not order.subs
    }
    entries = _bent(_entries(store, own, day), on)
    if not entries:
        return None
    lines = [COLUMNS, *(_line(entry, keys, now) for entry in entries), SUMMARY, _summary(entries, on)]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def _entries(store: Store, orders: dict[str, Order], day: date) -> list[Entry]:
    payments = [
        Entry(order, None, order.paid_at, order.total_fen, _fee(order.total_fen))
        for order in orders.values()
        if order.paid_at is not None and order.paid_at.astimezone(BEIJING).date() == day
    ]
    refunds = [
        Entry(orders[refund.out_trade_no], refund, refund.created_at, refund.amount_fen, -_fee(refund.amount_fen))
        for refund in store.all(Refund)
        if refund.out_trade_no in orders and refund.created_at.astimezone(BEIJING).date() == day
    ]
    return sorted([*payments, *refunds], key=lambda entry: entry.at)


def _bent(entries: list[Entry], on: Faults) -> list[Entry]:
    """The entries with the faults that are on: each bends the first that it can."""
    payments = [entry for entry in entries if entry.refund is None]
    refunds = [entry for entry in entries if entry.refund is not None]
    if on.bill_extra_row and payments:
        stranger = replace(payments[0].order, out_trade_no=secrets.token_hex(8), transaction_id="4200" + "9" * 24)
        payments.append(replace(payments[0], order=stranger))
    if on.bill_missing_row:
        payments = payments[1:]
    if on.bill_missing_refund:
        refunds = refunds[1:]
    if on.bill_wrong_amount and payments:
        amount = payments[0].amount_fen + 1
        payments[0] = replace(payments[0], amount_fen=amount, fee_fen=_fee(amount))
    if on.bill_wrong_fee and payments:
        payments[0] = replace(payments[0], fee_fen=payments[0].fee_fen + 7)
    return payments + refunds


def _line(entry: Entry, keys: Keyring, now: datetime) -> str:
    order, refund = entry.order, entry.refund
    paid = _yuan(0 if refund else entry.amount_fen)
    back = _yuan(entry.amount_fen if refund else 0)
    state = {"SUCCESS": "SUCCESS", "CLOSED": "FAIL", "ABNORMAL": "CHANGE", "PROCESSING": "PROCESSING"}
    values = [
        f"{entry.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", order.request["appid"], order.mchid or keys.mchid, "0", "",
        order.transaction_id, order.out_trade_no, order.payer_openid, TRADE_TYPES[order.endpoint],
        "REFUND" if refund else "SUCCESS", "OTHERS", "CNY", paid, "0.00",
        refund.refund_id if refund else "0", refund.out_refund_no if refund else "0", back, "0.00",
        "ORIGINAL" if refund else "", state[refund.state_at(now)] if refund else "",
        order.request["description"].replace(",", "，"), order.request.get("attach", ""), f"{_yuan(entry.fee_fen)}000",
        "0.60%", paid, back, "",
    ]  # fmt: skip
    return ",".join(f"`{value}" for value in values)


def _summary(entries: list[Entry], on: Faults) -> str:
    paid = sum(entry.amount_fen for entry in entries if entry.refund is None)
    back = sum(entry.amount_fen for entry in entries if entry.refund is not None)
    fee = sum(entry.fee_fen for entry in entries)
    count = len(entries) + (1 if on.bill_wrong_summary else 0)
    values = [str(count), _yuan(paid), _yuan(back), "0.00", f"{_yuan(fee)}000", _yuan(paid), _yuan(back)]
    return ",".join(f"`{value}" for value in values)


def _fee(amount_fen: int) -> int:
    return (amount_fen * RATE_TEN_THOUSANDTHS + 5000) // 10000


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
