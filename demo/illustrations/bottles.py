"""Glass and its contents, gourds, flasks, vats: the rest of the cellar."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry, palette, ware
from demo.illustrations.geometry import Outline
from demo.illustrations.lathe import Solid
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet

GLASS = "#DDE6DC"


def glass(sheet: Sheet, solid: Solid, content: str, level: float) -> None:
    """A glass body holding something colored up to `level` (0..1 of its height)."""
    fill = tone(content)
    outline = solid.outline()
    sheet.fill(outline, GLASS, 0.42, angular=True)
    span = solid.top - solid.bottom
    top = solid.bottom + span * level
    inner = _inside(solid, solid.bottom + span * 0.03, top)
    sheet.fill(inner, fill.base, angular=True)
    for i in range(5):
        sheet.fill(solid.band(0.15 + 0.15 * i, 0.95, solid.bottom + span * 0.03, top), fill.deep, 0.14, angular=True)
    sheet.fill(solid.band(0.55, 0.8, solid.bottom + span * 0.06, top - span * 0.04), mix(content, "#FF9A50", 0.5), 0.4)
    sheet.fill(solid.band(-0.9, -0.55, solid.bottom + span * 0.03, top), fill.light, 0.32, angular=True)
    r = solid.radius(top) * 0.95
    surface = geometry.ellipse(solid.cx, solid.base - top, r, r * solid.tilt)
    sheet.fill(surface, mix(content, "#FFE2C0", 0.3))
    sheet.thread([*surface, surface[0]], mix(content, "#FFF0DA", 0.6), 1.8, 0.8)
    sheet.fill(solid.band(-0.74, -0.56, solid.bottom + span * 0.12, solid.bottom + span * 0.88), "#FFFFFF", 0.62)
    sheet.fill(solid.band(-0.46, -0.4, solid.bottom + span * 0.2, solid.bottom + span * 0.8), "#FFFFFF", 0.4)
    sheet.fill(solid.band(0.84, 0.9, solid.bottom + span * 0.1, solid.bottom + span * 0.8), "#FFFFFF", 0.4)
    sheet.contour(outline, "#3B3A36", 2.8)


def _inside(solid: Solid, low: float, high: float) -> Outline:
    heights = [low + (high - low) * i / 16 for i in range(17)]
    right = [(solid.cx + solid.radius(h) * 0.95, solid.base - h) for h in reversed(heights)]
    left = [(solid.cx - solid.radius(h) * 0.95, solid.base - h) for h in heights]
    r = solid.radius(low) * 0.95
    return right + geometry.ellipse(solid.cx, solid.base - low, r, r * solid.tilt, 8, 172, 10) + left


def wine_bottle(cx: float, base: float, width: float, height: float) -> Solid:
    """A clear bottle with sloping shoulders."""
    r = width / 2
    profile = [
        (0.0, r * 0.92),
        (height * 0.03, r),
        (height * 0.3, r),
        (height * 0.56, r * 0.98),
        (height * 0.7, r * 0.62),
    ]
    profile += [(height * 0.78, r * 0.36), (height * 0.94, r * 0.32), (height, r * 0.36)]
    return Solid(cx, base, profile)


def milk_bottle(cx: float, base: float, width: float, height: float) -> Solid:
    """A milk bottle with a wide mouth."""
    r = width / 2
    profile = [(0.0, r * 0.9), (height * 0.04, r), (height * 0.3, r), (height * 0.55, r), (height * 0.74, r * 0.66)]
    profile += [(height * 0.82, r * 0.56), (height * 0.93, r * 0.58), (height, r * 0.64)]
    return Solid(cx, base, profile)


def preserve_jar(cx: float, base: float, width: float, height: float) -> Solid:
    """A straight-sided glass jar."""
    r = width / 2
    profile = [
        (0.0, r * 0.9),
        (height * 0.05, r),
        (height * 0.4, r),
        (height * 0.78, r),
        (height * 0.9, r * 0.84),
        (height, r * 0.84),
    ]
    return Solid(cx, base, profile)


def stopper(sheet: Sheet, solid: Solid, color: str, height: float, wider: float = 1.12) -> None:
    """A cork, a lid or a sealed cap on a bottle's mouth."""
    r = solid.profile[-1][1] * wider
    cap = Solid(solid.cx, solid.base - solid.top + height * 0.18, [(0.0, r), (height * 0.5, r), (height, r * 0.95)])
    cap.paint(sheet, tone(color), 0.5)
    lid = cap.rim()
    sheet.fill(lid, tone(color).light)
    sheet.contour(lid, tone(color).line, 2)


def gourd(cx: float, base: float, width: float, height: float) -> Solid:
    """A bottle-gourd flask: two bellies and a waist."""
    r = width / 2
    profile = [
        (0.0, r * 0.56),
        (height * 0.05, r * 0.74),
        (height * 0.24, r),
        (height * 0.42, r * 0.84),
        (height * 0.54, r * 0.42),
    ]
    profile += [
        (height * 0.6, r * 0.42),
        (height * 0.72, r * 0.62),
        (height * 0.82, r * 0.5),
        (height * 0.9, r * 0.22),
        (height * 0.96, r * 0.17),
        (height, r * 0.2),
    ]
    return Solid(cx, base, profile)


def flask(cx: float, base: float, width: float, height: float) -> Solid:
    """A pear-shaped porcelain wine flask."""
    r = width / 2
    profile = [
        (0.0, r * 0.62),
        (height * 0.05, r * 0.7),
        (height * 0.24, r),
        (height * 0.42, r * 0.9),
        (height * 0.62, r * 0.44),
    ]
    profile += [(height * 0.8, r * 0.25), (height * 0.93, r * 0.3), (height, r * 0.42)]
    return Solid(cx, base, profile)


def vat(sheet: Sheet, cx: float, base: float, width: float, height: float, text: str = "") -> None:
    """A great fir vat with bamboo hoops."""
    wood = tone("#A9713F")
    r = width / 2
    solid = Solid(cx, base, [(0.0, r * 0.9), (height * 0.5, r * 0.96), (height, r)], tilt=0.22)
    solid.paint(sheet, wood, 0.0)
    for i in range(15):
        turn = math.sin(-1.45 + 2.9 * i / 14)
        sheet.brush(
            [solid.at(height * 0.99, turn), solid.at(height * 0.5, turn), solid.at(3, turn)],
            wood.line,
            3,
            0.5,
            taper=0.1,
        )
        for _ in range(2):
            low = sheet.rng.uniform(0.05, 0.6) * height
            near = turn + sheet.rng.uniform(0.02, 0.1)
            if near < 0.97:
                sheet.brush([solid.at(low, near), solid.at(low + height * 0.3, near)], wood.shade, 2.5, 0.45)
    for share in (0.12, 0.2, 0.78, 0.86):
        hoop = solid.ring(height * share, -0.999, 0.999)
        sheet.thread(hoop, "#5A3B22", height * 0.036, 0.9)
        sheet.thread(geometry.shift(hoop, 0, -2), "#C99A55", height * 0.022)
    mouth = solid.rim()
    sheet.fill(mouth, wood.light)
    sheet.fill(solid.rim(r * 0.07), "#3A1F14")
    sheet.contour(mouth, wood.line, 2.4)
    if text:
        ware.paper_label(sheet, cx - r * 0.04, base - height * 0.42, r * 0.42, text)


def mud_cap(sheet: Sheet, solid: Solid) -> None:
    """Lotus leaf over the mouth, three turns of hemp, and a cap of yellow mud pressed on top."""
    r = solid.profile[-1][1]
    top, cx = solid.base - solid.top, solid.cx
    green, mud = tone("#6E7B45"), tone("#B98E5B")
    points = 13
    hem = []
    for i in range(points):
        t = math.pi * i / (points - 1)
        point = r * (0.95 + 0.5 * math.sin(t)) + (r * 0.34 if i % 2 else 0)
        hem.append((cx + r * 1.5 * math.cos(t), top + point))
    skirt = [(cx - r * 1.06, top + r * 0.1), (cx, top - r * 0.2), (cx + r * 1.06, top + r * 0.1), *hem]
    sheet.fill(skirt, green.base, angular=True)
    for i in range(points):
        start = (cx + r * 1.02 * math.cos(math.pi * i / (points - 1)), top + r * 0.3)
        sheet.brush([start, hem[i]], green.deep if i % 2 else green.light, r * 0.06, 0.6)
    sheet.contour(pieces_edge(skirt), green.line, 2.6)
    for drop in (0.36, 0.5, 0.64):
        rope = [
            (cx + r * 1.1 * math.cos(a), top + r * (drop - 0.1) + r * 0.42 * math.sin(a))
            for a in (math.pi * i / 10 for i in range(11))
        ]
        sheet.thread(rope, "#4B3520", r * 0.15)
        sheet.thread(geometry.shift(rope, 0, -1.5), "#C8A876", r * 0.1)
    dome = geometry.ellipse(cx, top + r * 0.06, r * 1.12, r * 0.86, 180, 360, 12) + geometry.ellipse(
        cx, top + r * 0.1, r * 1.12, r * 0.42, 0, 180, 10
    )
    dome = geometry.wobble(dome, r * 0.04, sheet.rng)
    sheet.fill(dome, mud.base)
    for depth in (0.7, 0.4):
        sheet.fill(geometry.crescent(dome, 0.34, 0.9, r * depth, light=(-0.8, -0.4)), mud.deep, 0.32)
    sheet.fill(geometry.ellipse(cx - r * 0.42, top - r * 0.36, r * 0.4, r * 0.22), mud.light, 0.6)
    for _ in range(16):
        x, y = cx + sheet.rng.uniform(-0.85, 0.85) * r, top + sheet.rng.uniform(-0.6, 0.35) * r
        sheet.brush([(x, y), (x + sheet.rng.uniform(4, 14), y + sheet.rng.uniform(-4, 4))], mud.deep, 2.4, 0.45)
    seal = r * 0.34
    sheet.fill(
        [
            (cx - seal, top - seal * 0.7),
            (cx + seal, top - seal * 0.75),
            (cx + seal * 1.04, top + seal * 0.8),
            (cx - seal, top + seal * 0.85),
        ],
        palette.LACQUER,
        0.85,
        angular=True,
    )
    sheet.contour(dome, mud.line, 2.6)


def pieces_edge(corners: Outline) -> Outline:
    """Corner points with midpoints, so that a contour keeps near the corners."""
    return [
        p
        for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True)
        for p in ((x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2))
    ]
