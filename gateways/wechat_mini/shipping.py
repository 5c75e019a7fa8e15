"""The order shipping management (发货信息管理) in WeChat's own words: bodies, answers, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from core.errors import DomainError
from gateways.wechat_mini.contract import SentParcel, ShippingKnown, ShippingState, ShippingUpload
from gateways.wechat_mini.errors import (
    ShippingCorrectionSpent,
    ShippingDone,
    ShippingOrderUnknown,
    ShippingRefused,
    ShippingUnchanged,
    WechatUnavailable,
)

MOST_PARCELS = 15
_EXPRESS, _UNIFIED, _SPLIT = 1, 1, 2
_BEIJING = timezone(timedelta(hours=8))
REFUSALS: Mapping[int, type[DomainError]] = {
    10060001: ShippingOrderUnknown,
    10060002: ShippingDone,
    10060003: ShippingCorrectionSpent,
    10060023: ShippingUnchanged,
    268485216: ShippingRefused,
    **dict.fromkeys(range(10060004, 10060023), ShippingRefused),
    **dict.fromkeys(range(10060024, 10060040), ShippingRefused),
}


def key_of(out_trade_no: str, mchid: str) -> dict[str, Any]:
    """The order by the merchant's own number."""
    return {"order_number_type": 1, "mchid": mchid, "out_trade_no": out_trade_no}


def upload_body(upload: ShippingUpload) -> dict[str, Any]:
    """The body of upload_shipping_info; ShippingRefused when WeChat could take no such list."""
    if not 1 <= len(upload.parcels) <= MOST_PARCELS or (len(upload.parcels) > 1 and not upload.is_split):
        raise ShippingRefused(reason="parcels", count=len(upload.parcels))
    body: dict[str, Any] = {
        "order_key": key_of(upload.out_trade_no, upload.mchid),
        "logistics_type": _EXPRESS,
        "delivery_mode": _SPLIT if upload.is_split else _UNIFIED,
        "shipping_list": [_parcel(parcel) for parcel in upload.parcels],
        "upload_time": _time(upload.uploaded_at),
        "payer": {"openid": upload.openid},
    }
    return body | ({"is_all_delivered": upload.is_all_delivered} if upload.is_split else {})


def read_known(answer: Mapping[str, Any]) -> ShippingKnown:
    """What get_order says."""
    try:
        order = answer["order"]
        shipping = order.get("shipping") or {}
        parcels = {(entry["express_company"], entry["tracking_no"]) for entry in shipping.get("shipping_list") or ()}
        return ShippingKnown(
            ShippingState(order["order_state"]), bool(shipping.get("finish_shipping")), frozenset(parcels)
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise WechatUnavailable(reason="order malformed") from None


def _parcel(parcel: SentParcel) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "tracking_no": parcel.tracking_number,
        "express_company": parcel.express_company,
        "item_desc": parcel.item[:120],
    }
    if parcel.express_company == "SF":
        entry["contact"] = {"receiver_contact": parcel.receiver_contact}
    return entry


def _time(at: datetime) -> str:
    return at.astimezone(_BEIJING).isoformat(timespec="milliseconds")
