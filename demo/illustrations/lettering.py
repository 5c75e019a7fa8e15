"""Chinese characters as outlines of an open font (Noto Sans SC, SIL OFL) that a package ships; never a system font."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import justmytype_intl_cjk
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

FONT = Path(justmytype_intl_cjk.__file__).parent / "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
_one_reader = Lock()


def column(text: str, cx: float, top: float, size: float, slant: float = 0.0, weight: int = 800) -> str:
    """Path data of characters set one under the other, each `size` high, centered on cx."""
    parts = [glyph(c, cx - size / 2, top + i * size * 1.04, size, slant, weight) for i, c in enumerate(text)]
    return "".join(parts)


def row(text: str, cx: float, top: float, size: float, weight: int = 800) -> str:
    """Path data of characters set side by side, centered on cx."""
    left = cx - size * len(text) / 2
    return "".join(glyph(c, left + i * size, top, size, 0.0, weight) for i, c in enumerate(text))


def glyph(character: str, left: float, top: float, size: float, slant: float = 0.0, weight: int = 800) -> str:
    """Path data of one character in a square box; `slant` leans it (1 = 45 degrees)."""
    k = size / 1000
    baseline = top + size * 0.88
    # The font reads its tables when they are first asked for, which two threads must not do at once.
    with _one_reader:
        glyphs, names = _face(weight)
        pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:.1f}")
        glyphs[names[ord(character)]].draw(TransformPen(pen, (k, k * slant, 0, -k, left, baseline)))
    return str(pen.getCommands())


@cache
def _face(weight: int) -> tuple[Any, dict[int, str]]:
    font = TTFont(BytesIO(FONT.read_bytes()), lazy=True)
    return font.getGlyphSet(location={"wght": weight}), font.getBestCmap()
