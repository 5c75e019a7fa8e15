"""Keys of a merchant and of a WeChat Pay made up for tests, and what the latter does with them."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from gateways.wechat_pay.client import LiveWechatPay
from gateways.wechat_pay.signing import Signer
from gateways.wechat_pay.verifying import PlatformKey, PlatformKeys
from tests.gateways.answering import Answer

MCHID = "1900000109"
APPID = "wx8888888888888888"
MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
KEY_ID = "PUB_KEY_ID_0119000001092024103000000001"
APIV3_KEY = "0123456789abcdef0123456789abcdef"
TYPE = "WECHATPAY2-SHA256-RSA2048"


@lru_cache
def make_key(name: str) -> rsa.RSAPrivateKey:
    """One key per name for the whole run, since making them takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class PayPlatform:
    """WeChat Pay's side: signs answers and notices, with every detail open to a test's meddling."""

    serial: str = KEY_ID
    key: rsa.RSAPrivateKey = field(default_factory=lambda: make_key("platform"))

    def sign(self, body: bytes, *, at: float | None = None, nonce: str = "n0nce") -> dict[str, str]:
        timestamp = str(int(time.time() if at is None else at))
        text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature": signature,
            "Wechatpay-Signature-Type": TYPE,
        }

    def answer(self, body: Any, status: int = 200) -> Answer:
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        return Answer(status, raw, {"Content-Type": "application/json", **self.sign(raw)})

    def certificate(self, *, valid_days: int = 30) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(int(self.serial, 16))
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=valid_days))
            .sign(self.key, hashes.SHA256())
        )


def seal(content: bytes, *, associated_data: str = "transaction", key: str = APIV3_KEY) -> dict[str, str]:
    """A resource as WeChat enciphers it."""
    nonce = "0123456789ab"
    sealed = AESGCM(key.encode()).encrypt(nonce.encode(), content, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }


def payment_content(**changes: Any) -> dict[str, Any]:
    """The content of a payment notice."""
    return {
        "mchid": MCHID,
        "appid": APPID,
        "out_trade_no": "251122ABCDEF0123",
        "transaction_id": "4200001234202511220000000001",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "",
        "success_time": "2025-11-22T10:34:56+08:00",
        "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 1280, "payer_total": 1280, "currency": "CNY", "payer_currency": "CNY"},
        **changes,
    }


def envelope(content: Any, event_type: str = "TRANSACTION.SUCCESS", **changes: Any) -> bytes:
    """The body of a notice."""
    plain = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    whole = {
        "id": "EV-2018022511223320873",
        "create_time": "2025-11-22T10:34:57+08:00",
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功",
        "resource": {"original_type": "transaction", **seal(plain)},
        **changes,
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def make_client(base_url: str = "http://127.0.0.1:9", *keys: PlatformKey, seconds: float = 3.0) -> LiveWechatPay:
    """Our client for this merchant; without `keys` it trusts the platform's public key."""
    trusted = keys or (PlatformKey(KEY_ID, make_key("platform").public_key()),)
    return LiveWechatPay(
        base_url=base_url,
        signer=Signer(MCHID, MERCHANT_SERIAL, make_key("merchant")),
        keys=PlatformKeys(*trusted),
        apiv3_key=APIV3_KEY,
        public_key_id=KEY_ID,
        timeout_seconds=seconds,
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
