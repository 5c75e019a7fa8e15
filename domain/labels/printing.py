"""Printing labels: a PDF sheet of A4, or one 60 × 40 mm label a page for a thermal printer."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF

from core.clock import now
from core.db import db
from core.errors import InvalidInput
from core.gs1 import TraceCode
from core.settings import settings
from domain.batches.models import Batch
from domain.labels.layout import LabelText, compose, draw_label
from domain.labels.lettering import embed_fonts
from domain.labels.models import PackageCode
from domain.products.models import Product, Variant
from domain.workshops.models import Workshop

# A4 stock of 3 × 7 labels of 63.5 × 38.1 mm, sold in every stationer's.
A4_COLUMNS, A4_ROWS = 3, 7
_A4_WIDTH_MM, _A4_HEIGHT_MM = 63.5, 38.1
_A4_LEFT_MM, _A4_TOP_MM, _A4_STEP_MM = 7.25, 15.15, 66.0
_THERMAL_MM = (60.0, 40.0)
_TICK_MM = 2.0


def a4_sheet(batch: Batch, codes: Sequence[PackageCode]) -> bytes:
    """A PDF of A4 pages with 21 labels each, in the codes' order, row by row."""
    batch_labels = _BatchLabels(batch, codes, (210.0, 297.0), (_A4_WIDTH_MM, _A4_HEIGHT_MM))
    for place, code in enumerate(codes):
        on_page = place % (A4_COLUMNS * A4_ROWS)
        if on_page == 0:
            batch_labels.pdf.add_page()
            _draw_cutting_marks(batch_labels.pdf)
        row, column = divmod(on_page, A4_COLUMNS)
        batch_labels.draw(code, _A4_LEFT_MM + column * _A4_STEP_MM, _A4_TOP_MM + row * _A4_HEIGHT_MM)
    return bytes(batch_labels.pdf.output())


def thermal_labels(batch: Batch, codes: Sequence[PackageCode]) -> bytes:
    """A PDF with one label of 60 × 40 mm a page, in the codes' order."""
    batch_labels = _BatchLabels(batch, codes, _THERMAL_MM, _THERMAL_MM)
    for code in codes:
        batch_labels.pdf.add_page()
        batch_labels.draw(code, 0, 0)
    return bytes(batch_labels.pdf.output())


def code_address(gtin: str, lot: str, serial: str) -> str:
    """The full address a label carries (GS1 Digital Link)."""
    return settings().public_base_url + TraceCode(gtin, lot, serial).path


class _BatchLabels:
    """A document for the labels of a batch, all of one size: the words are set once."""

    def __init__(
        self,
        batch: Batch,
        codes: Sequence[PackageCode],
        page_mm: tuple[float, float],
        label_mm: tuple[float, float],
    ) -> None:
        if not codes:
            raise InvalidInput({"codes": "没有可以打印的追溯码"})
        text, self._gtin = _batch_text(batch)
        self._lot = batch.lot
        self.pdf = _new_document(text, batch, page_mm)
        self._label = compose(self.pdf, text, *label_mm, code_address(self._gtin, batch.lot, codes[0].serial))

    def draw(self, code: PackageCode, x: float, y: float) -> None:
        """Draw the label of `code` with its corner at (`x`, `y`) mm of the page."""
        address = code_address(self._gtin, self._lot, code.serial)
        draw_label(self.pdf, self._label, (x, y), address=address, serial=code.serial)


def _batch_text(batch: Batch) -> tuple[LabelText, str]:
    """The words on the batch's labels and its GTIN."""
    variant = db.session.get_one(Variant, batch.variant_id)
    product = db.session.get_one(Product, batch.product_id)
    workshop = db.session.get_one(Workshop, batch.workshop_id)
    certificate = workshop.certificate
    licence = "许可证号" if workshop.is_enterprise else "核准证号"
    facts = [
        f"贮存条件：{product.storage}" if product.storage else "",
        f"生产者：{workshop.name}　{workshop.address}",
    ]
    text = LabelText(
        brand=product.brand_name,
        mark="" if workshop.is_enterprise else "小作坊食品",
        name=product.name,
        content=_content(product, variant),
        days=(("批号", batch.lot), ("生产日期", f"{batch.made_on}"), ("保质期至", f"{batch.best_before_on}")),
        licence=f"{licence}：{certificate.number}" if certificate else "",
        facts=tuple(fact for fact in facts if fact),
        warning="　".join(product.warnings),
        invitation="扫码看这一批怎么做的",
    )
    return text, variant.gtin


def _content(product: Product, variant: Variant) -> str:
    """The net content: the variant's name says it; of a product in one size perhaps the product does."""
    if product.net_content and product.net_content not in variant.name and len(product.variants) == 1:
        return f"规格：{variant.name}　净含量：{product.net_content}"
    return f"净含量／规格：{variant.name}"


def _new_document(text: LabelText, batch: Batch, page_mm: tuple[float, float]) -> FPDF:
    pdf = FPDF(unit="mm", format=page_mm)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_creation_date(now())
    pdf.set_lang("zh-CN")
    pdf.set_title(f"{text.name} {batch.lot}")
    embed_fonts(pdf, text.letters)
    return pdf


def _draw_cutting_marks(pdf: FPDF) -> None:
    """Short ticks in the page's margin, in line with the labels' edges, for plain paper."""
    pdf.set_draw_color(150)
    pdf.set_line_width(0.1)
    bottom = _A4_TOP_MM + A4_ROWS * _A4_HEIGHT_MM
    for column in range(A4_COLUMNS):
        for x in (_A4_LEFT_MM + column * _A4_STEP_MM, _A4_LEFT_MM + column * _A4_STEP_MM + _A4_WIDTH_MM):
            pdf.line(x, _A4_TOP_MM - 1 - _TICK_MM, x, _A4_TOP_MM - 1)
            pdf.line(x, bottom + 1, x, bottom + 1 + _TICK_MM)
    right = _A4_LEFT_MM + (A4_COLUMNS - 1) * _A4_STEP_MM + _A4_WIDTH_MM
    for row in range(A4_ROWS + 1):
        y = _A4_TOP_MM + row * _A4_HEIGHT_MM
        pdf.line(_A4_LEFT_MM - 1 - _TICK_MM, y, _A4_LEFT_MM - 1, y)
        pdf.line(right + 1, y, right + 1 + _TICK_MM, y)
    pdf.set_draw_color(0)
