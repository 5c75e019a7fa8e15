"""The printed sheet, seen with other eyes: rendered by PDFium, read by ZXing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from fpdf import FPDF
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy.orm import Session, scoped_session
from time_machine import travel

from core.errors import InvalidInput
from core.settings import settings
from domain.batches.models import Batch
from domain.labels.layout import LabelText, compose
from domain.labels.lettering import embed_fonts, fit, wrap
from domain.labels.minting import codes_of, mint_codes
from domain.labels.models import PackageCode
from domain.labels.printing import a4_sheet, code_address, thermal_labels
from domain.products.models import Product
from domain.workshops.models import Workshop
from tests.factories.batches import make_batch
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

Database = scoped_session[Session]
POINTS_PER_MM = 72 / 25.4
LONG = "坂里古法柴火灶手工慢磨黑豆嫩豆腐配乡下晒足一百八十天头抽酱油与枋洋山茶油礼盒装"


@pytest.fixture(autouse=True)
def real_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "public_base_url", "https://banli.example.cn")


@pytest.fixture
def batch(session: Database) -> Batch:
    workshop = make_workshop(name="石格老酒坊", address="长泰区坂里乡加工区 A2 坊")
    product = make_product(
        workshop, name="三年陈红曲酒", brand="hong", storage="阴凉干燥处避光存放", warnings=["过量饮酒有害健康"]
    )
    return make_batch(make_variant(product, name="500 mL 单瓶"), quantity=200)


def pages(pdf: bytes, dots_per_mm: float = 8) -> Iterator[Image.Image]:
    """Each page as a printer of `dots_per_mm` (8 is 203 dpi) would print it."""
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=dots_per_mm / POINTS_PER_MM).to_pil()
    document.close()


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return found


def addresses(batch: Batch, codes: list[PackageCode]) -> list[str]:
    from core.db import db
    from domain.products.models import Variant

    gtin = db.session.get_one(Variant, batch.variant_id).gtin
    return [code_address(gtin, batch.lot, code.serial) for code in codes]


def read_in_order(image: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    row = image.height / 297 * 38.1
    placed = sorted(found, key=lambda code: (round(code.position.top_left.y / row), code.position.top_left.x))
    return [code.text for code in placed]


def test_every_label_of_a_sheet_is_read_as_its_own_address(batch: Batch) -> None:
    codes = mint_codes(batch, 43)
    printed = list(pages(a4_sheet(batch, codes)))
    assert len(printed) == 3
    read = [text for image in printed for text in read_in_order(image)]
    assert read == addresses(batch, codes)
    assert read[0].startswith("https://banli.example.cn/01/")


def test_every_thermal_label_is_read_from_the_dots_of_a_cheap_printer(batch: Batch) -> None:
    codes = mint_codes(batch, 5)
    printed = [image.convert("1", dither=Image.Dither.NONE) for image in pages(thermal_labels(batch, codes))]
    assert len(printed) == 5
    assert all(abs(image.width - 480) <= 1 and abs(image.height - 320) <= 1 for image in printed)
    assert [read_in_order(image.convert("L")) for image in printed] == [[text] for text in addresses(batch, codes)]


def test_the_code_is_corrected_by_level_m_and_always_masked_alike(batch: Batch) -> None:
    (image,) = pages(thermal_labels(batch, mint_codes(batch, 1)), 20)
    (code,) = zxingcpp.read_barcodes(image)
    assert code.ec_level == "M"
    assert code.extra["DataMask"] == 2


def test_a_label_says_what_the_law_asks(batch: Batch) -> None:
    codes = mint_codes(batch, 2)
    for pdf in (a4_sheet(batch, codes), thermal_labels(batch, codes)):
        text = " ".join("".join(texts(pdf)).split())
        for words in (
            "三年陈红曲酒", "坂里红", "小作坊食品", "500 mL 单瓶", batch.lot, f"{batch.made_on}", f"{batch.best_before_on}",
            "石格老酒坊", "加工区 A2 坊", "核准证号", "示例", "阴凉干燥处避光存放", "过量饮酒有害健康",
        ):  # fmt: skip
            assert words in text, words
        for code in codes:
            grouped = " ".join(re.findall("....", code.serial))
            assert grouped in text


def test_an_enterprise_is_no_small_workshop(session: Database, batch: Batch) -> None:
    session.get_one(Workshop, batch.workshop_id).is_enterprise = True
    text = "".join(texts(thermal_labels(batch, mint_codes(batch, 1))))
    assert "小作坊食品" not in text
    assert "许可证号" in text


def test_fonts_are_embedded_subsets_of_the_packages_own(batch: Batch) -> None:
    pdf = a4_sheet(batch, mint_codes(batch, 21))
    names = set(re.findall(rb"/BaseFont /(\S+)", pdf))
    assert len(names) == 2
    assert all(re.fullmatch(rb"[A-Z]{6}\+NotoSansSC\S*", name) for name in names), names
    assert pdf.count(b"/FontFile2") == 2
    assert len(pdf) < 150_000
    assert sorted(path.suffix for path in (settings().var_dir / "fonts").iterdir())[0] == ".ttf"


def test_the_same_sheet_is_drawn_the_same(batch: Batch) -> None:
    codes = mint_codes(batch, 3)
    with travel("2026-11-22T08:00:00+00:00", tick=False):
        assert a4_sheet(batch, codes) == a4_sheet(batch, codes_of(batch))


def test_a_sheet_without_codes_is_refused(batch: Batch) -> None:
    for print_labels in (a4_sheet, thermal_labels):
        with pytest.raises(InvalidInput) as refused:
            print_labels(batch, [])
        assert "codes" in refused.value.fields


def test_long_names_stay_on_their_label(session: Database, batch: Batch) -> None:
    product = session.get_one(Product, batch.product_id)
    workshop = session.get_one(Workshop, batch.workshop_id)
    product.name, product.storage, product.warnings = LONG * 2, LONG * 3, [LONG, LONG]
    workshop.name, workshop.address = LONG, LONG
    codes = mint_codes(batch, 1)
    (image,) = pages(thermal_labels(batch, codes))
    assert read_in_order(image) == addresses(batch, codes)
    frame = 6  # three quarters of a millimetre along the edge stay white
    for edge in (
        (0, 0, 480, frame), (0, 0, frame, 320), (480 - frame, 0, 480, 320), (0, 320 - frame, 480, 320)
    ):  # fmt: skip
        assert image.convert("L").crop(edge).getextrema()[0] > 250, edge


@pytest.fixture(scope="module")
def paper(app: object) -> Iterator[FPDF]:
    """A document with letters for any text of the property tests."""
    pdf = FPDF(unit="mm")
    pdf.add_page()
    embed_fonts(pdf, "".join(map(chr, range(0x4E00, 0x4E40))) + "，。（）：／　")
    yield pdf
    pdf.output()


WORDS = st.text(st.sampled_from("".join(map(chr, range(0x4E00, 0x4E40))) + "，。（）：／ abcWi019.%-"), max_size=120)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WORDS, width=st.floats(6, 80))
def test_wrapping_loses_nothing_and_no_line_is_too_wide(paper: FPDF, text: str, width: float) -> None:
    paper.set_font("NotoSansSC", "", 9)
    lines = wrap(paper, text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(paper.get_string_width(line) <= width + 1e-6 for line in lines)
    choice = fit(paper, text, width, ((9, 2), (6, 1)))
    assert len(choice.lines) <= (2 if choice.points == 9 else 1)
    assert all(paper.get_string_width(line) <= width + 1e-6 for line in choice.lines)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=WORDS, content=WORDS, licence=WORDS, lot=st.text("W0123456789", max_size=20), warning=WORDS,
    facts=st.lists(WORDS.filter(str.strip), max_size=2), size=st.sampled_from([(60.0, 40.0), (63.5, 38.1)]),
)  # fmt: skip
def test_whatever_the_words_they_stay_on_the_label_and_off_the_code(
    paper: FPDF,
    name: str,
    content: str,
    licence: str,
    lot: str,
    warning: str,
    facts: list[str],
    size: tuple[float, float],
) -> None:
    text = LabelText(
        "坂", "坂", name, content, (("批", lot), ("日", "2026-11-22")), licence, tuple(facts), warning, "扫"
    )
    label = compose(paper, text, *size, "https://banli.example.cn/01/09521000101012/10/" + "A" * 20 + "/21/" + "B" * 12)
    for line in label.placed:
        paper.set_font("NotoSansSC", line.style, line.points)
        right = line.x + paper.get_string_width(line.text)
        assert line.x >= 1.9
        assert right <= size[0] - 0.9
        assert 2 <= line.y <= size[1] - 0.5
        beside_code = line.y < label.code_side - 2
        assert not beside_code or right <= label.code_x + 1e-6


def test_a_font_is_made_once_and_left_whole(batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    codes = mint_codes(batch, 1)
    thermal_labels(batch, codes)
    made = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "fonts").iterdir()}
    assert len(made) == 2
    thermal_labels(batch, codes)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "fonts").iterdir()} == made
    assert pypdfium2.PdfDocument(io.BytesIO(thermal_labels(batch, codes)))[0].get_size() == pytest.approx(
        (60 * POINTS_PER_MM, 40 * POINTS_PER_MM), abs=0.1
    )
