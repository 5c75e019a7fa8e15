"""WeChat Pay's signature on what it sends us, and the cipher of what it hides from others.

Source: WeChat Pay APIv3, "如何验证签名", "如何解密证书和回调报文".
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.clock import now
from gateways.wechat_pay.errors import NoticeFault, WechatPayNotConfigured
from gateways.wechat_pay.signing import SCHEME

SKEW = timedelta(minutes=5)
LOOK_APART_SECONDS = 10.0
ALGORITHM = "AEAD_AES_256_GCM"
_REQUIRED = ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial")
_SECOND = re.compile(r"\d{1,12}")


class SignatureFault(Exception):
    """Why a message is not proven to be WeChat's."""

    def __init__(self, reason: NoticeFault) -> None:
        self.reason = reason
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One of WeChat's public keys. A certificate's key is good only within its time; the bare public key always."""

    serial: str
    public_key: RSAPublicKey
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


class PlatformKeys:
    """Serial → key. Filled from the settings, by `add`, and by `look_up`, which is asked for a serial that is unknown, at most
    every ten seconds; nothing that comes in from outside can grow or empty it."""

    def __init__(self, *keys: PlatformKey, look_up: Callable[[], list[PlatformKey]] | None = None) -> None:
        self._lock = threading.Lock()
        self._by_serial = {key.serial: key for key in keys}
        self._look_up = look_up
        self._next_look = 0.0

    def add(self, keys: list[PlatformKey]) -> None:
        with self._lock:
            self._by_serial = {**self._by_serial, **{key.serial: key for key in keys}}

    def find(self, serial: str) -> PlatformKey | None:
        """The key of `serial` if there is one and it is valid now."""
        key = self._by_serial.get(serial)
        if key is None and self._look_up and self._may_look():
            self.add(self._look_up())
            key = self._by_serial.get(serial)
        return key if key and key.is_valid(now()) else None

    def newest(self) -> PlatformKey | None:
        """The key to seal a field for WeChat with: its bare public key, else the certificate that is valid longest."""
        valid = self._valid()
        if not valid and self._look_up and self._may_look():
            self.add(self._look_up())
            valid = self._valid()
        bare = [key for key in valid if key.valid_until is None]
        dated = sorted((key.valid_until, key.serial, key) for key in valid if key.valid_until is not None)
        return bare[0] if bare else dated[-1][2] if dated else None

    def _valid(self) -> list[PlatformKey]:
        return [key for key in self._by_serial.values() if key.is_valid(now())]

    def _may_look(self) -> bool:
        """Whether it is this caller's turn to ask; whoever knocks with made-up serials costs one question in a while."""
        with self._lock:
            due = time.monotonic() >= self._next_look
            if due:
                self._next_look = time.monotonic() + LOOK_APART_SECONDS
        return due

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Raise SignatureFault unless WeChat signed `raw_body` within the last five minutes (or the next)."""
        lower = {name.lower(): value for name, value in headers.items()}
        if not all(lower.get(name) for name in _REQUIRED):
            raise SignatureFault(NoticeFault.HEADER_MISSING)
        timestamp, nonce, signature, serial = (lower[name] for name in _REQUIRED)
        if not (_SECOND.fullmatch(timestamp) and timestamp.isascii()):
            raise SignatureFault(NoticeFault.TIMESTAMP_MALFORMED)
        if abs(now().timestamp() - int(timestamp)) >= SKEW.total_seconds():
            raise SignatureFault(NoticeFault.STALE)
        if lower.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise SignatureFault(NoticeFault.SIGNATURE_TYPE_UNKNOWN)
        key = self.find(serial)
        if key is None:
            raise SignatureFault(NoticeFault.SERIAL_UNKNOWN)
        signed = f"{timestamp}\n{nonce}\n".encode() + raw_body + b"\n"
        if not _is_signed(key.public_key, signed, signature):
            raise SignatureFault(NoticeFault.SIGNATURE_WRONG)


def decipher(apiv3_key: bytes, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """The content of a resource (AES-256-GCM, 16-byte tag at the end); raises ValueError if it was altered."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(apiv3_key).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, ValueError):
        raise ValueError("undecipherable") from None


def load_public_key(path: Path) -> RSAPublicKey:
    """WeChat Pay's public key (`pub_key.pem`), or WechatPayNotConfigured."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        raise WechatPayNotConfigured(setting="WECHAT_PAY_PUBLIC_KEY_FILE") from None
    if not isinstance(key, RSAPublicKey):
        raise WechatPayNotConfigured(setting="WECHAT_PAY_PUBLIC_KEY_FILE")
    return key


def _is_signed(key: RSAPublicKey, signed: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), signed, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
