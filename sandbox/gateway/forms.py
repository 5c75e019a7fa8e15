"""The bodies of the order and refund calls, with the limits of Pay APIv3."""

import ipaddress
from datetime import datetime

from sandbox.addresses import is_web_address
from sandbox.gateway.shape import Checked, Choice, Flag, Many, Shape, Text, Thing, Whole

ORDER_NUMBER = Text(32, shortest=6, pattern=r"[0-9A-Za-z_\-|*]+")


def rfc3339(text: str) -> datetime | None:
    """The moment, or None when the text is no RFC 3339 time with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and "T" in text else None


def _notify_url_issue(url: str) -> str:
    if not is_web_address(url):
        return "应为完整的 http 或 https 地址"
    return "不能携带参数" if "?" in url or "#" in url else ""


def _time_issue(text: str) -> str:
    return "" if rfc3339(text) else "应为 RFC 3339 时间，如 2026-05-24T08:12:00+08:00"


def _address_issue(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "应为 IPv4 或 IPv6 地址"
    return ""


_GOODS = Thing(
    required={"merchant_goods_id": Text(32), "quantity": Whole(1), "unit_price": Whole(0)},
    optional={"wechatpay_goods_id": Text(32), "goods_name": Text(256)},
)
_DETAIL = Thing(
    required={},
    optional={"cost_price": Whole(0), "invoice_id": Text(32), "goods_detail": Many(_GOODS, most=6000)},
    most_bytes=6144,
)
_STORE = Thing(
    required={"id": Text(32)},
    optional={"name": Text(256), "area_code": Text(32), "address": Text(512)},
)
_SCENE: dict[str, Shape] = {"payer_client_ip": Checked(Text(45), _address_issue)}
_SCENE_MORE: dict[str, Shape] = {"device_id": Text(32), "store_info": _STORE}
_H5 = Thing(
    required={"type": Choice(("Wap", "iOS", "Android"))},
    optional={"app_name": Text(64), "app_url": Text(128), "bundle_id": Text(128), "package_name": Text(128)},
)
_REQUIRED: dict[str, Shape] = {
    "appid": Text(32),
    "mchid": Text(32),
    "description": Text(127),
    "out_trade_no": ORDER_NUMBER,
    "notify_url": Checked(Text(255), _notify_url_issue),
    "amount": Thing(required={"total": Whole(1)}, optional={"currency": Choice(("CNY",))}),
}
_OPTIONAL: dict[str, Shape] = {
    "time_expire": Checked(Text(64), _time_issue),
    "attach": Text(128),
    "goods_tag": Text(32),
    "support_fapiao": Flag(),
    "detail": _DETAIL,
    "settle_info": Thing(required={}, optional={"profit_sharing": Flag()}),
}

ORDER_FORMS = {
    "jsapi": Thing(
        required=_REQUIRED | {"payer": Thing(required={"openid": Text(128)})},
        optional=_OPTIONAL | {"scene_info": Thing(_SCENE, _SCENE_MORE)},
    ),
    "native": Thing(required=_REQUIRED, optional=_OPTIONAL | {"scene_info": Thing(_SCENE, _SCENE_MORE)}),
    "h5": Thing(
        required=_REQUIRED | {"scene_info": Thing(_SCENE | {"h5_info": _H5}, _SCENE_MORE)},
        optional=_OPTIONAL,
    ),
}
CLOSE_FORM = Thing(required={"mchid": Text(32)})
_SUB_ORDER = Thing(
    required={
        "mchid": Text(32),
        "attach": Text(128),
        "amount": Thing(required={"total_amount": Whole(1), "currency": Choice(("CNY",))}),
        "out_trade_no": ORDER_NUMBER,
        "description": Text(127),
    },
    optional={
        "goods_tag": Text(32),
        "detail": Text(6000),
        "settle_info": Thing(required={}, optional={"profit_sharing": Flag(), "subsidy_amount": Whole(0)}),
    },
)
_COMBINED: dict[str, Shape] = {
    "combine_appid": Text(32),
    "combine_mchid": Text(32),
    "combine_out_trade_no": ORDER_NUMBER,
    # How many there may be is checked apart, with a refusal of its own.
    "sub_orders": Many(_SUB_ORDER, most=1000),
    "notify_url": Checked(Text(255), _notify_url_issue),
}
_COMBINED_MORE: dict[str, Shape] = {
    "time_start": Checked(Text(64), _time_issue),
    "time_expire": Checked(Text(64), _time_issue),
}
_COMBINED_SCENE = Thing(_SCENE, {"device_id": Text(32)})
_COMBINED_PAYER = Thing(required={"openid": Text(128)})
COMBINE_FORMS = {
    "jsapi": Thing(
        required=_COMBINED | {"combine_payer_info": _COMBINED_PAYER},
        optional=_COMBINED_MORE | {"scene_info": _COMBINED_SCENE},
    ),
    "native": Thing(_COMBINED, _COMBINED_MORE | {"scene_info": _COMBINED_SCENE}),
    "app": Thing(_COMBINED, _COMBINED_MORE | {"scene_info": _COMBINED_SCENE, "combine_payer_info": _COMBINED_PAYER}),
    "h5": Thing(
        required=_COMBINED | {"scene_info": Thing(_SCENE | {"h5_info": _H5}, {"device_id": Text(32)})},
        optional=_COMBINED_MORE,
    ),
}
COMBINE_CLOSE_FORM = Thing(
    required={
        "combine_appid": Text(32),
        "sub_orders": Many(Thing(required={"mchid": Text(32), "out_trade_no": ORDER_NUMBER})),
    }
)
REFUND_FORM = Thing(
    required={
        "out_refund_no": Text(64, pattern=r"[0-9A-Za-z_\-|*@]+"),
        "amount": Thing(required={"refund": Whole(1), "total": Whole(1), "currency": Choice(("CNY",))}),
    },
    optional={
        "transaction_id": Text(32),
        "out_trade_no": ORDER_NUMBER,
        "reason": Text(80),
        "notify_url": Checked(Text(256), _notify_url_issue),
        "funds_account": Choice(("AVAILABLE", "UNSETTLED")),
    },
)
ABNORMAL_REFUND_FORM = Thing(
    required={"out_refund_no": Text(64), "type": Choice(("USER_BANK_CARD", "MERCHANT_BANK_CARD"))},
    optional={"bank_type": Text(16), "bank_account": Text(1024), "real_name": Text(1024)},
)
