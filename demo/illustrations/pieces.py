"""Plain solids that food is made of: blocks, balls, slices, grains, sticks; and what they lie on."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry
from demo.illustrations.geometry import TILT, Outline, Point
from demo.illustrations.palette import Tone, mix, tone
from demo.illustrations.sheet import Sheet

RISE = 0.9  # how tall an upright edge looks under the common tilt


class Block:
    """A right block on the table, centered on (cx, cy) at its foot, turned by `turn` degrees."""

    def __init__(self, cx: float, cy: float, width: float, depth: float, height: float, turn: float = 20) -> None:
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        self.cos, self.sin, self.cx, self.cy = cos, sin, cx, cy
        self.width, self.depth, self.height = width, depth, height * RISE

    def at(self, u: float, v: float, h: float = 1.0) -> Point:
        """A point of the block: u, v from -1 to 1 across and toward us, h from 0 (foot) to 1 (top)."""
        x, y = u * self.width / 2, v * self.depth / 2
        return self.cx + x * self.cos - y * self.sin, self.cy + (x * self.sin + y * self.cos) * TILT - h * self.height

    def top(self) -> Outline:
        """The upper face."""
        return [self.at(-1, -1), self.at(1, -1), self.at(1, 1), self.at(-1, 1)]

    def front(self) -> Outline:
        """The face toward us."""
        return [self.at(-1, 1), self.at(1, 1), self.at(1, 1, 0), self.at(-1, 1, 0)]

    def side(self) -> Outline:
        """The side face that can be seen: the right one when turned clockwise, else the left one."""
        u = 1 if self.sin > 0 else -1
        return [self.at(u, -1), self.at(u, 1), self.at(u, 1, 0), self.at(u, -1, 0)]

    def silhouette(self) -> Outline:
        """The whole outline."""
        if self.sin > 0:
            ring = [(-1, -1, 1), (1, -1, 1), (1, -1, 0), (1, 1, 0), (-1, 1, 0), (-1, 1, 1)]
        else:
            ring = [(-1, -1, 1), (1, -1, 1), (1, 1, 1), (1, 1, 0), (-1, 1, 0), (-1, -1, 0)]
        return [self.at(*corner) for corner in ring]

    def paint(self, sheet: Sheet, color: Tone, soft: float = 6, line: float = 2.6) -> None:
        """Three faces by their light, with corners rounded by `soft`."""
        sheet.fill(rounded(self.silhouette(), soft), color.base)
        lit, shaded = (self.front(), self.side()) if self.sin > 0 else (self.side(), self.front())
        sheet.fill(rounded(lit, soft * 0.5), mix(color.base, color.shade, 0.25))
        sheet.fill(rounded(shaded, soft * 0.5), color.shade, 0.8)
        sheet.fill(rounded(self.top(), soft), color.light)
        edge = (
            [self.at(-1, 1), self.at(1, 1), self.at(1, -1)]
            if self.sin > 0
            else [self.at(-1, -1), self.at(-1, 1), self.at(1, 1)]
        )
        sheet.brush(geometry.resample(edge, 8), color.glint, 2.4, 0.7, taper=0.5)
        if line:
            sheet.contour(rounded(self.silhouette(), soft), color.line, line)


def rounded(corners: Outline, radius: float) -> Outline:
    """A polygon with its corners rounded and its edges kept straight under a smooth curve."""
    result: Outline = []
    n = len(corners)
    for i, (x, y) in enumerate(corners):
        before, after = _toward((x, y), corners[i - 1], radius), _toward((x, y), corners[(i + 1) % n], radius)
        near = ((before[1][0] + after[1][0]) / 2, (before[1][1] + after[1][1]) / 2)
        result += [*before, (x + (near[0] - x) * 0.45, y + (near[1] - y) * 0.45), after[1], after[0]]
    return result


def _toward(corner: Point, other: Point, radius: float) -> tuple[Point, Point]:
    (x, y), (ox, oy) = corner, other
    length = math.hypot(ox - x, oy - y) or 1.0
    far, near = min(radius * 2.2, length * 0.42), min(radius, length * 0.2)
    dx, dy = (ox - x) / length, (oy - y) / length
    return (x + dx * far, y + dy * far), (x + dx * near, y + dy * near)


def ball(
    sheet: Sheet, cx: float, cy: float, radius: float, color: Tone, gloss: float = 0.6, rough: float = 0.03
) -> None:
    """A ball, handmade: not quite round, shaded in steps, a glint where the window is."""
    outline = geometry.wobble(geometry.ellipse(cx, cy, radius, radius * 0.95), radius * rough, sheet.rng)
    sheet.fill(outline, color.base)
    depths = ((0.75, 0.2), (0.5, 0.22), (0.26, 0.3))
    steps = [(geometry.crescent(outline, -0.1, 0.42, radius * d, light=(-0.62, -0.78)), share) for d, share in depths]
    sheet.shade(color.base, color.deep, steps)
    sheet.fill(
        geometry.ellipse(cx - radius * 0.28, cy - radius * 0.32, radius * 0.52, radius * 0.42),
        mix(color.base, color.light, 0.45),
    )
    if gloss:
        glint = geometry.ellipse(cx - radius * 0.36, cy - radius * 0.44, radius * 0.22, radius * 0.13)
        sheet.fill(geometry.rotate(glint, -30, cx - radius * 0.36, cy - radius * 0.44), color.glint, gloss)
    sheet.contour(outline, color.line, max(1.6, radius * 0.055))


def grain(
    sheet: Sheet, x: float, y: float, length: float, color: Tone, turn: float | None = None, plump: float = 0.62
) -> None:
    """A bean, a kernel, a grain of rice, lying at some angle."""
    angle = sheet.rng.uniform(0, 180) if turn is None else turn
    outline = geometry.rotate(geometry.ellipse(x, y, length / 2, length / 2 * plump, count=10), angle, x, y)
    sheet.fill(geometry.shift(outline, length * 0.1, length * 0.14), "#1E0E0A", 0.3)
    sheet.fill(outline, color.base)
    sheet.fill(geometry.crescent(outline, 0, 1, length * 0.14, light=(-0.6, -0.7))[:14], color.deep, 0.35)
    sheet.fill(
        geometry.ellipse(x - length * 0.1, y - length * 0.12, length * 0.16, length * 0.09, count=8), color.glint, 0.7
    )
    sheet.thread([*outline, outline[0]], color.line, max(0.9, length * 0.045), 0.7)


def kernel(sheet: Sheet, x: float, y: float, length: float, color: str, turn: float, plump: float = 0.5) -> None:
    """One of very many grains: a fill, a shaded edge, a glint."""
    outline = geometry.rotate(geometry.ellipse(x, y, length / 2, length / 2 * plump, count=8), turn, x, y)
    sheet.fill(geometry.shift(outline, length * 0.07, length * 0.12), mix(color, "#3A0E16", 0.5), 0.6)
    sheet.fill(outline, color)
    sheet.fill(
        geometry.ellipse(x - length * 0.1, y - length * 0.1, length * 0.15, length * 0.08, count=6), "#FFFFFF", 0.55
    )


def scatter(
    sheet: Sheet, cx: float, cy: float, spread: float, count: int, length: float, color: Tone, plump: float = 0.62
) -> None:
    """Grains strewn on the table around a point."""
    for _ in range(count):
        angle, reach = sheet.rng.uniform(0, math.tau), spread * math.sqrt(sheet.rng.random())
        x, y = cx + reach * math.cos(angle), cy + reach * math.sin(angle) * (TILT + 0.1)
        grain(sheet, x, y, length * sheet.rng.uniform(0.85, 1.1), color, plump=plump)


def round_cake(cx: float, cy: float, radius: float, height: float) -> tuple[Outline, Outline]:
    """A disc-shaped cake: its whole silhouette and its upper face."""
    top = geometry.ellipse(cx, cy - height, radius, radius * (TILT + 0.06))
    lower = geometry.ellipse(cx, cy, radius * 0.98, radius * TILT, 4, 176, 14)
    upper = geometry.ellipse(cx, cy - height, radius, radius * (TILT + 0.06), 184, 356, 14)
    bulge_left, bulge_right = (cx - radius * 1.05, cy - height * 0.5), (cx + radius * 1.05, cy - height * 0.5)
    return [*lower, bulge_left, *upper, bulge_right], top


def chopsticks(
    sheet: Sheet, x0: float, y0: float, x1: float, y1: float, color: str = "#6B2F22", gap: float = 16
) -> None:
    """A pair of chopsticks from their thick ends at (x0, y0) to their tips."""
    wood = tone(color)
    for i in (1, 0):
        a, b = (x0 + gap * i * 0.5, y0 + gap * i), (x1, y1 + 5 * i)
        length = math.hypot(b[0] - a[0], b[1] - a[1])
        nx, ny = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
        stick = [
            (a[0] + nx * 6, a[1] + ny * 6),
            (b[0] + nx * 3, b[1] + ny * 3),
            (b[0] - nx * 3, b[1] - ny * 3),
            (a[0] - nx * 6, a[1] - ny * 6),
        ]
        sheet.fill(geometry.shift(stick, 5, 9), "#1E0E0A", 0.28, angular=True)
        sheet.fill(stick, wood.base, angular=True)
        under = [
            ((a[0] + b[0]) / 2 * 0 + a[0], a[1]),
            b,
            stick[1] if ny > 0 else stick[2],
            stick[0] if ny > 0 else stick[3],
        ]
        sheet.fill(under, wood.deep, 0.55, angular=True)
        shine = [(a[0] - nx * 2, a[1] - ny * 2 - 1), (b[0], b[1] - 1)]
        sheet.brush(geometry.resample(shine, 5), wood.glint, 2, 0.6)
        sheet.contour(rounded(stick, 3), wood.line, 1.6)


def board(sheet: Sheet, block: Block, color: str = "#C69A62") -> None:
    """A cutting board with end grain."""
    wood = tone(color)
    block.paint(sheet, wood, soft=10)
    for i in range(16):
        v = -0.94 + 1.88 * (i + sheet.rng.uniform(0.2, 0.8)) / 16
        a, b = sheet.rng.uniform(-0.97, -0.3), sheet.rng.uniform(0.2, 0.97)
        line = geometry.resample([block.at(a, v), block.at(b, v + sheet.rng.uniform(-0.02, 0.02))], 6)
        sheet.brush(line, wood.shade, sheet.rng.uniform(1.2, 3), 0.45)
    for _ in range(9):
        u = -0.95 + 1.9 * sheet.rng.random()
        sheet.brush([block.at(u, 1, 0.85), block.at(u + 0.02, 1, 0.15)], wood.deep, 2, 0.35)
