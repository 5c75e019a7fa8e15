"""What a person typed or scanned into the search field: an address, the serial under the code, a lot, or a bare GTIN."""

from __future__ import annotations

import re

from sqlalchemy import select

from core.db import db
from core.errors import InvalidInput
from core.gs1 import TraceCode, TraceCodeMalformed, is_valid_gtin, parse_trace_address
from domain.batches.models import Batch
from domain.labels.minting import SERIAL_LENGTH
from domain.labels.models import PackageCode
from domain.products.models import Variant

# The alphabet of serials has none of these letters; read from a label, they are the digits they look like.
_LOOKALIKES = str.maketrans("OILU", "011V")
_SEPARATORS = re.compile(r"[\s\-·]+")
_VISIBLE = re.compile(r"[!-~]+")
_ELEMENTS = re.compile(r"\(01\)(\d{14})(?:\(10\)([^()]{1,20}))?(?:\(21\)([^()]{1,20}))?")


def recognize(text: str) -> TraceCode:
    """The code that was meant. InvalidInput names `code` and says what could not be made of it."""
    text = text.strip()
    if "/01/" in text:
        return _of_address(text)
    compact = _SEPARATORS.sub("", text).upper()
    if not _VISIBLE.fullmatch(compact):
        raise InvalidInput({"code": "只能是字母和数字，请照着标签再看一遍"})
    elements = _ELEMENTS.fullmatch(compact)
    if elements:
        return _of_address(TraceCode(*elements.groups()).path)
    if compact.isdigit() and is_valid_gtin(compact.zfill(14)):
        return TraceCode(compact.zfill(14))
    found = _of_serial(compact) or _of_lot(_SEPARATORS.sub("", text))
    if found is None:
        raise InvalidInput({"code": "没有查到这个码，请照着标签再看一遍，一个字母也不要漏"})
    return found


def _of_address(address: str) -> TraceCode:
    try:
        return parse_trace_address(address)
    except TraceCodeMalformed:
        raise InvalidInput({"code": "这个追溯码不完整，或者抄错了一位"}) from None


def _of_serial(text: str) -> TraceCode | None:
    serial = text.translate(_LOOKALIKES)
    if len(serial) != SERIAL_LENGTH:
        return None
    statement = (
        select(Variant.gtin, Batch.lot)
        .join(Batch, Batch.variant_id == Variant.id)
        .join(PackageCode, PackageCode.batch_id == Batch.id)
        .where(PackageCode.serial == serial)
    )
    row = db.session.execute(statement).first()
    return TraceCode(row.gtin, row.lot, serial) if row else None


def _of_lot(lot: str) -> TraceCode | None:
    """The batch of a lot, if there is just one: several products may be made on a day under the same lot."""
    statement = select(Variant.gtin, Batch.lot).join(Batch, Batch.variant_id == Variant.id).where(Batch.lot == lot)
    rows = db.session.execute(statement.limit(2)).all()
    if len(rows) > 1:
        raise InvalidInput({"code": "这个批号有几样商品在用，请输入码下面的 12 位字母和数字"})
    return TraceCode(rows[0].gtin, rows[0].lot) if rows else None
