"""Workshops that are merchants of their own at the pretend WeChat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.db import db
from domain.payments import merchants
from domain.workshops.models import Workshop
from gateways.wechat_pay.merchants import MerchantKeys
from tests.factories.workshops import make_workshop
from tests.fixtures.wechat import PretendWechat


@dataclass(frozen=True)
class Known:
    """A merchant the pretend WeChat knows."""

    keys: MerchantKeys
    name: str
    may_combine: bool


def known_merchants(wechat: PretendWechat) -> list[Known]:
    """Those of the key ceremony: the last one may not combine."""
    folder = Path(wechat.environment["WECHAT_PAY_PRIVATE_KEY_FILE"]).parent
    return [
        Known(
            MerchantKeys(each["mchid"], each["serial"], Path(each["private_key_file"]).read_text(), each["apiv3_key"]),
            each["name"],
            each["may_combine"],
        )
        for each in json.loads((folder / "merchants.json").read_text())
    ]


def make_merchant_workshop(wechat: PretendWechat, place: int) -> Workshop:
    """A workshop that is the pretend WeChat's merchant number `place`, with its credentials."""
    known = known_merchants(wechat)[place]
    merchants.set_credentials(known.keys, by="test")
    return make_workshop(wechat_mchid=known.keys.mchid, wechat_mch_name=known.name)


def make_unknown_merchant_workshop(place: int) -> Workshop:
    """A workshop whose credentials look right, and that WeChat has never heard of."""
    keys = MerchantKeys(f"1999{place:06d}", "A" * 40, any_key(), "k" * 32)
    merchants.set_credentials(keys, by="test")
    workshop = make_workshop(wechat_mchid=keys.mchid)
    db.session.flush()
    return workshop


@cache
def any_key() -> str:
    """A private key of nobody's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
