"""The letters on a label: wrapping and shrinking text to its place, in a font embedded from an open one a package ships.

Noto Sans SC (SIL Open Font License) comes as one variable file of 17 MB. Of it only the letters a batch's labels need are
taken, in two static weights, and kept under VAR_DIR/fonts by those letters. The font of the system is never asked.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from fpdf import FPDF

from core.settings import settings

FAMILY = "NotoSansSC"
MM_PER_POINT = 25.4 / 72
LINE_HEIGHT = 1.22
_WEIGHTS = {"": 500, "B": 700}
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "…·×"
# A line doesn't start with these; a word or number of Latin letters isn't broken while it fits a line.
_NEVER_FIRST = set("，。、；：！？）】》”’·…,.;:!?)%")
_PIECE = re.compile(r"[A-Za-z0-9]+(?:[./%-][A-Za-z0-9]+)*%?|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines of text at a size (points) at which they fit."""

    lines: list[str]
    points: float

    @property
    def line_mm(self) -> float:
        return self.points * MM_PER_POINT * LINE_HEIGHT

    @property
    def height_mm(self) -> float:
        return len(self.lines) * self.line_mm


def embed_fonts(pdf: FPDF, text: str) -> None:
    """Give `pdf` the regular and bold letters for `text` (and all of ASCII)."""
    letters = "".join(sorted(set(text) | set(_ALWAYS)))
    for style, weight in _WEIGHTS.items():
        pdf.add_font(FAMILY, style, _static_font(letters, weight))


def fit(pdf: FPDF, text: str, width_mm: float, choices: Sequence[tuple[float, int]], style: str = "") -> Fitted:
    """`text` in the first of `choices` (points, most lines) it fits into; in the last one it is cut with an ellipsis."""
    fitted, most_lines = Fitted([], choices[0][0]), 0
    for points, most_lines in choices:
        pdf.set_font(FAMILY, style, points)
        fitted = Fitted(wrap(pdf, text, width_mm), points)
        if len(fitted.lines) <= most_lines:
            return fitted
    kept = fitted.lines[:most_lines]
    return Fitted([*kept[:-1], _shortened(pdf, kept[-1] + "…", width_mm)], fitted.points)


def wrap(pdf: FPDF, text: str, width_mm: float) -> list[str]:
    """The lines of `text` in the current font, none wider than `width_mm`."""

    def fits(line: str) -> bool:
        return float(pdf.get_string_width(line)) <= width_mm

    lines = [""]
    for piece in _pieces(text, fits):
        last = lines[-1]
        if fits(last + piece):
            lines[-1] += piece
        elif piece in _NEVER_FIRST and len(last) > 1 and fits(last[-1] + piece):
            lines[-1:] = [last[:-1], last[-1] + piece]
        else:
            lines.append(piece.lstrip())
    return [line for line in (line.strip() for line in lines) if line]


def _pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECE.findall(" ".join(text.split())):
        pieces.extend([piece] if fits(piece) else piece)
    return pieces


def _shortened(pdf: FPDF, line: str, width_mm: float) -> str:
    while len(line) > 1 and pdf.get_string_width(line) > width_mm:
        line = line[:-2] + "…"
    return line


def _static_font(letters: str, weight: int) -> Path:
    """The file of a static weight with just `letters`, made at the first need."""
    digest = hashlib.sha256(letters.encode()).hexdigest()[:16]
    path = settings().var_dir / "fonts" / f"{FAMILY}-{weight}-{digest}.ttf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may make it at once: each writes a file of its own and puts it in place whole.
        handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        os.close(handle)
        _cut(letters, weight, Path(unfinished))
        Path(unfinished).replace(path)
    return path


def _cut(letters: str, weight: int, to: Path) -> None:
    with TTFont(_variable_font(), lazy=True) as font:
        cutter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
        cutter.populate(text=letters)
        cutter.subset(font)
        instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True, updateFontNames=True).save(to)


@lru_cache(maxsize=1)
def _variable_font() -> Path:
    folder = Path(str(files("justmytype_intl_cjk"))) / "fonts" / "ofl" / "notosanssc"
    return folder / "NotoSansSC[wght].ttf"
