"""What makes a dish look eaten today: scallion, coriander, mushrooms, blossoms, eggs, peanuts, dishes of sauce."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import geometry, palette, pieces, ware
from demo.illustrations.geometry import TILT
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet

SCALLION = tone("#5E9C46", light_to="#F2F7B8")
PEANUT = tone("#C8874C")
BLACK_BEAN = tone("#2C2630", shade_to="#07060A")
MUNG = tone("#7F9A3E")
SOYBEAN = tone("#E2BE74")
RICE = tone("#F4EEE0", shade_to="#6A5A50")
RED_RICE = tone("#8E2330")


def scallions(sheet: Sheet, cx: float, cy: float, spread: float, count: int, size: float = 11) -> None:
    """Chopped scallion rings strewn around a point."""
    for _ in range(count):
        angle, reach = sheet.rng.uniform(0, math.tau), spread * math.sqrt(sheet.rng.random())
        scallion_ring(
            sheet,
            cx + reach * math.cos(angle),
            cy + reach * math.sin(angle) * (TILT + 0.12),
            size * sheet.rng.uniform(0.7, 1.15),
        )


def scallion_ring(sheet: Sheet, x: float, y: float, size: float) -> None:
    """One ring of scallion."""
    turn = sheet.rng.uniform(-40, 40)
    ring = geometry.rotate(geometry.ellipse(x, y, size, size * 0.62, count=12), turn, x, y)
    hole = geometry.rotate(geometry.ellipse(x, y - size * 0.06, size * 0.55, size * 0.3, count=12), turn, x, y)
    sheet.fill(geometry.shift(ring, 1.5, 3), "#1E0E0A", 0.3)
    sheet.fill(ring, SCALLION.base)
    sheet.fill(geometry.crescent(ring, 0, 0.5, size * 0.3), SCALLION.shade, 0.7)
    sheet.fill(hole, "#DDEBA8")
    sheet.thread([*ring, ring[0]], SCALLION.line, max(0.9, size * 0.1), 0.7)


def scallion_stalk(sheet: Sheet, x0: float, y0: float, x1: float, y1: float) -> None:
    """A whole scallion: white root end at the first point, green leaves at the second."""
    dx, dy = x1 - x0, y1 - y0
    white, green = tone("#EEF0DA"), SCALLION
    sheet.thread([(x0 + 4, y0 + 9), (x1, y1 + 9)], "#1E0E0A", 9, 0.25)
    for bend in (-14, 0, 15):
        line = geometry.curve(
            [
                (x0 + dx * 0.35, y0 + dy * 0.35),
                (x0 + dx * 0.7, y0 + dy * 0.7 + bend * 0.5),
                (x1 + bend * 0.3, y1 + bend),
            ]
        )
        sheet.brush(line, green.line, 15, 0.8, taper=0.6)
        sheet.brush(line, green.base if bend else green.light, 12, taper=0.6)
    stem = [(x0, y0), (x0 + dx * 0.2, y0 + dy * 0.2), (x0 + dx * 0.42, y0 + dy * 0.42)]
    sheet.thread(stem, white.line, 15, 0.8)
    sheet.thread(stem, white.base, 12)
    sheet.thread([(x0 + dx * 0.3, y0 + dy * 0.3), stem[2]], mix("#EEF0DA", "#5E9C46", 0.5), 12, 0.8)
    for k in range(5):
        sheet.brush([(x0, y0), (x0 - dx * 0.05 + k - 2, y0 - dy * 0.05 + (k - 2) * 5)], white.shade, 2, 0.8)


def coriander(sheet: Sheet, x: float, y: float, size: float) -> None:
    """A sprig of coriander."""
    green = tone("#3F7E3C", light_to="#E9F2A0")
    for angle in (-150, -95, -40):
        a = math.radians(angle + sheet.rng.uniform(-10, 10))
        tip = (x + size * math.cos(a), y + size * 0.7 * math.sin(a))
        sheet.brush([(x, y), ((x + tip[0]) / 2, (y + tip[1]) / 2 - 2), tip], green.light, size * 0.09)
        for k in range(3):
            lx, ly = tip[0] + (k - 1) * size * 0.22, tip[1] - (size * 0.16 if k == 1 else 0)
            lobe = geometry.wobble(geometry.ellipse(lx, ly, size * 0.24, size * 0.18, count=9), size * 0.09, sheet.rng)
            sheet.fill(lobe, green.base)
            sheet.fill(
                geometry.ellipse(lx - size * 0.05, ly - size * 0.05, size * 0.1, size * 0.06, count=8), green.light, 0.7
            )
            sheet.thread([*lobe, lobe[0]], green.line, 1.2, 0.6)


def shiitake(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    """A mushroom cap with its cut star."""
    cap = tone("#6B4630")
    outline = geometry.wobble(geometry.ellipse(cx, cy, radius, radius * 0.66), radius * 0.04, sheet.rng)
    sheet.fill(geometry.shift(outline, radius * 0.08, radius * 0.2), "#EBD9B8")
    sheet.contour(geometry.shift(outline, radius * 0.08, radius * 0.2), cap.line, 2)
    sheet.fill(outline, cap.base)
    sheet.fill(geometry.crescent(outline, -0.1, 0.45, radius * 0.45), cap.deep, 0.5)
    sheet.fill(geometry.ellipse(cx - radius * 0.3, cy - radius * 0.26, radius * 0.34, radius * 0.16), cap.light, 0.6)
    for angle in (10, 70, 130):
        a = math.radians(angle)
        dx, dy = radius * 0.52 * math.cos(a), radius * 0.34 * math.sin(a)
        sheet.brush([(cx - dx, cy - dy), (cx, cy), (cx + dx, cy + dy)], "#E9D6AE", radius * 0.13, taper=0.9)
    sheet.contour(outline, cap.line, 2.4)


def peanut(sheet: Sheet, x: float, y: float, size: float, turn: float) -> None:
    """A peanut in its shell."""
    shell = tone("#D9AE6E")
    outline = [
        (x - size, y),
        (x - size * 0.7, y - size * 0.42),
        (x - size * 0.1, y - size * 0.28),
        (x + size * 0.55, y - size * 0.46),
        (x + size, y),
    ]
    outline += [
        (x + size * 0.55, y + size * 0.46),
        (x - size * 0.1, y + size * 0.28),
        (x - size * 0.7, y + size * 0.42),
    ]
    outline = geometry.rotate(outline, turn, x, y)
    sheet.fill(geometry.shift(outline, 4, 6), "#1E0E0A", 0.3)
    sheet.fill(outline, shell.base)
    sheet.fill(geometry.crescent(outline, 0.4, 0.95, size * 0.3, light=(0, -1)), shell.shade, 0.6)
    for i in range(7):
        u = -0.75 + 0.25 * i
        mark = geometry.rotate([(x + size * u, y - size * 0.24), (x + size * (u + 0.05), y + size * 0.22)], turn, x, y)
        sheet.brush(mark, shell.deep, 2, 0.5)
    sheet.contour(outline, shell.line, 2.2)


def egg(sheet: Sheet, x: float, y: float, size: float, turn: float = 0, color: str = "#E3B184") -> None:
    """A hen's egg."""
    shell = tone(color)
    outline = [
        (x + size * math.cos(a) * (1 + 0.13 * math.cos(a)), y + size * 0.76 * math.sin(a))
        for a in (math.tau * i / 24 for i in range(24))
    ]
    outline = geometry.rotate(outline, turn, x, y)
    sheet.fill(geometry.shift(outline, 7, 11), "#1E0E0A", 0.25)
    sheet.fill(outline, shell.base)
    for depth in (0.6, 0.4, 0.2):
        sheet.fill(geometry.crescent(outline, -0.05, 0.45, size * depth), shell.deep, 0.22)
    sheet.fill(geometry.ellipse(x - size * 0.25, y - size * 0.3, size * 0.45, size * 0.24), shell.light, 0.6)
    sheet.fill(geometry.ellipse(x - size * 0.34, y - size * 0.38, size * 0.15, size * 0.08), shell.glint, 0.9)
    sheet.contour(outline, shell.line, 2.4)


def blossom_sprig(sheet: Sheet, x: float, y: float, size: float) -> None:
    """A plum twig in flower, lying on the table."""
    bark = tone("#5A3A2C")
    line = geometry.curve(
        [(x, y), (x + size * 0.3, y - size * 0.14), (x + size * 0.62, y - size * 0.1), (x + size, y - size * 0.3)]
    )
    sheet.brush(geometry.shift(line, 4, 8), "#1E0E0A", size * 0.05, 0.3)
    sheet.brush(line, bark.base, size * 0.055, taper=0.5)
    sheet.brush([line[8], (x + size * 0.42, y - size * 0.36)], bark.base, size * 0.035)
    for share, dx, dy, r in (
        (0.25, 0, -0.04, 0.085),
        (0.55, 0.02, 0.05, 0.1),
        (0.8, -0.02, -0.06, 0.09),
        (0.98, 0, 0, 0.06),
        (0.4, 0.06, -0.25, 0.08),
    ):
        px, py = line[int(share * (len(line) - 1))]
        _blossom(sheet, px + dx * size, py + dy * size, r * size)


def _blossom(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    petal = tone("#F3C9CB", shade_to="#8A2A44")
    for k in range(5):
        a = math.tau * k / 5 - 1.4
        px, py = cx + radius * 0.62 * math.cos(a), cy + radius * 0.52 * math.sin(a)
        outline = geometry.ellipse(px, py, radius * 0.52, radius * 0.46, count=12)
        sheet.fill(outline, petal.base if k % 2 else petal.light)
        sheet.contour(outline, petal.line, 1.4)
    sheet.fill(geometry.ellipse(cx, cy, radius * 0.24, radius * 0.2, count=10), "#B5374F", 0.75)
    for k in range(6):
        a = math.tau * k / 6
        sheet.fill(
            geometry.ellipse(
                cx + radius * 0.34 * math.cos(a), cy + radius * 0.3 * math.sin(a), radius * 0.06, radius * 0.06, count=6
            ),
            "#E9B44C",
        )


def sauce_dish(
    sheet: Sheet, cx: float, base: float, radius: float, sauce: str, glaze: palette.Tone = ware.PORCELAIN
) -> None:
    """A little dish of something to dip in."""
    dish = ware.cup(cx, base, radius, glaze, height=radius * 0.5)
    dish.open(sheet)
    ware.wine(sheet, dish, radius * 0.14, sauce)
    dish.close(sheet)


def peanut_dish(sheet: Sheet, cx: float, base: float, radius: float) -> None:
    """A little dish of red-skinned peanuts."""
    dish = ware.cup(cx, base, radius, ware.CELADON, height=radius * 0.5)
    dish.open(sheet)
    skin = palette.tone("#A4482F")
    for i in range(26):
        a, reach = i * 2.4, radius * 0.76 * math.sqrt(i / 26)
        x, y = cx + reach * math.cos(a), dish.cy + 2 + reach * math.sin(a) * TILT * 0.9 - (radius - reach) * 0.14
        pieces.grain(sheet, x, y, radius * 0.32, skin, plump=0.66)
    dish.close(sheet)


def spoon(sheet: Sheet, x: float, y: float, length: float, turn: float, color: str = "#EFEAE0") -> None:
    """A porcelain soup spoon; its bowl is at (x, y), its handle points along `turn`."""
    glaze = tone(color, shade_to="#4A4A66")
    w = length * 0.21
    handle = [
        (x + w * 0.9, y - w * 0.34),
        (x + length * 0.5, y - w * 0.2),
        (x + length * 0.94, y - w * 0.26),
        (x + length, y),
    ]
    handle += [(x + length * 0.94, y + w * 0.26), (x + length * 0.5, y + w * 0.2), (x + w * 0.9, y + w * 0.34)]
    scoop = geometry.ellipse(x, y, w * 1.3, w * 0.88)
    handle, bowl = geometry.rotate(handle, turn, x, y), geometry.rotate(scoop, turn, x, y)
    hollow = geometry.scale(bowl, 0.8, x, y)
    for shape in (handle, bowl):
        sheet.fill(geometry.shift(shape, 8, 12), "#1E0E0A", 0.24)
    sheet.fill(handle, glaze.base)
    sheet.fill(geometry.crescent(handle, 0.5, 0.98, w * 0.12, light=(0, -1)), glaze.shade, 0.8)
    sheet.contour(handle, glaze.line, 2.4)
    sheet.fill(bowl, glaze.light)
    sheet.fill(hollow, glaze.shade, 0.8)
    sheet.fill(geometry.crescent(hollow, 0.0, 0.5, w * 0.7), glaze.light, 0.9)
    sheet.fill(geometry.ellipse(x + w * 0.3, y + w * 0.2, w * 0.3, w * 0.14), glaze.glint, 0.9)
    sheet.contour(bowl, glaze.line, 2.6)
