"""Merchants besides the house's own: makers who take their part of a combined payment under a number of their own."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

FILE = "merchants.json"
# Each of them may be a sub-order of a combined payment; the last has no permission, and is there to be refused.
NAMES = ("坂里演示酒坊", "坂里演示糕坊", "坂里演示面坊", "坂里演示丸坊")


@dataclass(frozen=True)
class Merchant:
    """One merchant as WeChat knows it: its certificate's serial and key, and its APIv3 key."""

    mchid: str
    name: str
    serial: str
    apiv3_key: str
    public: rsa.RSAPublicKey
    may_combine: bool = True


def read_certificate(file: Path) -> tuple[str, rsa.RSAPublicKey]:
    """The serial (40 hexadecimal digits) and the public key of a certificate."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    return f"{certificate.serial_number:040X}", public


def load_merchants(keys: Path) -> list[Merchant]:
    """Those of merchants.json; none in a directory from before there were any."""
    file = keys / FILE
    if not file.exists():
        return []
    return [
        Merchant(
            mchid=each["mchid"],
            name=each["name"],
            serial=each["serial"],
            apiv3_key=each["apiv3_key"],
            public=read_certificate(keys / f"{each['mchid']}_cert.pem")[1],
            may_combine=each["may_combine"],
        )
        for each in json.loads(file.read_text(encoding="utf-8"))
    ]


def describe(mchid: str, name: str, serial: str, key_file: Path, *, may_combine: bool) -> dict[str, object]:
    """What merchants.json says of one: all that its owner would be given by WeChat."""
    return {
        "mchid": mchid,
        "name": name,
        "serial": serial,
        "private_key_file": str(key_file),
        "apiv3_key": secrets.token_hex(16),
        "may_combine": may_combine,
    }
