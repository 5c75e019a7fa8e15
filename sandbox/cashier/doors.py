"""How a prepay_id, a code_url or an h5_url names the door to the cashier, and what JSAPI signs."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs

from sandbox.keyring import Keyring
from sandbox.rows import Order


class BadPaySign(Exception):
    """The parameters handed to the phone do not carry this merchant's signature; the text says why."""


def code_of(code_url: str) -> str:
    """The pr of weixin://wxpay/bizpayurl?pr=…, or "" for any other text."""
    match = re.fullmatch(r"weixin://wxpay/bizpayurl\?pr=([0-9A-Za-z]+)", code_url)
    return match[1] if match else ""


def prepay_of(h5_url: str) -> str:
    return parse_qs(h5_url.partition("?")[2]).get("prepay_id", [""])[0]


def package_of(values: Mapping[str, str]) -> str:
    """The prepay_id of JSAPI parameters: as package=prepay_id=… or on its own."""
    return values.get("prepay_id") or values.get("package", "").removeprefix("prepay_id=")


def check_pay_sign(keys: Keyring, order: Order, values: Mapping[str, str]) -> None:
    """appId, timeStamp, nonceStr and package, signed RSA by the merchant for this very order."""
    if order.endpoint != "jsapi":
        raise BadPaySign("不是 JSAPI 订单")
    if values.get("appId") != order.request["appid"]:
        raise BadPaySign("appId 与下单时不一致")
    if values.get("signType") != "RSA":
        raise BadPaySign("signType 应为 RSA")
    if not re.fullmatch(r"[0-9]{10}", values.get("timeStamp", "")):
        raise BadPaySign("timeStamp 应为 10 位秒数的字符串")
    if not 1 <= len(values.get("nonceStr", "")) <= 32:
        raise BadPaySign("nonceStr 应为 1 到 32 个字符")
    text = f"{values['appId']}\n{values['timeStamp']}\n{values['nonceStr']}\nprepay_id={package_of(values)}\n"
    if not keys.is_merchants(text, values.get("paySign", ""), order.mchid):
        raise BadPaySign("支付验证签名失败")
