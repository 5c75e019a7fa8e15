"""Vessels: bowls, cups, plates, jars and bottles, turned on the wheel and glazed."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry, lettering, palette
from demo.illustrations.geometry import TILT, Outline, Point
from demo.illustrations.lathe import Solid
from demo.illustrations.palette import Tone, mix, tone
from demo.illustrations.sheet import Sheet

CELADON = tone("#A9C2B0")
PORCELAIN = tone("#EFEAE0", shade_to="#4A4A66")
CLAY = tone("#A9653F")
COARSE = tone("#8C6A4E")
TENMOKU = tone("#34231F", shade_to="#0A0506")
DATE_RED = tone("#7A2A22")
IRON = tone("#4A4A4C")
COBALT = "#2F4A7A"


class Vessel:
    """An open vessel: paint `open`, then what is in it, then `close`, so that the near wall hides what lies behind."""

    def __init__(self, solid: Solid, glaze: Tone, inside: Tone, lip: float = 6) -> None:
        self.solid, self.glaze, self.inside, self.lip = solid, glaze, inside, lip
        self.cx, self.cy = solid.cx, solid.base - solid.top
        self.radius = solid.profile[-1][1]

    def open(self, sheet: Sheet) -> None:
        """The far wall and the hollow: dark on the light's side, lit across from it."""
        rim = self.solid.rim()
        sheet.fill(rim, self.glaze.light)
        hollow = self.solid.rim(self.lip)
        sheet.fill(hollow, self.inside.base)
        for depth, color, share in (
            (0.5, self.inside.shade, 0.4),
            (0.28, self.inside.shade, 0.6),
            (0.14, self.inside.deep, 0.45),
        ):
            sheet.fill(_inner_crescent(hollow, self.radius * depth), color, share)
        sheet.contour(rim, self.glaze.line, 2.2)

    def surface(self, depth: float, inset: float = 0.0) -> Outline:
        """The level of a filling, `depth` below the rim, where it can be seen."""
        r = self.radius - self.lip - depth * 0.5 - inset
        level = geometry.ellipse(self.cx, self.cy + depth * 0.86, r, r * TILT, count=36)
        edge = self.radius - self.lip
        return [_within(p, self.cx, self.cy, edge) for p in level]

    def close(self, sheet: Sheet, gloss: float = 0.8) -> None:
        """The near wall."""
        self.solid.paint(sheet, self.glaze, gloss, mouth_open=True)
        lip = self.solid.ring(self.solid.top)
        sheet.brush(geometry.shift(lip, 0, -2), self.glaze.glint, self.lip * 0.75, 0.85, taper=0.5)


def _inner_crescent(hollow: Outline, depth: float) -> Outline:
    return geometry.crescent(hollow, 0.42, 0.92, depth, light=(0.75, 0.42))


def _within(point: Point, cx: float, cy: float, radius: float) -> Point:
    dx, dy = (point[0] - cx) / radius, (point[1] - cy) / (radius * TILT)
    reach = math.hypot(dx, dy)
    if reach <= 1:
        return point
    return cx + dx / reach * radius, cy + dy / reach * radius * TILT


def bowl(cx: float, base: float, radius: float, height: float, glaze: Tone, inside: Tone | None = None) -> Vessel:
    """A rice or soup bowl on a foot ring."""
    foot = radius * 0.42
    profile = [(0.0, foot), (height * 0.1, foot * 0.98), (height * 0.16, foot * 1.15), (height * 0.45, radius * 0.78)]
    profile += [(height * 0.78, radius * 0.95), (height, radius)]
    return Vessel(Solid(cx, base, profile), glaze, inside or glaze, lip=max(4, radius * 0.035))


def cup(cx: float, base: float, radius: float, glaze: Tone, inside: Tone | None = None, height: float = 0) -> Vessel:
    """A small wine cup, or at less height a dish."""
    height = height or radius * 0.95
    profile = [(0.0, radius * 0.42), (height * 0.12, radius * 0.44), (height * 0.5, radius * 0.86), (height, radius)]
    return Vessel(Solid(cx, base, profile), glaze, inside or glaze, lip=max(3, radius * 0.06))


class Plate:
    """A shallow plate lying at (cx, cy): its rim, its well, and a foot that only shows as a dark edge."""

    def __init__(self, cx: float, cy: float, radius: float, glaze: Tone, rise: float = 12) -> None:
        self.cx, self.cy, self.radius, self.glaze, self.rise = cx, cy, radius, glaze, rise

    def paint(self, sheet: Sheet, band: str | None = None) -> None:
        """The plate, with an optional colored band on its rim."""
        cx, cy, r, glaze = self.cx, self.cy, self.radius, self.glaze
        under = geometry.ellipse(cx, cy + self.rise, r * 0.9, r * 0.88 * TILT)
        sheet.fill(under, glaze.deep)
        sheet.contour(under, glaze.line, 2.6)
        rim = geometry.ellipse(cx, cy, r, r * TILT, count=36)
        sheet.fill(rim, glaze.light)
        sheet.fill(geometry.crescent(rim, 0.98, 1.42, r * 0.08), mix(glaze.light, glaze.shade, 0.5))
        if band:
            for share in (0.955, 0.92):
                ring = geometry.ellipse(cx, cy, r * share, r * share * TILT, count=36)
                sheet.thread([*ring, ring[0]], band, max(1.5, r * 0.012), 0.8)
        well = geometry.ellipse(cx, cy + r * 0.012, r * 0.8, r * 0.8 * TILT, count=36)
        sheet.fill(well, glaze.base)
        sheet.fill(geometry.crescent(well, 0.42, 0.95, r * 0.13, light=(0.7, 0.4)), mix(glaze.base, glaze.shade, 0.5))
        sheet.fill(geometry.crescent(well, 0.0, 0.45, r * 0.08), mix(glaze.base, glaze.glint, 0.7))
        sheet.thread([*well, well[0]], glaze.shade, 1.8, 0.6)
        sheet.contour(rim, glaze.line, 2.8)


def wine(sheet: Sheet, vessel: Vessel, depth: float, color: str) -> None:
    """Fill a vessel with wine: lit through at the near edge, the window mirrored at the upper left."""
    surface = vessel.surface(depth)
    body = tone(color)
    sheet.fill(surface, body.base)
    cx, cy = geometry.center(surface)
    depths = ((0.3, 0.35), (0.14, 0.45))
    lit = [(geometry.crescent(surface, 0.02, 0.5, vessel.radius * d, light=(-0.3, -0.5)), share) for d, share in depths]
    sheet.shade(body.base, mix(color, "#FF8A3C", 0.55), lit)
    sheet.fill(
        geometry.crescent(surface, 0.5, 0.97, vessel.radius * 0.3, light=(0.4, 0.5)), mix(body.base, body.deep, 0.45)
    )
    w = vessel.radius
    pane = geometry.ellipse(cx - w * 0.3, cy - w * 0.06, w * 0.25, w * 0.075)
    sheet.fill(geometry.rotate(pane, -8, cx - w * 0.3, cy - w * 0.06), "#FFF3DC", 0.62)
    sheet.fill(geometry.ellipse(cx + w * 0.08, cy - w * 0.15, w * 0.09, w * 0.025), "#FFF3DC", 0.4)
    sheet.brush([*surface, surface[0]], mix(color, "#FFB27A", 0.45), max(1.6, w * 0.02), 0.75, taper=0.2)


def jar(cx: float, base: float, width: float, height: float, neck: float = 0.5) -> Solid:
    """The body of a wine jar: narrow foot, high belly, short neck."""
    r = width / 2
    profile = [
        (0.0, r * 0.6),
        (height * 0.06, r * 0.64),
        (height * 0.3, r * 0.92),
        (height * 0.52, r),
        (height * 0.7, r * 0.93),
    ]
    profile += [
        (height * 0.83, r * 0.68),
        (height * 0.9, r * neck),
        (height * 0.95, r * neck),
        (height, r * (neck + 0.07)),
    ]
    return Solid(cx, base, profile)


def throwing_rings(sheet: Sheet, solid: Solid, color: str, count: int = 7) -> None:
    """The faint grooves the potter's fingers left."""
    for i in range(count):
        h = solid.bottom + (solid.top - solid.bottom) * (0.08 + 0.7 * i / count) + sheet.rng.uniform(-3, 3)
        sheet.brush(solid.ring(h, -0.96, 0.96), color, 2.6, 0.28, taper=0.9)


def dipped_glaze(sheet: Sheet, solid: Solid, bare: Tone, level: float) -> None:
    """Leave the lower part of a glazed jar bare clay, under a running edge of glaze."""
    span = solid.top - solid.bottom
    edge = []
    for i in range(31):
        turn = -0.999 + 1.998 * i / 30
        drip = math.sin(i * 0.9) * 0.022 + math.sin(i * 0.41 + 1) * 0.03 - (0.035 if i % 7 == 3 else 0)
        edge.append(solid.at(solid.bottom + span * (level + drip), turn))
    edge = geometry.curve(edge, samples=4)
    lower = [solid.at(solid.bottom + span * level * i / 8, 0.999) for i in range(8, -1, -1)]
    foot = solid.ring(solid.bottom)[::-1]
    rise = [solid.at(solid.bottom + span * level * i / 8, -0.999) for i in range(9)]
    sheet.fill(edge + lower + foot + rise, bare.base, angular=True)
    high = solid.bottom + span * (level - 0.06)
    sheet.fill(solid.band(0.35, 0.99, high=high), bare.shade, 0.6, angular=True)
    sheet.fill(solid.band(0.7, 0.99, high=high), bare.deep, 0.55, angular=True)
    sheet.fill(solid.band(-0.85, -0.4, high=high), bare.light, 0.4, angular=True)
    sheet.brush(geometry.shift(edge, 0, 2), bare.deep, 5, 0.7, taper=0.2)


def paper_label(sheet: Sheet, cx: float, cy: float, size: float, text: str, paper: str = palette.LACQUER) -> None:
    """A square of paper hung on its point, with one brushed character."""
    diamond = [(cx, cy - size), (cx + size, cy), (cx, cy + size), (cx - size, cy)]
    fine = tone(paper)
    sheet.fill(geometry.shift(diamond, 3, 4), "#1A0C0A", 0.3, angular=True)
    sheet.fill(diamond, paper, angular=True)
    sheet.fill([diamond[0], diamond[1], diamond[2]], fine.shade, 0.35, angular=True)
    inner = geometry.scale(diamond, 0.86, cx, cy)
    sheet.thread([*_edges(inner), inner[0]], mix(paper, "#F6C977", 0.7), max(1.2, size * 0.03), 0.8)
    letter = size * 1.02
    sheet.path(
        lettering.glyph(text, cx - letter / 2, cy - letter / 2, letter),
        "#F7D9A0" if paper != "#F3E7CF" else palette.INK,
    )


def _edges(corners: Outline) -> Outline:
    """Corner points doubled up along the edges, so that a smooth curve through them stays straight."""
    dense = []
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        dense += [(x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8) for i in range(8)]
    return dense


def strip_label(sheet: Sheet, solid: Solid, low: float, high: float, text: str, paper: str, ink: str) -> None:
    """An upright paper label that bends with the skin of a bottle, its characters one under the other."""
    half = 0.34
    area = solid.band(-half - 0.06, half - 0.06, low, high)
    sheet.fill(area, paper, angular=True)
    sheet.fill(solid.band(half * 0.3, half - 0.06, low, high), tone(paper).shade, 0.3, angular=True)
    top = solid.at(high, -0.06)
    bottom = solid.at(low, -0.06)
    size = min((bottom[1] - top[1]) / (len(text) * 1.04 + 0.3), solid.radius((low + high) / 2) * half * 1.7)
    start = (top[1] + bottom[1]) / 2 - size * 1.04 * len(text) / 2
    sheet.path(lettering.column(text, top[0], start, size), ink)


def cloth_cap(sheet: Sheet, solid: Solid, color: str, string: str = "#D9B36B") -> None:
    """A cloth tied over the mouth of a jar with string: a dome above, a gathered skirt below."""
    fabric = tone(color)
    r = solid.profile[-1][1]
    top, cx = solid.base - solid.top, solid.cx
    dome = geometry.ellipse(cx, top - r * 0.02, r * 1.08, r * 0.52, 180, 360, 12)
    dome += geometry.ellipse(cx, top + r * 0.04, r * 1.08, r * 0.4, 0, 180, 12)
    folds = 15
    hem = []
    for i in range(folds):
        t = math.pi * i / (folds - 1)
        y = top + r * (0.5 + 0.62 * math.sin(t)) + (r * 0.1 if i % 2 else -r * 0.04)
        hem.append((cx + r * 1.42 * math.cos(t), y))
    skirt = [(cx - r * 1.04, top + r * 0.16), (cx, top - r * 0.1), (cx + r * 1.04, top + r * 0.16), *hem]
    sheet.fill(skirt, fabric.base)
    sheet.fill(geometry.crescent(skirt, 0.1, 0.5, r * 0.5, light=(-1, 0)), fabric.shade, 0.5)
    sheet.contour(skirt, fabric.line, 2.6)
    for i in range(1, folds - 1):
        x0 = cx + r * 0.98 * math.cos(math.pi * i / (folds - 1))
        fold = [(x0, top + r * (0.1 + 0.36 * math.sin(math.pi * i / (folds - 1)))), hem[i]]
        sheet.brush(geometry.resample(fold, 6), fabric.deep if i % 2 else fabric.light, r * 0.07, 0.5, taper=0.9)
    sheet.fill(dome, fabric.base)
    sheet.fill(geometry.crescent(dome, 0.38, 0.86, r * 0.42, light=(-0.8, -0.3)), fabric.shade, 0.75)
    sheet.fill(geometry.ellipse(cx - r * 0.36, top - r * 0.2, r * 0.4, r * 0.15), fabric.light, 0.42)
    crease = geometry.curve([(cx - r * 0.1, top - r * 0.3), (cx + r * 0.1, top), (cx + r * 0.16, top + r * 0.36)])
    sheet.brush(crease, fabric.deep, r * 0.04, 0.5)
    sheet.contour(dome, fabric.line, 2.4)
    tie = [
        (cx + r * 1.07 * math.cos(a), top + r * 0.06 + r * 0.4 * math.sin(a))
        for a in (math.pi * i / 12 for i in range(13))
    ]
    for drop in (0, r * 0.1):
        sheet.thread(geometry.shift(tie, 0, drop), mix(string, "#3A1D10", 0.5), r * 0.13)
        sheet.thread(geometry.shift(tie, 0, drop - 1), string, r * 0.08)
