"""The live client of WeChat Pay APIv3.

Every request is made whole, signed as it will be sent, and sent once. An answer counts only with WeChat's signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import httpx
import orjson
import structlog

from core.clock import local, now
from gateways.wechat_pay import notices, parsing
from gateways.wechat_pay.bills import plain_bill
from gateways.wechat_pay.certificate_store import CertificateStore
from gateways.wechat_pay.certificates import read_certificates
from gateways.wechat_pay.contract import (
    CodeUrl,
    H5Kind,
    H5Url,
    JsapiParameters,
    Notice,
    Payment,
    Prepay,
    PrepayId,
    Refund,
    RefundWish,
)
from gateways.wechat_pay.errors import (
    BillEmpty,
    BillNotReady,
    BillUnreadable,
    PaymentAlreadyMade,
    PaymentClosed,
    PaymentNumberUsed,
    PaymentUnknown,
    RefundNotCovered,
    RefundUnknown,
    WechatPayBusy,
    WechatPayRefused,
    WechatPayRefusedMerchant,
    WechatPayUnavailable,
    WechatPayUntrusted,
)
from gateways.wechat_pay.sharing import LiveProfitSharing
from gateways.wechat_pay.signing import Signer
from gateways.wechat_pay.verifying import PlatformKeys, SignatureFault

log = structlog.get_logger(__name__)
PREPAY_LIFE = timedelta(hours=2)
H5_URL_LIFE = timedelta(minutes=5)
_IN_MEMORY = 4 * 1024 * 1024
_REFUNDS = "/v3/refund/domestic/refunds"
_REFUSALS: dict[str, type[WechatPayRefused]] = {
    "ORDER_NOT_EXIST": PaymentUnknown,
    "OUT_TRADE_NO_USED": PaymentNumberUsed,
    "ORDER_CLOSED": PaymentClosed,
    "ORDERCLOSED": PaymentClosed,
    "ORDER_PAID": PaymentAlreadyMade,
    "ORDERPAID": PaymentAlreadyMade,
    "SIGN_ERROR": WechatPayRefusedMerchant,
    "NO_AUTH": WechatPayRefusedMerchant,
    "APPID_MCHID_NOT_MATCH": WechatPayRefusedMerchant,
    "MCH_NOT_EXISTS": WechatPayRefusedMerchant,
    "NOT_ENOUGH": RefundNotCovered,
    "STATEMENT_CREATING": BillNotReady,
    "NO_STATEMENT_EXIST": BillEmpty,
}


class LiveWechatPay:
    """`gateways.wechat_pay.contract.WechatPay` over the network, for one merchant. Safe to share between threads."""

    def __init__(
        self, *, base_url: str, signer: Signer, keys: PlatformKeys, apiv3_key: str, public_key_id: str | None,
        timeout_seconds: float, certificates: CertificateStore | None = None,
    ) -> None:  # fmt: skip
        """`public_key_id` asks WeChat to sign with that key; None leaves it to its certificates, which `certificates` shares."""
        self._certificates = certificates
        self._signer = signer
        self._keys = keys
        self._apiv3_key = apiv3_key.encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "banli/1"}
        if public_key_id:
            headers["Wechatpay-Serial"] = public_key_id
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_seconds)

    @property
    def mchid(self) -> str:
        return self._signer.mchid

    @property
    def sharing(self) -> LiveProfitSharing:
        return LiveProfitSharing(self._call, self._keys)

    def shut(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def open_jsapi(self, prepay: Prepay, *, openid: str) -> PrepayId:
        answer = self._open("jsapi", prepay, {"payer": {"openid": openid}})
        return PrepayId(_answered(answer, "prepay_id"), now() + PREPAY_LIFE)

    def open_native(self, prepay: Prepay) -> CodeUrl:
        return CodeUrl(_answered(self._open("native", prepay, {}), "code_url"), now() + PREPAY_LIFE)

    def open_h5(self, prepay: Prepay, *, client_ip: str, kind: H5Kind = H5Kind.WAP) -> H5Url:
        scene = {"scene_info": {"payer_client_ip": client_ip, "h5_info": {"type": kind.value}}}
        return H5Url(_answered(self._open("h5", prepay, scene), "h5_url"), now() + H5_URL_LIFE)

    def query_by_out_trade_no(self, out_trade_no: str) -> Payment:
        address = f"/v3/pay/transactions/out-trade-no/{_segment(out_trade_no)}"
        answer = self._call("GET", address, params={"mchid": self.mchid})
        try:
            payment = parsing.parse_payment(answer, self.mchid)
        except ValueError as error:
            raise WechatPayUnavailable(reason=str(error)) from None
        if (payment.out_trade_no, payment.mchid) != (out_trade_no, self.mchid):
            raise WechatPayUntrusted(reason="another order")
        return payment

    def close(self, out_trade_no: str) -> None:
        address = f"/v3/pay/transactions/out-trade-no/{_segment(out_trade_no)}/close"
        self._call("POST", address, body={"mchid": self.mchid})

    def refund(self, wish: RefundWish) -> Refund:
        body = {
            "out_trade_no": wish.out_trade_no,
            "out_refund_no": wish.out_refund_no,
            "reason": wish.reason,
            "notify_url": wish.notify_url,
            "amount": {"refund": wish.refund_fen, "total": wish.total_fen, "currency": "CNY"},
        }
        return _refund_told(self._call("POST", _REFUNDS, body=body), wish.out_refund_no)

    def query_refund(self, out_refund_no: str) -> Refund:
        try:
            return _refund_told(self._call("GET", f"{_REFUNDS}/{_segment(out_refund_no)}"), out_refund_no)
        except WechatPayRefused as refusal:
            if refusal.params.get("reason") == "RESOURCE_NOT_EXISTS":
                raise RefundUnknown(**refusal.params) from None
            raise

    def refund_abnormal_to_merchant(self, refund_id: str, out_refund_no: str) -> Refund:
        body = {"out_refund_no": out_refund_no, "type": "MERCHANT_BANK_CARD"}
        answer = self._call("POST", f"{_REFUNDS}/{_segment(refund_id)}/apply-abnormal-refund", body=body)
        return _refund_told(answer, out_refund_no)

    @contextmanager
    def trade_bill(self, on: date) -> Iterator[IO[bytes]]:
        query = {"bill_date": on.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"}
        answer = self._call("GET", "/v3/bill/tradebill", params=query)
        if answer.get("hash_type") != "SHA1":
            raise BillUnreadable(reason="hash_type")
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            self._download(_answered(answer, "download_url"), file)
            yield plain_bill(file, _answered(answer, "hash_value"))

    def jsapi_parameters(self, prepay_id: str, appid: str) -> JsapiParameters:
        return self._signer.jsapi_parameters(prepay_id, appid)

    def read_notice(self, headers: Mapping[str, str], raw_body: bytes) -> Notice:
        return notices.read_notice(headers, raw_body, keys=self._keys, apiv3_key=self._apiv3_key, mchid=self.mchid)

    def refresh_certificates(self) -> int:
        try:
            response = self._send("GET", "/v3/certificates", None, None)
        except WechatPayRefused as refusal:
            if refusal.params.get("reason") == "RESOURCE_NOT_EXISTS":
                return 0
            raise
        try:
            keys = read_certificates(parsing.parse_object(response.content), self._apiv3_key)
        except ValueError as error:
            raise WechatPayUntrusted(reason=str(error)) from None
        # The first answer ever is signed by a certificate inside itself, which only the APIv3 key can have sealed.
        known = self._keys.find(response.headers.get("Wechatpay-Serial", ""))
        _check_signature(PlatformKeys(known) if known else PlatformKeys(*keys), response)
        self._keys.add(keys)
        if self._certificates is not None:
            self._certificates.keep(keys)
        return len(keys)

    def _download(self, address: str, file: IO[bytes]) -> None:
        """Put what lies at an address of WeChat's into a file; such answers carry no signature."""
        if not _is_wechats(httpx.URL(address), self._http.base_url):
            raise WechatPayUntrusted(reason="download_url")
        request = self._http.build_request("GET", address)
        self._signer.authorize(request)
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise _refusal(request.url.path, response)
                for chunk in response.iter_raw():
                    file.write(chunk)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise WechatPayUnavailable(reason=type(error).__name__) from None
        file.seek(0)

    def _open(self, way: str, prepay: Prepay, more: Mapping[str, Any]) -> Mapping[str, Any]:
        body = {
            "appid": prepay.appid,
            "mchid": self.mchid,
            "description": prepay.description,
            "out_trade_no": prepay.out_trade_no,
            "time_expire": local(prepay.expires_at).isoformat(timespec="seconds"),
            "notify_url": prepay.notify_url,
            "amount": {"total": prepay.amount_fen, "currency": "CNY"},
            **({"attach": prepay.attach} if prepay.attach else {}),
            **({"settle_info": {"profit_sharing": True}} if prepay.profit_sharing else {}),
            **more,
        }
        return self._call("POST", f"/v3/pay/transactions/{way}", body=body)

    def call(
        self, method: str, path: str, *, params: dict[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """One call of this merchant, for the clients of what has a file of its own; raises as every act here does."""
        return self._call(method, path, params=params, body=body)

    def _call(
        self, method: str, path: str, *, params: dict[str, str] | None = None,
        body: Mapping[str, Any] | None = None, serial: str | None = None,
    ) -> Mapping[str, Any]:  # fmt: skip
        """The verified answer; an empty object for 204. `serial` names the key that a field of the body is sealed for."""
        response = self._send(method, path, params, body, serial)
        _check_signature(self._keys, response)
        if response.status_code == httpx.codes.ACCEPTED:
            raise WechatPayUnavailable(http_status=202, reason="accepted, ask again")
        if not response.content:
            return {}
        try:
            return parsing.parse_object(response.content)
        except ValueError:
            raise WechatPayUnavailable(reason="answer malformed") from None

    def _send(
        self, method: str, path: str, params: dict[str, str] | None, body: Mapping[str, Any] | None,
        serial: str | None = None,
    ) -> httpx.Response:  # fmt: skip
        """The answer if it is a 2xx, not verified yet; otherwise the error that fits."""
        content = None if body is None else orjson.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        headers |= {"Wechatpay-Serial": serial} if serial else {}
        request = self._http.build_request(method, path, params=params, content=content, headers=headers)
        self._signer.authorize(request)
        try:
            response = self._http.send(request)
        except httpx.HTTPError as error:
            log.warning("wechat_pay_unreachable", path=path, fault=type(error).__name__)
            raise WechatPayUnavailable(reason=type(error).__name__) from None
        if not response.is_success:
            raise _refusal(path, response)
        return response


def _answered(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise WechatPayUnavailable(reason=f"no {name}")
    return value


def _refund_told(answer: Mapping[str, Any], out_refund_no: str) -> Refund:
    try:
        refund = parsing.parse_refund(answer)
    except ValueError as error:
        raise WechatPayUnavailable(reason=str(error)) from None
    if refund.out_refund_no != out_refund_no:
        raise WechatPayUntrusted(reason="another refund")
    return refund


def _is_wechats(address: httpx.URL, base: httpx.URL) -> bool:
    """Our signed request goes only to the gateway itself, or to an official host of WeChat's."""
    same = (address.scheme, address.host, address.port) == (base.scheme, base.host, base.port)
    return same or (address.scheme == "https" and address.host.endswith(".weixin.qq.com"))


def _segment(number: str) -> str:
    if not (number.isascii() and number.isalnum()):
        raise ValueError("our number must be of [0-9A-Za-z]")
    return number


def _check_signature(keys: PlatformKeys, response: httpx.Response) -> None:
    try:
        keys.verify(response.headers, response.content)
    except SignatureFault as fault:
        log.error("wechat_pay_untrusted", path=response.request.url.path, reason=fault.reason.value)
        raise WechatPayUntrusted(reason=fault.reason.value) from None


def _refusal(path: str, response: httpx.Response) -> WechatPayUnavailable | WechatPayRefused:
    """The error for an answer outside 2xx, by status and code; such answers carry no signature."""
    status = response.status_code
    try:
        answer = parsing.parse_object(response.content)
        code, detail = str(answer.get("code") or ""), answer.get("detail")
    except ValueError:
        code, detail = "", None
    log.warning("wechat_pay_refused", path=path, http_status=status, reason=code, detail=detail)
    facts: dict[str, Any] = {"http_status": status, "reason": code}
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return WechatPayBusy(**facts)
    if not response.is_client_error:
        return WechatPayUnavailable(**facts)
    if status == httpx.codes.UNAUTHORIZED:
        return WechatPayRefusedMerchant(**facts)
    return _REFUSALS.get(code, WechatPayRefused)(**facts)
