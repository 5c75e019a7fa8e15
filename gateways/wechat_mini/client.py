"""The live client of the mini-program's server API (api.weixin.qq.com)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import orjson
import structlog

from core.clock import now
from core.errors import DomainError, InvalidInput
from gateways.wechat_mini import shipping
from gateways.wechat_mini.contract import (
    CodeVersion,
    ContentVerdict,
    MiniPerson,
    PhoneNumber,
    ShippingKnown,
    ShippingUpload,
    Suggestion,
)
from gateways.wechat_mini.errors import (
    LoginCodeRefused,
    LoginRisky,
    MessageRefused,
    OpenidInactive,
    PageUnknown,
    PhoneCodeRefused,
    SubscriptionSpent,
    WechatQuotaSpent,
    WechatRefused,
    WechatRefusedApp,
    WechatTokenRefused,
    WechatUnavailable,
)
from gateways.wechat_mini.token_store import FreshToken, TokenStore

log = structlog.get_logger(__name__)
_TOKEN_REFUSED = {40001, 40014, 42001}
_REFUSALS: dict[int, type[DomainError]] = {
    -1: WechatUnavailable,
    40001: WechatTokenRefused,
    40014: WechatTokenRefused,
    42001: WechatTokenRefused,
    40013: WechatRefusedApp,
    40125: WechatRefusedApp,
    40164: WechatRefusedApp,
    48001: WechatRefusedApp,
    45009: WechatQuotaSpent,
    45011: WechatQuotaSpent,
    45029: WechatQuotaSpent,
    1400001: WechatQuotaSpent,
    40226: LoginRisky,
    41030: PageUnknown,
    61010: OpenidInactive,
}
_MESSAGE_REFUSALS: dict[int, type[DomainError]] = {
    43101: SubscriptionSpent,
    **dict.fromkeys((40003, 40037, 41030, 45168, 47003), MessageRefused),
}
_CHECK = {"version": 2, "scene": 2}
_IMAGE = 2
_ONE_USE_CODE = (40029, 40163, 41008)
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
# The words within are WeChat's own, in Chinese.
_ORDER_PLACE = re.compile(r"\$\{\w+\}")
_PAGE = re.compile(r"[0-9A-Za-z_\-]+(?:/[0-9A-Za-z_\-]+)*")
_PICTURE = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class LiveWechatMini:
    """`gateways.wechat_mini.contract.WechatMini` over the network. Safe to share between threads."""

    def __init__(self, *, base_url: str, appid: str, secret: str, tokens: TokenStore, timeout_seconds: float) -> None:
        self._appid = appid
        self._secret = secret
        self._tokens = tokens
        self._http = httpx.Client(base_url=base_url, timeout=timeout_seconds, headers={"User-Agent": "banli/1"})

    @property
    def appid(self) -> str:
        return self._appid

    def shut(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def code_to_session(self, login_code: str) -> MiniPerson:
        query = {
            "appid": self._appid,
            "secret": self._secret,
            "js_code": login_code,
            "grant_type": "authorization_code",
        }
        answer = self._ask("GET", "/sns/jscode2session", query, None)
        _check(answer, dict.fromkeys(_ONE_USE_CODE, LoginCodeRefused))
        return MiniPerson(_text(answer, "openid"), answer.get("unionid") or None)

    def phone_number(self, phone_code: str, openid: str) -> PhoneNumber:
        body = {"code": phone_code, "openid": openid}
        codes = dict.fromkeys((*_ONE_USE_CODE, 40003), PhoneCodeRefused)
        info = self._call("/wxa/business/getuserphonenumber", body, codes).get("phone_info")
        if not isinstance(info, dict):
            raise WechatUnavailable(reason="no phone_info")
        if not isinstance(mark := info.get("watermark"), dict) or mark.get("appid") != self._appid:
            raise WechatUnavailable(reason="phone number of another app")
        return PhoneNumber(_text(info, "countryCode"), _text(info, "purePhoneNumber"))

    def code_image(
        self, scene: str, page: str, *, version: CodeVersion = CodeVersion.RELEASE, check_path: bool = True,
        width_pixels: int = 430,
    ) -> bytes:  # fmt: skip
        _check_code(scene, page, width_pixels)
        body = {
            "scene": scene,
            "page": page,
            "check_path": check_path,
            "env_version": version.value,
            "width": width_pixels,
        }
        answer = self._call("/wxa/getwxacodeunlimit", body, {})
        if not isinstance(answer.get("picture"), bytes):
            raise WechatUnavailable(reason="no picture")
        return bytes(answer["picture"])

    def shipping_of(self, out_trade_no: str, mchid: str) -> ShippingKnown:
        body = {"merchant_id": mchid, "merchant_trade_no": out_trade_no}
        return shipping.read_known(self._call("/wxa/sec/order/get_order", body, shipping.REFUSALS))

    def upload_shipping(self, upload: ShippingUpload) -> None:
        self._call("/wxa/sec/order/upload_shipping_info", shipping.upload_body(upload), shipping.REFUSALS)

    def set_order_path(self, path: str) -> None:
        if not _ORDER_PLACE.search(path) or path.startswith("/"):
            raise InvalidInput({"path": "路径要含有微信规定的订单号占位符，不能以斜杠开头"})
        self._call("/wxa/sec/order/update_order_detail_path", {"path": path}, {})

    def send_subscribed(
        self, openid: str, template_id: str, data: Mapping[str, str], page: str, version: str = "formal"
    ) -> None:
        body = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "data": {name: {"value": value} for name, value in data.items()},
            "miniprogram_state": version,
            "lang": "zh_CN",
        }
        self._call("/cgi-bin/message/subscribe/send", body, _MESSAGE_REFUSALS)

    def check_text(self, text: str, openid: str) -> ContentVerdict:
        answer = self._call("/wxa/msg_sec_check", _CHECK | {"openid": openid, "content": text}, {})
        return read_verdict(answer.get("result"))

    def check_picture(self, url: str, openid: str) -> str:
        body = _CHECK | {"openid": openid, "media_url": url, "media_type": _IMAGE}
        return _text(self._call("/wxa/media_check_async", body, {}), "trace_id")

    def _call(self, path: str, body: Mapping[str, Any], refusals: Mapping[int, type[DomainError]]) -> dict[str, Any]:
        """The answer to a call that carries the access token; after a refused token once more with another."""
        token = self._tokens.token(self._appid, self._fresh_token)
        answer = self._ask("POST", path, {"access_token": token}, body)
        if answer.get("errcode") in _TOKEN_REFUSED:
            log.warning("wechat_token_refused", path=path, errcode=answer["errcode"])
            token = self._tokens.token_after(token, self._appid, self._fresh_token)
            answer = self._ask("POST", path, {"access_token": token}, body)
        _check(answer, refusals)
        return answer

    def _fresh_token(self, force: bool) -> FreshToken:
        body = {
            "grant_type": "client_credential",
            "appid": self._appid,
            "secret": self._secret,
            "force_refresh": force,
        }
        asked_at = now()
        answer = self._ask("POST", "/cgi-bin/stable_token", {}, body)
        _check(answer, {})
        seconds = answer.get("expires_in")
        if type(seconds) is not int or seconds < 1:
            raise WechatUnavailable(reason="no expires_in")
        return FreshToken(_text(answer, "access_token"), asked_at + timedelta(seconds=seconds))

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> dict[str, Any]:
        """One request: the JSON object it was answered with, or `{"picture": bytes}`. Sent once."""
        try:
            response = self._http.request(
                method, path, params=query, content=None if body is None else orjson.dumps(body),
                headers=None if body is None else {"Content-Type": "application/json"},
            )  # fmt: skip
        except httpx.HTTPError as error:
            log.warning("wechat_unreachable", path=path, fault=type(error).__name__)
            raise WechatUnavailable(reason=type(error).__name__) from None
        if response.status_code != httpx.codes.OK:
            raise WechatUnavailable(http_status=response.status_code)
        if response.content.startswith(_PICTURE):
            return {"picture": response.content}
        try:
            answer = orjson.loads(response.content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise WechatUnavailable(reason="answer malformed")
        return answer


def read_verdict(result: object) -> ContentVerdict:
    """The `result` of an answer or of a pushed event; WechatUnavailable when it isn't one."""
    values = result if isinstance(result, dict) else {}
    try:
        return ContentVerdict(Suggestion(str(values.get("suggest"))), int(values.get("label", 0)))
    except (ValueError, TypeError):
        raise WechatUnavailable(reason="no verdict") from None


def _check(answer: Mapping[str, Any], refusals: Mapping[int, type[DomainError]]) -> None:
    """Raise what the answer's errcode means; `refusals` are the meanings it has for this call alone."""
    errcode = answer.get("errcode") or answer.get("errno") or 0
    if errcode == 0:
        return
    log.warning("wechat_refused", errcode=errcode, errmsg=str(answer.get("errmsg"))[:200])
    raise refusals.get(errcode, _REFUSALS.get(errcode, WechatRefused))(errcode=errcode)


def _check_code(scene: str, page: str, width_pixels: int) -> None:
    fields = {}
    if not _SCENE.fullmatch(scene) or "scancode_time" in scene:
        fields["scene"] = "场景值应为 1 到 32 个允许的字符"
    if not _PAGE.fullmatch(page):
        fields["page"] = "页面路径不能以斜杠开头，也不能带参数"
    if not 280 <= width_pixels <= 1280:
        fields["width_pixels"] = "宽度应在 280 到 1280 像素之间"
    if fields:
        raise InvalidInput(fields)


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise WechatUnavailable(reason=f"no {name}")
    return value
