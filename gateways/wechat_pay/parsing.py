"""WeChat Pay's JSON as our values, without lenience: a field of the wrong type is a ValueError that names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from gateways.wechat_pay.combining import CombinedPayment, SubPayment
from gateways.wechat_pay.contract import Payment, Refund, RefundState, TradeState


def parse_object(raw: bytes | str) -> Mapping[str, Any]:
    """A JSON object; raises ValueError for anything else."""
    value = orjson.loads(raw)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def parse_payment(content: Mapping[str, Any], mchid: str) -> Payment:
    """An order as queried or as a payment notice tells it; `mchid` stands in where WeChat leaves its own out."""
    amount = optional_object(content, "amount")
    state = text(content, "trade_state")
    payment = Payment(
        appid=text(content, "appid"),
        mchid=optional_text(content, "mchid") or mchid,
        out_trade_no=text(content, "out_trade_no"),
        trade_state=TradeState(state),
        transaction_id=optional_text(content, "transaction_id"),
        trade_type=optional_text(content, "trade_type"),
        bank_type=optional_text(content, "bank_type"),
        attach=optional_text(content, "attach"),
        success_at=optional_instant(content, "success_time"),
        openid=optional_text(optional_object(content, "payer"), "openid"),
        total_fen=optional_whole(amount, "total"),
        payer_total_fen=optional_whole(amount, "payer_total"),
        currency=optional_text(amount, "currency"),
    )
    if payment.trade_state.is_paid and (payment.total_fen is None or payment.transaction_id is None):
        raise ValueError("a paid order must tell amount.total and transaction_id")
    return payment


def parse_combined(content: Mapping[str, Any]) -> CombinedPayment:
    """A combined order as queried or as its notice tells it."""
    subs = content.get("sub_orders")
    if not isinstance(subs, list) or not subs or not all(isinstance(sub, dict) for sub in subs):
        raise ValueError("sub_orders must be a list of objects")
    return CombinedPayment(
        appid=text(content, "combine_appid"),
        mchid=text(content, "combine_mchid"),
        out_trade_no=text(content, "combine_out_trade_no"),
        openid=optional_text(optional_object(content, "combine_payer_info"), "openid"),
        subs=tuple(_sub(sub) for sub in subs),
    )


def _sub(content: Mapping[str, Any]) -> SubPayment:
    amount = object_at(content, "amount")
    sub = SubPayment(
        mchid=text(content, "mchid"),
        out_trade_no=text(content, "out_trade_no"),
        trade_state=TradeState(text(content, "trade_state")),
        transaction_id=optional_text(content, "transaction_id"),
        success_at=optional_instant(content, "success_time"),
        total_fen=whole(amount, "total_amount"),
        currency=optional_text(amount, "currency"),
    )
    if sub.trade_state.is_paid and sub.transaction_id is None:
        raise ValueError("a paid sub-order must tell its transaction_id")
    return sub


def parse_refund(content: Mapping[str, Any], *, state_at: str = "status") -> Refund:
    """A refund as queried; in a notice its state is called `refund_status`."""
    amount = object_at(content, "amount")
    return Refund(
        refund_id=text(content, "refund_id"),
        out_refund_no=text(content, "out_refund_no"),
        out_trade_no=text(content, "out_trade_no"),
        transaction_id=text(content, "transaction_id"),
        state=RefundState(text(content, state_at)),
        created_at=optional_instant(content, "create_time"),
        success_at=optional_instant(content, "success_time"),
        total_fen=whole(amount, "total"),
        refund_fen=whole(amount, "refund"),
    )


def text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be text")
    return value


def optional_text(content: Mapping[str, Any], name: str) -> str | None:
    """The text, or None when it is missing, null or empty."""
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value or None


def whole(content: Mapping[str, Any], name: str) -> int:
    value = content.get(name)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} must be a whole number of at least 0")
    return value


def optional_whole(content: Mapping[str, Any], name: str) -> int | None:
    return None if content.get(name) is None else whole(content, name)


def object_at(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object")
    return value


def optional_object(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object, or an empty one when it is missing or null."""
    return {} if content.get(name) is None else object_at(content, name)


def instant(content: Mapping[str, Any], name: str) -> datetime:
    """An RFC 3339 time with its zone."""
    at = datetime.fromisoformat(text(content, name))
    if at.tzinfo is None:
        raise ValueError(f"{name} must tell its time zone")
    return at


def optional_instant(content: Mapping[str, Any], name: str) -> datetime | None:
    return None if not content.get(name) else instant(content, name)
