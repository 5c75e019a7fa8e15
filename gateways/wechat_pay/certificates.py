"""Platform certificates: WeChat's older way of telling its keys, kept while a merchant moves to the public key.

Source: WeChat Pay APIv3, "获取平台证书列表".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateways.wechat_pay import parsing
from gateways.wechat_pay.verifying import ALGORITHM, PlatformKey, decipher


def read_certificates(answer: Mapping[str, Any], apiv3_key: bytes) -> list[PlatformKey]:
    """The keys in an answer of `/v3/certificates`; only who knows the APIv3 key can have made them.

    Raises ValueError if one is malformed, altered, or under another serial than its own.
    """
    entries = answer.get("data")
    if not isinstance(entries, list):
        raise ValueError("data must be a list")
    return [_read_certificate(entry, apiv3_key) for entry in entries]


def _read_certificate(entry: object, apiv3_key: bytes) -> PlatformKey:
    if not isinstance(entry, dict):
        raise ValueError("a certificate must be an object")
    sealed = parsing.object_at(entry, "encrypt_certificate")
    if parsing.text(sealed, "algorithm") != ALGORITHM:
        raise ValueError("algorithm")
    pem = decipher(
        apiv3_key,
        nonce=parsing.text(sealed, "nonce"),
        associated_data=parsing.optional_text(sealed, "associated_data") or "",
        ciphertext=parsing.text(sealed, "ciphertext"),
    )
    certificate = x509.load_pem_x509_certificate(pem)
    key, serial = certificate.public_key(), parsing.text(entry, "serial_no")
    if not isinstance(key, RSAPublicKey) or certificate.serial_number != int(serial, 16):
        raise ValueError("serial_no must be the certificate's own")
    return PlatformKey(serial, key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
