"""What people type: an address, the serial, a lot, a GTIN, with spaces and look-alike letters."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput
from core.gs1 import TraceCode
from domain.labels.recognizing import recognize
from tests.factories.batches import make_batch, make_code
from tests.factories.products import make_variant

Database = scoped_session[Session]


def test_every_way_of_writing_a_code_leads_to_it(session: Database) -> None:
    variant = make_variant()
    batch = make_batch(variant, lot="LOT7")
    code = make_code(batch)
    code.serial = "A1B0C2D3E4F5"
    session.flush()
    whole = TraceCode(variant.gtin, batch.lot, code.serial)
    for text in (
        whole.path,
        f"https://banli.example.cn{whole.path}?utm=1",
        f"  {whole.path}/ ",
        code.serial,
        "A1B0 C2D3 E4F5",
        "a1b0-c2d3-e4f5",
        "AIBO C2D3 E4F5",
        f"(01){variant.gtin}(10){batch.lot}(21){code.serial}",
    ):
        assert recognize(text) == whole, text
    assert recognize("LOT7") == TraceCode(variant.gtin, "LOT7")
    assert recognize(variant.gtin) == TraceCode(variant.gtin)
    assert recognize(variant.gtin[1:]) == TraceCode(variant.gtin)  # as EAN-13


def test_a_lot_of_several_products_asks_for_the_serial(session: Database) -> None:
    make_batch(make_variant(), lot="SAME")
    make_batch(make_variant(), lot="SAME")
    with pytest.raises(InvalidInput) as refused:
        recognize("SAME")
    assert "12 位" in refused.value.fields["code"]


@pytest.mark.parametrize(
    "text",
    ["hello", "/01/123", "/01/09521000101013/10/A", "09521000101013", "A1B2C3D4E5F6", "批号", "１２３", "(01)123(10)A",
     "javascript:alert(1)", "' OR 1=1 --", "/01/../../etc/passwd", "\0", "-", "x" * 300],
)  # fmt: skip
def test_what_is_no_code_names_the_field(session: Database, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        recognize(text)
    assert list(refused.value.fields) == ["code"]
