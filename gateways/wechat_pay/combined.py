"""The live client of combined payments, on top of the client of the merchant who asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.clock import local, now
from gateways.wechat_pay import parsing
from gateways.wechat_pay.client import H5_URL_LIFE, PREPAY_LIFE, LiveWechatPay
from gateways.wechat_pay.combining import CombinedPayment, CombinedPrepay, SubPrepay
from gateways.wechat_pay.contract import CodeUrl, H5Kind, H5Url, PrepayId
from gateways.wechat_pay.errors import WechatPayUnavailable, WechatPayUntrusted

_PATH = "/v3/combine-transactions"


class LiveCombinedPay:
    """`gateways.wechat_pay.combining.CombinedPay` over the network."""

    def __init__(self, initiator: LiveWechatPay) -> None:
        self._initiator = initiator

    @property
    def mchid(self) -> str:
        return self._initiator.mchid

    def open_jsapi(self, prepay: CombinedPrepay, *, openid: str) -> PrepayId:
        return PrepayId(self._open("jsapi", prepay, "prepay_id", _payer(openid)), now() + PREPAY_LIFE)

    def open_native(self, prepay: CombinedPrepay) -> CodeUrl:
        return CodeUrl(self._open("native", prepay, "code_url", {}), now() + PREPAY_LIFE)

    def open_h5(self, prepay: CombinedPrepay, *, client_ip: str, kind: H5Kind) -> H5Url:
        scene = {"scene_info": {"payer_client_ip": client_ip, "h5_info": {"type": kind.value}}}
        return H5Url(self._open("h5", prepay, "h5_url", scene), now() + H5_URL_LIFE)

    def open_app(self, prepay: CombinedPrepay) -> PrepayId:
        return PrepayId(self._open("app", prepay, "prepay_id", {}), now() + PREPAY_LIFE)

    def query(self, out_trade_no: str) -> CombinedPayment:
        answer = self._initiator.call("GET", f"{_PATH}/out-trade-no/{_segment(out_trade_no)}")
        try:
            payment = parsing.parse_combined(answer)
        except ValueError as error:
            raise WechatPayUnavailable(reason=str(error)) from None
        if (payment.out_trade_no, payment.mchid) != (out_trade_no, self.mchid):
            raise WechatPayUntrusted(reason="another order")
        return payment

    def close(self, out_trade_no: str, appid: str, subs: tuple[tuple[str, str], ...]) -> None:
        named = [{"mchid": mchid, "out_trade_no": number} for mchid, number in subs]
        address = f"{_PATH}/out-trade-no/{_segment(out_trade_no)}/close"
        self._initiator.call("POST", address, body={"combine_appid": appid, "sub_orders": named})

    def _open(self, way: str, prepay: CombinedPrepay, name: str, more: Mapping[str, Any]) -> str:
        body = {
            "combine_appid": prepay.appid,
            "combine_mchid": self.mchid,
            "combine_out_trade_no": prepay.out_trade_no,
            "sub_orders": [_sub(sub) for sub in prepay.subs],
            "time_expire": local(prepay.expires_at).isoformat(timespec="seconds"),
            "notify_url": prepay.notify_url,
            **more,
        }
        value = self._initiator.call("POST", f"{_PATH}/{way}", body=body).get(name)
        if not isinstance(value, str) or not value:
            raise WechatPayUnavailable(reason=f"no {name}")
        return value


def _payer(openid: str) -> dict[str, Any]:
    return {"combine_payer_info": {"openid": openid}}


def _sub(sub: SubPrepay) -> dict[str, Any]:
    return {
        "mchid": sub.mchid,
        "attach": sub.attach,
        "amount": {"total_amount": sub.amount_fen, "currency": "CNY"},
        "out_trade_no": sub.out_trade_no,
        "description": sub.description,
    }


def _segment(number: str) -> str:
    if not (number.isascii() and number.isalnum()):
        raise ValueError("our number must be of [0-9A-Za-z]")
    return number
