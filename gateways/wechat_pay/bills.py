"""The trade bill: WeChat's own list of a day's payments and refunds, as CSV with a back-tick before each value.

Source: WeChat Pay APIv3, "申请交易账单" and "下载账单". Read line by line: a busy day's bill is large.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import IO

from gateways.wechat_pay.contract import BillRow
from gateways.wechat_pay.errors import BillUnreadable

_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_NEEDED = (
    "交易时间", "微信订单号", "商户订单号", "交易状态", "微信退款单号", "商户退款单号", "退款状态", "手续费", "费率", "订单金额",
    "申请退款金额",
)  # fmt: skip
_COUNT, _FEE, _PAID, _REFUNDED = "总交易单数", "手续费总金额", "订单总金额", "申请退款总金额"


def plain_bill(file: IO[bytes], sha1: str) -> IO[bytes]:
    """The CSV of a downloaded file, gzipped or not. Its SHA-1 is of the one or of the other; else BillUnreadable."""
    packed = _digest(file)
    beginning = file.read(2)
    file.seek(0)
    plain: IO[bytes] = file if beginning != _GZIP else gzip.GzipFile(fileobj=file, mode="rb")  # type: ignore[assignment]
    try:
        digests = {packed, _digest(plain)}
    except (OSError, EOFError):
        raise BillUnreadable(reason="gzip") from None
    if sha1.lower() not in digests:
        raise BillUnreadable(reason="sha1")
    return plain


def read_trade_bill(file: IO[bytes]) -> Iterator[BillRow]:
    """The rows, in the order of the bill. BillUnreadable for another shape, or when its own sums don't add up."""
    lines = (_values(line) for line in io.TextIOWrapper(file, encoding="utf-8-sig"))
    try:
        names = next(lines, [])
        if not set(_NEEDED) <= set(names):
            raise BillUnreadable(reason="columns")
        sums = {_COUNT: 0, _FEE: 0, _PAID: 0, _REFUNDED: 0}
        for number, values in enumerate(lines, start=1):
            if values[0] == _COUNT:
                _check_sums(dict(zip(values, next(lines, []), strict=True)), sums)
                return
            row = _row(number, dict(zip(names, values, strict=True)))
            sums[_COUNT] += 1
            sums[_FEE] += row.fee_fen
            sums[_REFUNDED if row.is_refund else _PAID] += row.amount_fen
            yield row
    except (ValueError, OSError, EOFError) as error:
        raise BillUnreadable(reason=str(error)) from None
    raise BillUnreadable(reason="no summary")


def fen(yuan: str) -> int:
    """Yuan as text in fen; ValueError for what isn't a whole number of fen."""
    try:
        value = Decimal(yuan) * 100
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError("not a whole number of fen")
    return int(value)


def _row(number: int, value: dict[str, str]) -> BillRow:
    is_refund = value["微信退款单号"] not in ("", "0")
    return BillRow(
        line=number,
        traded_at=value["交易时间"],
        is_refund=is_refund,
        transaction_id=value["微信订单号"],
        out_trade_no=value["商户订单号"],
        refund_id=value["微信退款单号"] if is_refund else "",
        out_refund_no=value["商户退款单号"] if is_refund else "",
        state=value["退款状态"] if is_refund else value["交易状态"],
        amount_fen=fen(value["申请退款金额"] if is_refund else value["订单金额"]),
        fee_fen=fen(value["手续费"]),
        rate=value["费率"],
    )


def _check_sums(told: dict[str, str], sums: dict[str, int]) -> None:
    for name, found in sums.items():
        said = told.get(name, "")
        if (int(said) if name == _COUNT else fen(said)) != found:
            raise BillUnreadable(reason=f"summary {name}")


def _values(line: str) -> list[str]:
    """A name of goods may hold a comma, but no comma and back-tick."""
    line = line.rstrip("\r\n")
    if not line.startswith("`"):
        return line.split(",")
    return [value.strip() for value in line[1:].split(",`")]


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
