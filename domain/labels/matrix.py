"""The square code on a label: QR (ISO/IEC 18004), error correction M, drawn as one vector path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import qrcode
from fpdf import FPDF
from fpdf.drawing import BoundingBox, Line
from fpdf.drawing_primitives import Point
from fpdf.enums import PathPaintRule

QUIET_MODULES = 4
# The dot of a 203 dpi label printer. A module of whole dots prints with even edges.
DOT_MM = 0.125
# One mask for all: the same address always looks the same, and is found in an eighth of the time.
_MASK = 2


def qr_modules(address: str) -> list[list[bool]]:
    """The dark modules of `address`, row by row, without the quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=_MASK, border=0)
    code.add_data(address, optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]


def module_mm(modules: list[list[bool]], most_mm: float) -> float:
    """The widest module, in whole printer dots, with which the code and its quiet zone fit into `most_mm`."""
    across = len(modules) + 2 * QUIET_MODULES
    return max(1, int(most_mm / across / DOT_MM + 1e-9)) * DOT_MM


def draw_qr(pdf: FPDF, modules: list[list[bool]], x: float, y: float, module: float) -> None:
    """Draw the code in black; its quiet zone starts at (`x`, `y`), all in mm."""
    quiet = QUIET_MODULES * module
    with pdf.new_path(x, y, PathPaintRule.FILL_NONZERO) as path:
        path.style.fill_color = "#000000"
        path.style.stroke_color = None
        path.add_path_element(_Runs(Point(x + quiet, y + quiet), module, modules), clone=False)


class _Runs(NamedTuple):
    """The dark modules as one element of a path, in the form fpdf2 asks for (`fpdf.drawing.Renderable`).

    One element for all rectangles: as elements of their own they would take forty times as long.
    """

    origin: Point
    module: float
    modules: list[list[bool]]

    @property
    def end_point(self) -> Point:
        return self.origin

    def bounding_box(self, start: Point) -> tuple[BoundingBox, Point]:
        side = len(self.modules) * self.module
        x, y = float(self.origin.x), float(self.origin.y)
        return BoundingBox(x, y, x + side, y + side), self.origin

    def render(
        self, resource_registry: object, style: object, last_item: object, initial_point: Point
    ) -> tuple[str, Line, Point]:
        x, y, side = float(self.origin.x), float(self.origin.y), self.module
        rectangles = (
            f"{x + column * side:.4f} {y + row * side:.4f} {length * side:.4f} {side:.4f} re"
            for row, column, length in _runs(self.modules)
        )
        return " ".join(rectangles), Line(self.origin), initial_point


def _runs(modules: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    """Row, first column and length of each horizontal run of dark modules."""
    for row, cells in enumerate(modules):
        start: int | None = None
        for column, is_dark in enumerate([*cells, False]):
            if is_dark and start is None:
                start = column
            elif not is_dark and start is not None:
                yield row, start, column - start
                start = None
