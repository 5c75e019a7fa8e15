"""Pictures as phones send them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def make_picture(
    format: str = "JPEG", size: tuple[int, int] = (900, 1200), color: Any = "#a31d2a", **save: Any
) -> bytes:
    """A picture of one colour in a file format; the upper left quarter is white."""
    image = Image.new("RGBA" if isinstance(color, tuple) else "RGB", size, color)
    image.paste("white", (0, 0, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, format, **save)
    return out.getvalue()
