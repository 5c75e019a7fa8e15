"""Bamboo, straw, leaves and cloth: trays, steamers, baskets, ties and what is laid under food."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry, palette
from demo.illustrations.geometry import TILT, Outline
from demo.illustrations.lathe import Solid
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet

STRIP = "#CFA768"


def tray(sheet: Sheet, cx: float, cy: float, radius: float, color: str = STRIP) -> None:
    """A flat round winnowing tray, woven over and under, with a bound rim."""
    straw = tone(color)
    rim = geometry.ellipse(cx, cy, radius, radius * TILT, count=40)
    wall = geometry.ellipse(cx, cy + radius * 0.09, radius * 0.99, radius * TILT, 2, 178, 24) + geometry.ellipse(
        cx, cy, radius, radius * TILT, 180, 360, 20
    )
    sheet.fill(wall, straw.shade)
    sheet.contour(wall, straw.line, 3)
    sheet.fill(rim, straw.light)
    floor = geometry.ellipse(cx, cy + 3, radius * 0.93, radius * 0.93 * TILT, count=36)
    sheet.fill(floor, straw.base)
    _weave(sheet, cx, cy + 3, radius * 0.93, straw.light, straw.shade)
    sheet.fill(geometry.crescent(floor, 0.4, 0.95, radius * 0.12, light=(0.7, 0.4)), straw.deep, 0.38)
    sheet.fill(geometry.crescent(floor, 0.45, 0.9, radius * 0.05, light=(0.7, 0.4)), straw.deep, 0.4)
    _bound_rim(sheet, cx, cy, radius * 0.965, straw.line)


def _weave(sheet: Sheet, cx: float, cy: float, radius: float, light: str, dark: str) -> None:
    pitch = radius / 9
    for i in range(-8, 9):
        for j in range(-8, 9):
            if (i + j) % 2 or math.hypot(i + 0.5, j + 0.5) * pitch > radius * 0.97:
                continue
            x, y = cx + (i - j) * pitch * 0.72, cy + (i + j) * pitch * 0.72 * TILT
            if math.hypot(x - cx, (y - cy) / TILT) > radius * 0.9:
                continue
            w, h = pitch * 0.7, pitch * 0.7 * TILT
            sheet.fill(
                [(x - w, y), (x, y - h), (x + w, y), (x, y + h)], light if (i - j) % 4 else dark, 0.42, angular=True
            )


def _bound_rim(sheet: Sheet, cx: float, cy: float, radius: float, line: str) -> None:
    for i in range(44):
        a = math.tau * i / 44
        x, y = cx + radius * math.cos(a), cy + radius * TILT * math.sin(a)
        dx, dy = radius * 0.035 * math.cos(a + 0.5), radius * 0.035 * math.sin(a + 0.5) * 0.7
        sheet.thread([(x - dx, y - dy), (x + dx, y + dy)], line, 1.8, 0.45)


class Steamer:
    """A round bamboo steamer: `open` paints the floor, `close` the near wall."""

    def __init__(self, cx: float, base: float, radius: float, height: float, color: str = STRIP) -> None:
        self.solid = Solid(cx, base, [(0.0, radius), (height * 0.5, radius), (height, radius)])
        self.cx, self.cy, self.radius, self.height = cx, base - height, radius, height
        self.straw = tone(color)

    def open(self, sheet: Sheet, floor_depth: float = 0.55) -> None:
        """The far wall, and the slatted floor."""
        sheet.fill(self.solid.rim(), self.straw.light)
        hollow = self.solid.rim(self.radius * 0.06)
        sheet.fill(hollow, self.straw.shade)
        drop = self.height * floor_depth * 0.6
        r = self.radius * 0.94
        floor = [
            (x, min(y, self.cy + math.sqrt(max(0.0, 1 - ((x - self.cx) / r) ** 2)) * r * TILT))
            for x, y in _lowered(self.cx, self.cy, r, drop)
        ]
        sheet.fill(floor, self.straw.base)
        for i in range(-5, 6):
            x = self.cx + r * i / 5.6
            half = math.sqrt(max(0.0, 1 - (i / 5.6) ** 2)) * r * TILT
            sheet.brush(
                [(x, self.cy + drop - half * 0.95), (x, self.cy + half * 0.94)], self.straw.deep, 5, 0.4, taper=0.2
            )
        sheet.fill(geometry.crescent(hollow, 0.42, 0.95, self.radius * 0.18, light=(0.7, 0.4)), self.straw.deep, 0.5)
        sheet.contour(self.solid.rim(), self.straw.line, 2.4)

    def close(self, sheet: Sheet) -> None:
        """The near wall, with its hoops and stitches."""
        self.solid.paint(sheet, self.straw, 0.0, mouth_open=True)
        for share in (0.18, 0.8):
            ring = self.solid.ring(self.height * share, -0.998, 0.998)
            sheet.thread(ring, self.straw.deep, self.height * 0.13, 0.55)
            sheet.thread(geometry.shift(ring, 0, -2), self.straw.light, self.height * 0.06, 0.8)
        for turn in (-0.62, 0.1, 0.72):
            x, y = self.solid.at(self.height * 0.5, turn)
            for k in range(3):
                sheet.thread([(x - 7, y - 12 + k * 10), (x + 7, y - 8 + k * 10)], self.straw.line, 2.4, 0.7)
        sheet.brush(geometry.shift(self.solid.ring(self.height), 0, -2), self.straw.glint, 5, 0.8, taper=0.4)


def _lowered(cx: float, cy: float, radius: float, drop: float) -> Outline:
    return geometry.ellipse(cx, cy + drop, radius, radius * TILT, count=36)


def basket(sheet: Sheet, solid: Solid, color: str = STRIP) -> None:
    """Weave the near wall of a basket over its solid."""
    straw = tone(color)
    solid.paint(sheet, straw, 0.0, mouth_open=True)
    rows, columns = 6, 17
    span = solid.top - solid.bottom
    for row in range(rows):
        for column in range(columns):
            if (row + column) % 2:
                continue
            a, b = math.sin(-1.5 + 3 * column / columns), math.sin(-1.5 + 3 * (column + 1) / columns)
            low, high = solid.bottom + span * (row + 0.12) / rows, solid.bottom + span * (row + 0.88) / rows
            cell = [solid.at(low, a), solid.at(low, b), solid.at(high, b), solid.at(high, a)]
            sheet.fill(cell, straw.light if a < 0.1 else straw.base, 0.55, angular=True)
            sheet.brush([cell[1], cell[2]], straw.line, 2, 0.5)
    lip = solid.ring(solid.top, -0.999, 0.999)
    sheet.thread(lip, straw.line, 13)
    sheet.thread(lip, straw.base, 10)
    sheet.brush(geometry.shift(lip, 0, -2), straw.glint, 3.5, 0.8)


def leaf(sheet: Sheet, cx: float, cy: float, length: float, width: float, turn: float, color: str = "#4E7F4A") -> None:
    """A cut piece of banana or bamboo leaf lying flat, with its midrib and veins."""
    green = tone(color, light_to="#F1F2B0")
    line = [
        (cx - length / 2, cy),
        (cx - length * 0.22, cy - width / 2),
        (cx + length * 0.2, cy - width * 0.46),
        (cx + length / 2, cy),
    ]
    outline = [*line, (cx + length * 0.22, cy + width * 0.48), (cx - length * 0.24, cy + width / 2)]
    outline = geometry.wobble(geometry.rotate(outline, turn, cx, cy), 3, sheet.rng)
    sheet.fill(outline, green.base)
    sheet.fill(geometry.crescent(outline, 0.48, 1.0, width * 0.4, light=(0.1, -1)), green.shade, 0.6)
    rib = geometry.rotate([(cx - length * 0.48, cy), (cx, cy - width * 0.03), (cx + length * 0.48, cy)], turn, cx, cy)
    for i in range(-6, 7):
        x = cx + length * i / 15
        reach = width * 0.42 * (1 - (i / 7.5) ** 2)
        for side in (-1, 1):
            vein = geometry.rotate([(x, cy), (x + width * 0.14, cy + side * reach)], turn, cx, cy)
            sheet.brush(vein, green.light if side < 0 else green.deep, 2, 0.4)
    sheet.brush(geometry.curve(rib), green.light, 4.5, 0.9)
    sheet.contour(outline, green.line, 2.4)


def cloth(sheet: Sheet, corners: Outline, color: str, stripe: str | None = None) -> None:
    """A napkin on the table, with a woven stripe along two edges and soft folds."""
    fabric = tone(color, shade_to="#3A3048")
    outline = geometry.wobble(_along(corners), 3, sheet.rng)
    sheet.fill(outline, fabric.base)
    a, b, c, d = corners
    if stripe:
        for share in (0.08, 0.12, 0.9, 0.94):
            first, last = _between(a, d, share), _between(b, c, share)
            sheet.thread(geometry.resample([first, last], 10), stripe, 4 if share in (0.08, 0.94) else 2, 0.75)
    for share in (0.3, 0.55, 0.78):
        first, last = _between(a, b, share), _between(d, c, share + 0.06)
        fold = geometry.curve([first, _between(first, last, 0.5), last])
        sheet.brush(geometry.shift(fold, 5, 0), fabric.shade, 9, 0.35)
        sheet.brush(fold, fabric.light, 4, 0.6)
    sheet.contour(outline, fabric.line, 2)


def _between(a: geometry.Point, b: geometry.Point, share: float) -> geometry.Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _along(corners: Outline) -> Outline:
    return [_between(p, q, i / 6) for p, q in zip(corners, [*corners[1:], corners[0]], strict=True) for i in range(6)]


def straw_tie(sheet: Sheet, line: Outline, color: str = "#D8BC7C", width: float = 9) -> None:
    """A twist of rice straw, string or red thread across something."""
    straw = tone(color)
    sheet.thread(geometry.shift(line, 1, 2), straw.line, width + 2.5, 0.8)
    sheet.thread(line, straw.base, width)
    for (x0, y0), (x1, y1) in zip(line[::2], line[1::2], strict=False):
        sheet.thread([(x0 - 2, y0 + 2), (x1 + 1, y1 - 2)], straw.glint, width * 0.22, 0.8)


def bow(sheet: Sheet, cx: float, cy: float, size: float, color: str = palette.LACQUER) -> None:
    """A small bow of thread."""
    thread = tone(color)
    for side in (-1, 1):
        loop = geometry.curve(
            [
                (cx, cy),
                (cx + side * size * 0.7, cy - size * 0.5),
                (cx + side * size, cy),
                (cx + side * size * 0.5, cy + size * 0.2),
                (cx, cy),
            ]
        )
        tail = geometry.curve(
            [(cx, cy), (cx + side * size * 0.35, cy + size * 0.5), (cx + side * size * 0.5, cy + size)]
        )
        for line in (loop, tail):
            sheet.thread(line, thread.line, size * 0.17)
            sheet.thread(line, thread.base, size * 0.11)
    sheet.fill(geometry.ellipse(cx, cy, size * 0.17, size * 0.15), mix(color, "#FFFFFF", 0.1))
