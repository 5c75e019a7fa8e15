"""Our own signature on what we send to WeChat Pay: SHA256 with RSA (PKCS #1 v1.5) by the merchant's key.

Source: WeChat Pay APIv3, "如何生成请求签名" and "JSAPI调起支付".
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from core.clock import now
from gateways.wechat_pay.contract import JsapiParameters
from gateways.wechat_pay.errors import WechatPayNotConfigured

SCHEME = "WECHATPAY2-SHA256-RSA2048"


@dataclass(frozen=True)
class Signer:
    """The merchant's key and the serial of its certificate."""

    mchid: str
    serial: str
    private_key: RSAPrivateKey

    def sign(self, text: str) -> str:
        """Base64 of the signature, on one line."""
        return base64.b64encode(self.private_key.sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()

    def authorize(self, request: httpx.Request) -> None:
        """Add the Authorization header for exactly the path, query and body that `request` will put on the wire."""
        timestamp, nonce = str(_second()), _nonce()
        body = request.content.decode()
        path = request.url.raw_path.decode("ascii")
        signature = self.sign(f"{request.method}\n{path}\n{timestamp}\n{nonce}\n{body}\n")
        request.headers["Authorization"] = (
            f'{SCHEME} mchid="{self.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self.serial}"'
        )

    def jsapi_parameters(self, prepay_id: str, appid: str) -> JsapiParameters:
        """The payment sheet's parameters, signed over appid, time, nonce and package."""
        timestamp, nonce, package = str(_second()), _nonce(), f"prepay_id={prepay_id}"
        signature = self.sign(f"{appid}\n{timestamp}\n{nonce}\n{package}\n")
        return JsapiParameters(appid, timestamp, nonce, package, signature)


def load_private_key(path: Path) -> RSAPrivateKey:
    """The merchant's API key (`apiclient_key.pem`), or WechatPayNotConfigured."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise WechatPayNotConfigured(setting="WECHAT_PAY_PRIVATE_KEY_FILE") from None
    if not isinstance(key, RSAPrivateKey):
        raise WechatPayNotConfigured(setting="WECHAT_PAY_PRIVATE_KEY_FILE")
    return key


def _second() -> int:
    return int(now().timestamp())


def _nonce() -> str:
    return secrets.token_hex(16)
