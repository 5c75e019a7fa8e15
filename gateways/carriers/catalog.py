"""The parcel carriers a workshop can ship with, and whether a tracking number looks like one of theirs. No network.

`code` is what WeChat's shipping report calls the carrier (`delivery_id` of its `get_delivery_list`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidInput, Phrase

_SEPARATORS = re.compile(r"[\s\u3000]+")


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier; `shape` matches a whole tracking number in capitals without blanks.

    Carriers publish no grammar and open new series every year, so a shape only refuses what can't be one of theirs.
    """

    code: str
    name: str
    shape: re.Pattern[str]
    example: str
    site: str
    """Where anybody may ask for a number."""


def _carrier(code: str, name: str, shape: str, example: str, site: str) -> Carrier:
    return Carrier(code, name, re.compile(shape, re.ASCII), example, f"https://{site}/")


_JD_SHAPE = r"(?:J[A-Z0-9]{12,17}|V[A-Z0-9]\d{8,14}|\d{10,15})(?:-\d+-\d+-?)?"
CARRIERS: tuple[Carrier, ...] = (
    _carrier("SF", "顺丰速运", r"(?:SF)?\d{12,15}", "SF1234567890123", "www.sf-express.com"),
    _carrier("ZTO", "中通快递", r"\d{12,15}", "78123456789012", "www.zto.com"),
    _carrier("YTO", "圆通速递", r"(?:YT\d{13}|[0-9A-Z]{2}\d{8,16})", "YT1234567890123", "www.yto.net.cn"),
    _carrier("STO", "申通快递", r"(?:STO\d{10}|\d{12,15})", "771234567890123", "www.sto.cn"),
    _carrier("YD", "韵达速递", r"\d{13,15}", "431234567890123", "www.yundaex.com"),
    _carrier("JTSD", "极兔速递", r"(?:JT\d{13}|\d{12,15})", "JT1234567890123", "www.jtexpress.cn"),
    _carrier("JD", "京东物流", _JD_SHAPE, "JD0123456789012", "www.jdl.com"),
    _carrier("EMS", "邮政 EMS", r"(?:[A-Z]{2}\d{9}[A-Z]{2}|1\d{12})", "1234567890123", "www.ems.com.cn"),
    _carrier("YZPY", "邮政快递包裹", r"(?:[A-Z]{2}\d{9}[A-Z]{2}|\d{13})", "9812345678901", "www.ems.com.cn"),
    _carrier("DBL", "德邦快递", r"(?:DPK\d{9,13}|\d{8,13})", "DPK123456789012", "www.deppon.com"),
)
_BY_CODE = {carrier.code: carrier for carrier in CARRIERS}


def check_shipment(carrier_code: str, tracking_number: str) -> tuple[Carrier, str]:
    """The carrier and the number as it is to be kept (capitals, no blanks).

    InvalidInput names `carrier_code` or `tracking_number`.
    """
    carrier = _BY_CODE.get(carrier_code)
    if carrier is None:
        raise InvalidInput({"carrier_code": "请选择快递公司"})
    number = _SEPARATORS.sub("", tracking_number).upper()
    if not carrier.shape.fullmatch(number):
        fault = Phrase(
            "这不像%(carrier)s的单号，例如 %(example)s", carrier=Phrase(carrier.name), example=carrier.example
        )
        raise InvalidInput({"tracking_number": fault})
    return carrier, number


def find_carrier(code: str) -> Carrier | None:
    return _BY_CODE.get(code)
