"""A statement on paper: A4 in Chinese, the figures on top, every row behind them below."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF

from core.clock import local, now
from core.money import yuan
from domain.labels.lettering import FAMILY, embed_fonts
from domain.settlement.models import Statement
from domain.settlement.statement_rows import StatementRow
from domain.workshops.models import Workshop

_LEFT_MM, _TOP_MM, _BOTTOM_MM, _ROW_MM = 14.0, 16.0, 280.0, 6.2
# Heading, width in mm, whether it is a figure.
_COLUMNS = (
    ("子单", 32.0, False), ("商品", 48.0, False), ("数量", 9.0, True), ("货款", 17.0, True), ("优惠", 15.0, True),
    ("佣金", 15.0, True), ("运费", 14.0, True), ("退款", 15.0, True), ("应付", 17.0, True),
)  # fmt: skip
_TITLE, _ISSUER = "结算对账单", "坂里集群运营"


def statement_pdf(statement: Statement, workshop: Workshop, rows: Sequence[StatementRow]) -> bytes:
    """The statement as a PDF. The figures are the sums of `rows`, but for what was carried from an earlier one."""
    sheet = _Sheet(statement, workshop, rows)
    sheet.draw_head()
    sheet.draw_figures()
    sheet.draw_rows()
    return bytes(sheet.pdf.output())


class _Sheet:
    """A document being written from top to bottom."""

    def __init__(self, statement: Statement, workshop: Workshop, rows: Sequence[StatementRow]) -> None:
        self.statement, self.workshop = statement, workshop
        self.rows = [_cells(row) for row in rows]
        self.pdf = FPDF(unit="mm", format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_creation_date(now())
        self.pdf.set_lang("zh-CN")
        self.pdf.set_title(f"{_TITLE} {statement.number}")
        self.about = (
            f"编号 {statement.number}    期间 {statement.from_on} 至 {statement.until_on}    "
            f"制表 {_ISSUER} {local(statement.drafted_at):%Y-%m-%d}"
        )
        words = [_TITLE, self.about, workshop.name, "¥"]
        words += [word for word, _ in _figures(statement)] + [column[0] for column in _COLUMNS]
        embed_fonts(self.pdf, "".join(words) + "".join("".join(row) for row in self.rows))
        self.y = _TOP_MM

    def draw_head(self) -> None:
        """Whose it is, for when, and what is due."""
        self.pdf.add_page()
        self._text(_TITLE, 16, bold=True, step=9)
        self._text(self.workshop.name, 11, bold=True, step=6)
        self._text(self.about, 9, step=8)

    def draw_figures(self) -> None:
        """The columns of the statement, one beside the other, the last in bold."""
        figures = _figures(self.statement)
        width = 182.0 / len(figures)
        for place, (word, fen) in enumerate(figures):
            is_last = place == len(figures) - 1
            self.pdf.set_xy(_LEFT_MM + place * width, self.y)
            self.pdf.set_font(FAMILY, "", 8)
            self.pdf.cell(width, 5, word, border="LTR", align="C")
            self.pdf.set_xy(_LEFT_MM + place * width, self.y + 5)
            self.pdf.set_font(FAMILY, "B" if is_last else "", 9)
            self.pdf.cell(width, 6, yuan(fen), border="LBR", align="C")
        self.y += 16

    def draw_rows(self) -> None:
        """Every row, under headings that are repeated on each page."""
        self._row([column[0] for column in _COLUMNS], bold=True)
        for row in self.rows:
            if self.y + _ROW_MM > _BOTTOM_MM:
                self.pdf.add_page()
                self.y = _TOP_MM
                self._row([column[0] for column in _COLUMNS], bold=True)
            self._row(row)

    def _row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        self.pdf.set_font(FAMILY, "B" if bold else "", 7.5)
        x = _LEFT_MM
        for (_, width, is_figure), cell in zip(_COLUMNS, cells, strict=True):
            self.pdf.set_xy(x, self.y)
            self.pdf.cell(width, _ROW_MM, self._fitted(cell, width - 2), border="B", align="R" if is_figure else "L")
            x += width
        self.y += _ROW_MM

    def _fitted(self, text: str, width: float) -> str:
        if self.pdf.get_string_width(text) <= width:
            return text
        while text and self.pdf.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def _text(self, text: str, points: float, *, bold: bool = False, step: float) -> None:
        self.pdf.set_font(FAMILY, "B" if bold else "", points)
        self.pdf.set_xy(_LEFT_MM, self.y)
        self.pdf.cell(0, step, text)
        self.y += step


def _figures(statement: Statement) -> list[tuple[str, int]]:
    return [
        ("货款", statement.goods_fen), ("优惠", -statement.discount_fen), ("佣金", -statement.commission_fen),
        ("运费", statement.freight_fen), ("退款", -statement.refund_fen), ("调整", statement.correction_fen),
        ("已分账", -statement.shared_fen), ("自己收款", -statement.received_fen), ("上期结转", statement.carried_fen),
        ("应付", statement.due_fen),
    ]  # fmt: skip


def _cells(row: StatementRow) -> list[str]:
    named = {"freight": "运费", "share": "微信分账已付", "received": "作坊商户号已收"}
    name = named.get(row.kind) or f"{row.product_name} {row.variant_name}".strip()
    figures = (
        row.amount_fen, -row.discount_fen, -row.commission_fen, row.freight_fen, -row.refund_fen, row.due_fen
    )  # fmt: skip
    counted = str(row.quantity) if row.quantity else ""
    return [row.workshop_order_number, name, counted, *(_plain(fen) for fen in figures)]


def _plain(fen: int) -> str:
    return yuan(fen).replace("¥", "") if fen else ""
