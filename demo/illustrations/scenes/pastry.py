"""Pastry piece by piece: flaky cakes whole and broken, crisp bars bare and wrapped."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry, palette, pieces
from demo.illustrations.geometry import TILT
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet

CRUST = tone("#DDA95C", shade_to="#6A2E12", light_to="#FFF3C8")
PRALINE = tone("#D8A860", shade_to="#6A3412", light_to="#FFF0C4")


def flaky_cake(sheet: Sheet, cx: float, cy: float, radius: float, stamp: str = palette.LACQUER) -> None:
    """A round cake of layered pastry, golden toward the rim, stamped red."""
    body, top = pieces.round_cake(cx, cy, radius, radius * 0.46)
    sheet.fill(geometry.shift(geometry.ellipse(cx, cy, radius, radius * TILT), 12, 10), "#2A120A", 0.35)
    sheet.fill(body, CRUST.base)
    sheet.fill(geometry.crescent(body, -0.05, 0.36, radius * 0.3, light=(-0.4, -0.9)), CRUST.deep, 0.45)
    for i in range(4):
        ring = geometry.ellipse(
            cx, cy - radius * (0.06 + 0.09 * i), radius * (1.0 + 0.03 * math.sin(i)), radius * TILT, 10, 170, 16
        )
        sheet.brush(geometry.wobble(ring, 3, sheet.rng), CRUST.deep if i % 2 else CRUST.light, 3.4, 0.55)
    sheet.fill(top, CRUST.base)
    inner = geometry.scale(top, 0.86, cx - 3, cy - radius * 0.48)
    sheet.fill(inner, mix(CRUST.light, "#FFFFFF", 0.16), 0.9)
    sheet.fill(geometry.scale(top, 0.62, cx - 8, cy - radius * 0.5), "#FBEBC6", 0.85)
    for _ in range(12):
        a = sheet.rng.uniform(0, math.tau)
        x, y = cx + radius * 0.74 * math.cos(a), cy - radius * 0.46 + radius * 0.35 * math.sin(a)
        sheet.brush([(x, y), (x + sheet.rng.uniform(4, 12), y + sheet.rng.uniform(-3, 3))], CRUST.shade, 2.4, 0.55)
    sheet.contour(body, CRUST.line, 2.8)
    _stamp(sheet, cx - 2, cy - radius * 0.47, radius * 0.27, stamp)


def _stamp(sheet: Sheet, cx: float, cy: float, radius: float, color: str) -> None:
    ring = geometry.ellipse(cx, cy, radius, radius * (TILT + 0.08))
    sheet.thread([*ring, ring[0]], color, radius * 0.2, 0.9)
    for k in range(5):
        a = math.tau * k / 5 - math.pi / 2
        x, y = cx + radius * 0.46 * math.cos(a), cy + radius * 0.46 * (TILT + 0.08) * math.sin(a)
        sheet.fill(geometry.ellipse(x, y, radius * 0.2, radius * 0.12, count=8), color, 0.9)
    sheet.fill(geometry.ellipse(cx, cy, radius * 0.16, radius * 0.09, count=8), color, 0.9)


def broken_cake(sheet: Sheet, cx: float, cy: float) -> None:
    radius = 100.0
    sheet.fill(geometry.shift(geometry.ellipse(cx, cy, radius, radius * TILT), 14, 12), "#2A120A", 0.35)
    body, top = pieces.round_cake(cx, cy, radius, 48)
    sheet.fill(body, CRUST.base)
    sheet.fill(top, CRUST.light)
    sheet.contour(body, CRUST.line, 2.8)
    bite = [
        (cx - 92, cy - 22),
        (cx - 60, cy - 40),
        (cx - 20, cy - 30),
        (cx + 18, cy - 44),
        (cx + 58, cy - 30),
        (cx + 94, cy - 24),
        (cx + 84, cy + 16),
        (cx + 30, cy + 40),
        (cx - 34, cy + 40),
        (cx - 84, cy + 16),
    ]
    sheet.fill(bite, CRUST.glint)
    for i in range(4):
        sheet.brush(
            geometry.curve(
                [(cx - 86 + i * 2, cy + 4 + i * 7), (cx, cy + 30 + i * 4), (cx + 86 - i * 2, cy + 4 + i * 7)]
            ),
            CRUST.shade,
            3,
            0.6,
        )
    paste = geometry.wobble(geometry.scale(bite, 0.76, cx, cy - 4), 4, sheet.rng)
    sheet.fill(paste, "#C9B654")
    sheet.fill(geometry.crescent(paste, 0.35, 0.9, 26, light=(-0.3, -0.9)), "#8A7A2A", 0.5)
    for _ in range(46):
        x, y = cx + sheet.rng.uniform(-62, 62), cy + sheet.rng.uniform(-24, 18)
        sheet.fill(geometry.ellipse(x, y, 3.4, 2.6, count=6), sheet.rng.choice(("#E4D67E", "#A89636", "#F0E6A2")), 0.8)
    sheet.contour(bite, CRUST.line, 2.4)
    for _ in range(16):
        x, y = cx + sheet.rng.uniform(-150, 150), cy + sheet.rng.uniform(36, 64)
        flake = geometry.wobble(geometry.ellipse(x, y, sheet.rng.uniform(4, 10), 3.4, count=7), 2.5, sheet.rng)
        sheet.fill(flake, CRUST.light)
        sheet.thread([*flake, flake[0]], CRUST.line, 1, 0.5)


def crisp_bar(sheet: Sheet, cx: float, cy: float, width: float, depth: float, height: float, turn: float) -> None:
    block = pieces.Block(cx, cy, width, depth, height, turn)
    foot = [block.at(-1, 1, 0), block.at(1, 1, 0), block.at(1, -1, 0), block.at(-1, -1, 0)]
    sheet.fill(geometry.shift(pieces.rounded(foot, 8), 10, 9), "#2A120A", 0.35)
    block.paint(sheet, PRALINE, soft=7)
    side = 1 if block.sin > 0 else -1
    for i in range(7):
        h = 0.1 + i * 0.13
        line = [block.at(-0.97, 1, h), block.at(0, 1, h + sheet.rng.uniform(-0.03, 0.03)), block.at(0.97, 1, h)]
        sheet.brush(geometry.curve(line), PRALINE.deep if i % 2 else PRALINE.glint, 3, 0.6, taper=0.3)
        sheet.brush(
            [block.at(side, 0.9, h), block.at(side, -0.9, h)],
            PRALINE.deep if i % 2 else PRALINE.light,
            3,
            0.5,
            taper=0.3,
        )
    for _ in range(14):
        x, y = block.at(sheet.rng.uniform(-0.86, 0.86), sheet.rng.uniform(-0.8, 0.8))
        pieces.kernel(
            sheet,
            x,
            y,
            sheet.rng.uniform(8, 15),
            sheet.rng.choice(("#E9C98C", "#C4904E", "#F4DFAE")),
            sheet.rng.uniform(0, 180),
            0.6,
        )


def wrapped_bar(sheet: Sheet, cx: float, cy: float, turn: float) -> None:
    paper = tone("#F3E7D2")
    shape = [(cx - 84, cy - 34), (cx + 84, cy - 34), (cx + 84, cy + 30), (cx - 84, cy + 30)]
    left = [(cx - 80, cy - 12), (cx - 132, cy - 42), (cx - 142, cy), (cx - 130, cy + 40), (cx - 80, cy + 10)]
    right = [(2 * cx - x, y) for x, y in left]
    for part in (left, right, shape):
        outline = geometry.rotate(pieces.rounded(part, 10), turn, cx, cy)
        sheet.fill(geometry.shift(outline, 9, 12), "#2A120A", 0.3)
    for part in (left, right):
        outline = geometry.rotate(pieces.rounded(part, 8), turn, cx, cy)
        sheet.fill(outline, paper.base)
        for k in (-26, -8, 10, 26):
            far = geometry.rotate([(part[2][0], cy + k), (part[0][0], cy + k * 0.2)], turn, cx, cy)
            sheet.brush(far, paper.shade, 3, 0.6)
        sheet.contour(outline, paper.line, 2)
    outline = geometry.rotate(pieces.rounded(shape, 14), turn, cx, cy)
    sheet.fill(outline, paper.light)
    band = geometry.rotate(
        [(cx - 34, cy - 33), (cx + 34, cy - 33), (cx + 34, cy + 29), (cx - 34, cy + 29)], turn, cx, cy
    )
    sheet.fill(band, palette.BAMBOO, angular=True)
    sheet.fill(geometry.rotate(geometry.ellipse(cx, cy - 2, 20, 20), turn, cx, cy), "#F6E3B4")
    sheet.fill(
        geometry.rotate([(cx - 80, cy + 6), (cx + 80, cy + 6), (cx + 80, cy + 28), (cx - 80, cy + 28)], turn, cx, cy),
        paper.deep,
        0.25,
    )
    sheet.brush(
        geometry.rotate([(cx - 70, cy - 24), (cx, cy - 27), (cx + 70, cy - 24)], turn, cx, cy), "#FFFFFF", 5, 0.8
    )
    sheet.contour(outline, paper.line, 2.4)
