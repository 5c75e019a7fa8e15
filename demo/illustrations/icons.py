"""Small drawings that pages use as SVG: one icon a category, drawings for empty pages, a face for a buyer without one."""

import math
from collections.abc import Sequence

from demo.illustrations import geometry, palette, pieces, ware, weaving
from demo.illustrations.geometry import TILT
from demo.illustrations.lathe import Solid
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet

LINE = 3.4


def wine() -> Sheet:
    """A jar under its cloth."""
    sheet = _round("wine", "#F3DAD3")
    jar = ware.jar(48, 80, 46, 50)
    _flat(sheet, jar.outline(), "#8A4A30")
    cap = [(34, 33), (40, 24), (48, 22), (56, 24), (62, 33), (66, 41), (57, 38), (48, 42), (39, 38), (30, 41)]
    _flat(sheet, cap, palette.LACQUER)
    diamond = [(48, 48), (58, 58), (48, 68), (38, 58)]
    sheet.fill(diamond, "#F7D9A0", angular=True)
    return sheet


def red_yeast() -> Sheet:
    """A bowl of red grains."""
    sheet = _round("red-yeast", "#F3DAD3")
    _bowl_inside(sheet, "#8FAA98")
    for i in range(13):
        a, reach = i * 2.4, 20 * math.sqrt(i / 13)
        x, y = 48 + reach * math.cos(a), 46 + reach * 0.5 * math.sin(a) - (20 - reach) * 0.25
        grain = geometry.rotate(geometry.ellipse(x, y, 6.5, 3.8, count=10), i * 47, x, y)
        _flat(sheet, grain, "#B5303A" if i % 2 else palette.LACQUER, 1.6)
    _bowl(sheet, "#A9C2B0")
    return sheet


def tofu() -> Sheet:
    """A block with one slice cut."""
    sheet = _round("tofu", "#DCE9DF")
    for cx, width in ((38, 40), (70, 12)):
        block = pieces.Block(cx, 62, width, 34, 26, -16)
        _flat(sheet, pieces.rounded(block.silhouette(), 3), "#D5D8D3")
        sheet.fill(pieces.rounded(block.top(), 2), "#F6F6F1")
        sheet.fill(pieces.rounded(block.front(), 1), "#B9BEBF")
        sheet.contour(pieces.rounded(block.silhouette(), 3), palette.INK, LINE * 0.8)
    return sheet


def cakes() -> Sheet:
    """A round cake with its stamp."""
    sheet = _round("cakes", "#F6E6C8")
    for cy in (66, 48):
        body, top = pieces.round_cake(48, cy, 27, 12)
        _flat(sheet, body, "#DDA95C")
        sheet.fill(top, "#F3D79A")
        sheet.contour(body, palette.INK, LINE * 0.8)
    ring = geometry.ellipse(48, 36, 9, 4.5)
    sheet.thread([*ring, ring[0]], palette.LACQUER, 3)
    return sheet


def meatballs() -> Sheet:
    """Three balls in a bowl."""
    sheet = _round("meatballs", "#F1E2D4")
    _bowl_inside(sheet, "#C9BFA8")
    for x, y in ((36, 46), (60, 46), (48, 40)):
        _flat(sheet, geometry.ellipse(x, y, 12, 11.5), "#D9A587")
        sheet.fill(geometry.ellipse(x - 4, y - 4, 4, 2.6), "#F8E6D4")
    for x, y in ((40, 41), (53, 47), (63, 40)):
        sheet.fill(geometry.ellipse(x, y, 2.6, 1.8), palette.BAMBOO)
    _bowl(sheet, "#4E6E86")
    return sheet


def noodles() -> Sheet:
    """A coil of noodles."""
    sheet = _round("noodles", "#DFE8E6")
    _flat(sheet, geometry.ellipse(48, 54, 31, 20), "#D9A53E")
    for k, r in enumerate((28, 22, 16, 10, 4)):
        ring = geometry.ellipse(48, 54 - k * 2.4, r, r * 0.6, 20 + 50 * k, 350 + 50 * k, 18)
        sheet.thread(ring, "#8A5A18", 4.6)
        sheet.thread(ring, "#F3D070", 3)
    return sheet


def gifts() -> Sheet:
    """A tied box."""
    sheet = _round("gifts", "#F3DAD3")
    block = pieces.Block(48, 68, 46, 34, 34, -14)
    _flat(sheet, pieces.rounded(block.silhouette(), 3), palette.LACQUER)
    sheet.fill(pieces.rounded(block.top(), 2), "#C4474C")
    sheet.fill(pieces.rounded(block.front(), 1), "#8A1824")
    for a, b in (
        (block.at(0, -1), block.at(0, 1)),
        (block.at(-1, 0), block.at(1, 0)),
        (block.at(0, 1), block.at(0, 1, 0)),
    ):
        sheet.thread([a, b], "#E2B45C", 3.6)
    weaving.bow(sheet, *block.at(0, 0), 14, "#E2B45C")
    sheet.contour(pieces.rounded(block.silhouette(), 3), palette.INK, LINE * 0.8)
    return sheet


def empty_cart() -> Sheet:
    """An empty basket with a carrying handle."""
    sheet = _stage("empty/cart")
    solid = Solid(160, 190, [(0.0, 66), (40, 84), (66, 92)])
    handle = geometry.ellipse(160, 124, 84, 92, 182, 358, 20)
    sheet.thread(handle, tone(weaving.STRIP).line, 12)
    sheet.thread(handle, weaving.STRIP, 8)
    sheet.fill(solid.rim(), tone(weaving.STRIP).shade)
    sheet.fill(solid.rim(7), tone(weaving.STRIP).deep)
    weaving.basket(sheet, solid)
    return sheet


def empty_orders() -> Sheet:
    """A parcel in brown paper that has not been addressed yet."""
    sheet = _stage("empty/orders")
    paper = tone("#C79B66")
    block = pieces.Block(160, 186, 150, 110, 92, -16)
    block.paint(sheet, paper, soft=7)
    for a, b in (
        (block.at(0, -1), block.at(0, 1)),
        (block.at(-1, 0), block.at(1, 0)),
        (block.at(0, 1), block.at(0, 1, 0)),
        (block.at(-1, 0), block.at(-1, 0, 0)),
    ):
        weaving.straw_tie(sheet, geometry.resample([a, b], 6), "#EBDCB8", 4)
    weaving.bow(sheet, *block.at(0, 0), 30, palette.LACQUER)
    label = [block.at(0.2, 1, 0.72), block.at(0.85, 1, 0.72), block.at(0.85, 1, 0.26), block.at(0.2, 1, 0.26)]
    sheet.fill(label, palette.PAPER, angular=True)
    return sheet


def empty_search() -> Sheet:
    """A steamer with its lid off and nothing but steam in it."""
    sheet = _stage("empty/search")
    steamer = weaving.Steamer(138, 196, 92, 50)
    steamer.open(sheet)
    steamer.close(sheet)
    for x, height in ((108, 62), (140, 84), (172, 58)):
        line = geometry.curve(
            [(x, 128), (x + 9, 128 - height * 0.3), (x - 9, 128 - height * 0.65), (x + 5, 128 - height)]
        )
        sheet.brush(line, "#CFC5B4", 9, 0.9, taper=1.0)
    straw = tone(weaving.STRIP)
    lid = geometry.rotate(geometry.ellipse(268, 158, 24, 52), 22, 268, 158)
    sheet.fill(geometry.shift(lid, 8, 3), straw.deep)
    sheet.contour(geometry.shift(lid, 8, 3), straw.line, 2.4)
    sheet.fill(lid, straw.base)
    for share in (0.78, 0.52, 0.26):
        ring = geometry.scale(lid, share, 268, 158)
        sheet.thread([*ring, ring[0]], straw.shade, 2)
    sheet.contour(lid, straw.line, 2.4)
    return sheet


def camera_off() -> Sheet:
    """A shuttered workshop window: the camera shows nothing now."""
    sheet = _stage("empty/camera")
    wood = tone("#6B4226")
    frame = [(74.0, 60.0), (246.0, 60.0), (246.0, 196.0), (74.0, 196.0)]
    sheet.fill(frame, wood.base, angular=True)
    for x in (84, 164):
        panel = [(x, 70), (x + 72, 70), (x + 72, 186), (x, 186)]
        sheet.fill(panel, wood.light, angular=True)
        for k in range(8):
            y = 82 + k * 13
            sheet.thread([(x + 6, y), (x + 66, y)], wood.shade, 5)
            sheet.thread([(x + 6, y - 2), (x + 66, y - 2)], mix(wood.light, "#FFFFFF", 0.3), 1.6)
    sheet.fill(geometry.ellipse(158, 128, 5, 6), "#E2B45C")
    sheet.fill(geometry.ellipse(172, 128, 5, 6), "#E2B45C")
    sheet.contour(pieces.rounded(frame, 5), wood.line, 3)
    return sheet


def avatar() -> Sheet:
    """A buyer without a picture: a bamboo hat seen from the front."""
    sheet = Sheet(96, 96, "avatar")
    sheet.fill(geometry.ellipse(48, 48, 48, 48, count=40), palette.STEAM)
    shoulders = [(14, 92), (22, 74), (38, 67), (58, 67), (74, 74), (82, 92), (48, 97)]
    sheet.fill(shoulders, palette.SOY)
    sheet.fill(geometry.ellipse(48, 53, 15, 17), "#E9C3A0")
    sheet.fill(geometry.crescent(geometry.ellipse(48, 53, 15, 17), 0.5, 1.0, 9, light=(0, 1)), "#C99873")
    hat = [(14, 45), (32, 31), (48, 19), (64, 31), (82, 45), (66, 50), (48, 52), (30, 50)]
    straw = tone(weaving.STRIP)
    sheet.fill(hat, straw.base)
    for k in range(7):
        x = 22 + k * 8.7
        sheet.brush([(48, 21), ((48 + x) / 2, 36), (x, 48)], straw.shade, 1.6, 0.7)
    sheet.contour(hat, straw.line, 2)
    return sheet


def _round(name: str, color: str) -> Sheet:
    sheet = Sheet(96, 96, f"icon/{name}")
    sheet.fill(geometry.ellipse(48, 48, 47, 47, count=40), color)
    return sheet


def _flat(sheet: Sheet, outline: Sequence[geometry.Point], color: str, width: float = LINE * 0.8) -> None:
    sheet.fill(outline, color)
    sheet.contour(outline, palette.INK, width)


def _bowl_inside(sheet: Sheet, color: str) -> None:
    _flat(sheet, ware.bowl(48, 82, 33, 34, tone(color)).solid.rim(), color)


def _bowl(sheet: Sheet, color: str) -> None:
    solid = ware.bowl(48, 82, 33, 34, tone(color)).solid
    _flat(sheet, solid.outline(mouth_open=True), color)
    sheet.brush(geometry.shift(solid.ring(solid.top), 0, 2), "#FFFFFF", 2.4, 0.7)


def _stage(name: str) -> Sheet:
    sheet = Sheet(320, 240, name)
    sheet.fill(geometry.wobble(geometry.ellipse(160, 118, 142, 100, count=36), 7, sheet.rng), palette.STEAM, 0.55)
    sheet.fill(geometry.ellipse(168, 202, 112, 112 * TILT * 0.5), "#B9AB96", 0.55)
    return sheet


ICONS = {
    "wine": wine,
    "red-yeast": red_yeast,
    "tofu": tofu,
    "cakes": cakes,
    "meatballs": meatballs,
    "noodles": noodles,
    "gifts": gifts,
}
EMPTY = {"cart": empty_cart, "orders": empty_orders, "search": empty_search, "camera": camera_off}
