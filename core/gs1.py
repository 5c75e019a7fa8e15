"""GS1 keys and addresses: GTIN check digits, and the Digital Link path `/01/<GTIN-14>/10/<lot>[/21/<serial>]`.

Source: GS1 General Specifications section 7.9 (check digit), GS1 Digital Link URI Syntax section 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import DomainError

# We print only these in lots and serials, so that no escaping is ever needed (the standard allows charset 82).
_PRINTABLE = re.compile(r"[A-Za-z0-9.]{1,20}")
_CHARSET_82 = re.compile(r"[!-\"%-?A-Z_a-z]{1,20}")
_GTIN_14 = re.compile(r"\d{14}")
# 952 is GS1's prefix for demonstrations; 02 and 20–29 are restricted circulation.
DEMO_PREFIX = "0952"


class TraceCodeMalformed(DomainError):
    """The address is no GS1 Digital Link of ours: wrong length, check digit, order or characters."""

    status = 400
    message = "这个追溯码的格式不对"


@dataclass(frozen=True, slots=True)
class TraceCode:
    """A parsed code: a product, perhaps a lot (AI 10), perhaps a serial (AI 21)."""

    gtin: str
    lot: str | None = None
    serial: str | None = None

    @property
    def path(self) -> str:
        lot = f"/10/{self.lot}" if self.lot else ""
        serial = f"/21/{self.serial}" if self.serial else ""
        return f"/01/{self.gtin}{lot}{serial}"


def check_digit(body: str) -> str:
    """The mod-10 digit for the digits before it (13 of a GTIN-14): weights 3, 1, 3, … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def is_valid_gtin(gtin: str) -> bool:
    """Whether `gtin` is 14 digits with a right check digit."""
    return bool(_GTIN_14.fullmatch(gtin)) and gtin.isascii() and check_digit(gtin[:-1]) == gtin[-1]


def is_printable(value: str) -> bool:
    """Whether we would print `value` as a lot or serial: 1–20 of `[A-Za-z0-9.]`."""
    return bool(_PRINTABLE.fullmatch(value))


def parse_trace_code(gtin: str, lot: str | None = None, serial: str | None = None) -> TraceCode:
    """The code, or TraceCodeMalformed. Lot and serial follow AI 10 and 21 (1–20 of charset 82)."""
    if not is_valid_gtin(gtin):
        raise TraceCodeMalformed(part="gtin")
    for part, value in (("lot", lot), ("serial", serial)):
        if value is not None and not _CHARSET_82.fullmatch(value):
            raise TraceCodeMalformed(part=part)
    return TraceCode(gtin, lot, serial)


_PATH = re.compile(r"(?:https?://[^/\s]+)?/01/([^/?#\s]+)(?:/10/([^/?#\s]+))?(?:/21/([^/?#\s]+))?/?(?:[?#].*)?")


def parse_trace_address(text: str) -> TraceCode:
    """The code in a scanned or typed address (a whole URL, or its path from `/01/` on), or TraceCodeMalformed."""
    match = _PATH.fullmatch(text.strip())
    if not match:
        raise TraceCodeMalformed(part="address")
    return parse_trace_code(*match.groups())
