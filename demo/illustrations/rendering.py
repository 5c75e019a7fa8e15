"""Pictures to pixels: sheets are rendered by resvg, laid over each other with Pillow, and finished with paper grain.

Shadows and steam are rendered small and blurred as masks, which is as soft as an SVG filter and fifty times faster.
"""

import io
import math
import random
from functools import cache

import resvg_py
from PIL import Image, ImageChops, ImageFilter

from demo.illustrations import backdrops, palette
from demo.illustrations.sheet import Picture, Sheet

SOFT = 4  # shadows and air are drawn at this fraction of the size


def render(picture: Picture) -> Image.Image:
    """The finished picture, opaque RGB."""
    size = (picture.width, picture.height)
    image = _backdrop(picture.backdrop, *size).copy() if picture.backdrop else Image.new("RGB", size, palette.PAPER)
    if not picture.behind.empty():
        behind = rasterize(picture.behind)
        image.paste(behind, mask=behind.getchannel("A"))
    if not picture.shadows.empty():
        image.paste(Image.new("RGB", size, palette.DUSK), mask=_soft_mask(picture.shadows, 4.2))
    things = rasterize(picture.things)
    image.paste(things, mask=things.getchannel("A"))
    if not picture.air.empty():
        image.paste(Image.new("RGB", size, "#FFFDF8"), mask=_soft_mask(picture.air, 2.0))
    return ImageChops.multiply(image, _finish(*size)).point(_CURVE * 3)


_CURVE = [
    round(255 * (0.12 * math.sin((v / 255 - 0.5) * math.pi) / 2 + 0.06 + 0.9 * (v / 255) ** 0.92)) for v in range(256)
]


def rasterize(sheet: Sheet, width: int | None = None) -> Image.Image:
    """The sheet alone as RGBA, at its own width unless told otherwise."""
    png = resvg_py.svg_to_bytes(svg_string=sheet.svg(), skip_system_fonts=True, width=width)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def _soft_mask(sheet: Sheet, blur: float) -> Image.Image:
    small = rasterize(sheet, sheet.width // SOFT).getchannel("A").filter(ImageFilter.GaussianBlur(blur))
    return small.resize((sheet.width, sheet.height), Image.Resampling.BICUBIC)


@cache
def _backdrop(name: str, width: int, height: int) -> Image.Image:
    backdrop = backdrops.paint(name, width, height)
    image = rasterize(backdrop.ground).convert("RGB")
    image.paste(Image.new("RGB", image.size, backdrop.light_color), mask=_soft_mask(backdrop.light, 3.5))
    image.paste(Image.new("RGB", image.size, backdrop.dusk_color), mask=_soft_mask(backdrop.dusk, 9))
    return image


@cache
def _finish(width: int, height: int) -> Image.Image:
    """What multiplies every picture: fine paper grain and a slight darkening toward the corners."""
    noise = random.Random("paper")  # noqa: S311 - paper grain
    fine = Image.frombytes("L", (width, height), noise.randbytes(width * height)).filter(ImageFilter.GaussianBlur(0.7))
    grain = fine.point(lambda value: min(255, 250 + round((value - 128) * 0.13)))
    corners = Image.radial_gradient("L").resize((width, height), Image.Resampling.BICUBIC)
    vignette = corners.point(lambda value: 255 - round(max(0, value - 130) * 0.3))
    return Image.merge("RGB", [ImageChops.multiply(grain, vignette)] * 3)
