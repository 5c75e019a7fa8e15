"""Cakes and kueh: flaky, split, stamped, pounded, fried."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import garnish, geometry, palette, pieces, ware, weaving
from demo.illustrations.geometry import TILT, Outline
from demo.illustrations.palette import Tone, mix, tone
from demo.illustrations.sheet import Picture, Sheet

CRUST = tone("#DDA95C", shade_to="#6A2E12", light_to="#FFF3C8")
PINK = tone("#DE6E74", shade_to="#6A1428", light_to="#FFE9E2")
TURTLE = tone("#B8202E", shade_to="#3A0410", light_to="#FF9C88")
MOCHI = tone("#F0E8DA", shade_to="#6A5248")
PRALINE = tone("#D8A860", shade_to="#6A3412", light_to="#FFF0C4")


def mung_cake(picture: Picture) -> None:
    """A pile of flaky cakes with their red stamp, one broken over mung paste."""
    sheet = picture.things
    picture.ground(390, 640, 260, 60)
    ware.Plate(390, 610, 335, ware.CELADON).paint(sheet)
    for cx, cy in ((250, 580), (395, 545), (535, 585), (322, 500), (466, 500)):
        flaky_cake(sheet, cx, cy, 98)
    _broken_cake(sheet, 400, 660)
    pieces.scatter(sheet, 690, 745, 54, 16, 19, garnish.MUNG, plump=0.78)
    pieces.scatter(sheet, 100, 735, 40, 9, 19, garnish.MUNG, plump=0.78)


def red_rice_cake(picture: Picture) -> None:
    """Four split sponges in a steamer, in their own steam."""
    sheet = picture.things
    picture.ground(400, 650, 300, 150)
    steamer = weaving.Steamer(400, 700, 330, 150)
    steamer.open(sheet)
    for cx, cy in ((290, 500), (500, 492), (270, 604), (520, 604), (396, 560)):
        _smiling_sponge(sheet, cx, cy, 96)
    steamer.close(sheet)
    picture.steam(400, 430, 380, 4, 0.5)


def peanut_candy(picture: Picture) -> None:
    """Layered crisp bars, wrapped and unwrapped, and peanuts."""
    sheet = picture.things
    picture.ground(380, 640, 230, 60)
    pieces.board(sheet, pieces.Block(390, 640, 620, 430, 24, -12), "#A9753F")
    for cx, cy, turn in ((265, 600, -20), (300, 520, -20), (430, 545, -8), (350, 560, -30)):
        crisp_bar(sheet, cx, cy, 190, 84, 58, turn)
    crisp_bar(sheet, 345, 495, 190, 84, 58, -16)
    _wrapped_bar(sheet, 560, 560, -24)
    _wrapped_bar(sheet, 520, 665, 10)
    crisp_bar(sheet, 330, 690, 150, 84, 58, 14)
    for place in ((150, 715, 38, 20), (215, 745, 38, -30), (680, 715, 38, 70), (640, 760, 38, 10)):
        garnish.peanut(sheet, *place)
    for _ in range(60):
        x, y = sheet.rng.uniform(220, 480), sheet.rng.uniform(660, 760)
        pieces.kernel(
            sheet, x, y, sheet.rng.uniform(4, 10), sheet.rng.choice(("#E2B872", "#C48E4A")), sheet.rng.uniform(0, 180)
        )


def red_turtle(picture: Picture) -> None:
    """Three lacquer-red turtles on leaves, the wooden mould behind them."""
    sheet = picture.things
    picture.ground(600, 420, 110, 40)
    _mould(sheet, 585, 420)
    picture.ground(380, 640, 300, 26)
    for cx, cy, turn in ((250, 520, -10), (520, 610, 8), (250, 690, -4)):
        weaving.leaf(sheet, cx, cy + 10, 430, 190, turn)
        _turtle(sheet, cx, cy - 16, 150, 104, turn)
    picture.steam(300, 450, 330, 3, 0.35)


def mochi(picture: Picture) -> None:
    """Soft balls rolled in peanut, one lifted and stretching."""
    sheet = picture.things
    picture.ground(390, 640, 260, 50)
    ware.Plate(390, 620, 330, tone("#5D4A40")).paint(sheet, "#A98A5A")
    powder = geometry.wobble(geometry.ellipse(390, 620, 240, 92), 12, sheet.rng)
    sheet.fill(powder, "#C79A58")
    for cx, cy in ((270, 560), (400, 530), (515, 570), (210, 630), (335, 620), (470, 650), (590, 640), (370, 690)):
        _powdered_ball(sheet, cx, cy, 66)
    for _ in range(160):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        x, y = 390 + 262 * reach * math.cos(a), 632 + 100 * reach * math.sin(a)
        if y > 640:
            pieces.kernel(
                sheet,
                x,
                y,
                sheet.rng.uniform(4, 9),
                sheet.rng.choice(("#E7C488", "#B98448", "#D9AC68")),
                sheet.rng.uniform(0, 180),
            )
    _powdered_ball(sheet, 540, 470, 60)
    pieces.chopsticks(sheet, 770, 250, 560, 470)


def radish_cake(picture: Picture) -> None:
    """Slices fried gold on both faces, chopsticks, scallion."""
    sheet = picture.things
    picture.ground(390, 650, 280, 50)
    ware.Plate(390, 620, 345, tone("#3F5F74")).paint(sheet, "#B9CBD2")
    for i, (cx, cy) in enumerate(((270, 560), (345, 575), (420, 590), (495, 606))):
        _fried_slice(sheet, cx, cy + 30, 210, 34, 150, 62 - i)
    _flat_slice(sheet, 300, 690)
    garnish.scallions(sheet, 380, 560, 150, 26, 12)
    garnish.coriander(sheet, 560, 680, 54)
    pieces.chopsticks(sheet, 780, 470, 600, 690)
    picture.steam(380, 450, 330, 3, 0.45)


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


def _broken_cake(sheet: Sheet, cx: float, cy: float) -> None:
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


def _smiling_sponge(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    sheet.fill(geometry.ellipse(cx + 8, cy + radius * 0.5, radius * 0.8, radius * 0.3), "#3A1608", 0.4)
    paper = [
        (cx - radius * 0.86, cy),
        (cx + radius * 0.86, cy),
        (cx + radius * 0.62, cy + radius * 0.56),
        (cx, cy + radius * 0.68),
        (cx - radius * 0.62, cy + radius * 0.56),
    ]
    white = tone("#EFE3D0")
    sheet.fill(pieces.rounded(paper, 12), white.base)
    for i in range(9):
        x = cx + radius * (-0.76 + 0.19 * i)
        sheet.brush(
            [(x, cy + 6), (cx + (x - cx) * 0.74, cy + radius * 0.58)], white.deep if i > 4 else white.shade, 3, 0.5
        )
    sheet.contour(pieces.rounded(paper, 12), white.line, 2.2)
    dome = geometry.ellipse(cx, cy + 4, radius, radius * 0.86, 180, 360, 14) + geometry.ellipse(
        cx, cy + 4, radius, radius * 0.26, 0, 180, 12
    )
    dome = geometry.wobble(dome, 5, sheet.rng)
    sheet.fill(dome, PINK.base)
    for depth, strength in ((0.8, 0.2), (0.5, 0.25), (0.26, 0.3)):
        sheet.fill(geometry.crescent(dome, 0.4, 0.98, radius * depth, light=(-0.8, -0.4)), PINK.deep, strength)
    sheet.fill(geometry.ellipse(cx - radius * 0.46, cy - radius * 0.4, radius * 0.26, radius * 0.2), PINK.light, 0.8)
    middle = (cx + 2, cy - radius * 0.36)
    for angle in (-98, 20, 158):
        a = math.radians(angle)
        tip = (middle[0] + radius * 0.72 * math.cos(a), middle[1] + radius * 0.52 * math.sin(a))
        side = (-math.sin(a) * radius * 0.17, math.cos(a) * radius * 0.15)
        mid = (middle[0] * 0.5 + tip[0] * 0.5, middle[1] * 0.5 + tip[1] * 0.5)
        split = [middle, (mid[0] + side[0], mid[1] + side[1]), tip, (mid[0] - side[0], mid[1] - side[1])]
        sheet.fill(geometry.wobble(split, 3, sheet.rng), "#F9D9D0")
        sheet.brush([middle, mid, tip], "#E9A59E", 6, 0.8)
    for _ in range(34):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * 0.8
        x, y = cx + radius * reach * math.cos(a), cy - radius * 0.26 + radius * 0.46 * reach * math.sin(a)
        sheet.fill(geometry.ellipse(x, y, 2.4, 1.8, count=6), PINK.deep, 0.4)
    sheet.contour(dome, PINK.line, 2.6)


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


def _wrapped_bar(sheet: Sheet, cx: float, cy: float, turn: float) -> None:
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


def _turtle(sheet: Sheet, cx: float, cy: float, rx: float, ry: float, turn: float) -> None:
    sheet.fill(geometry.ellipse(cx + 10, cy + 34, rx, ry * 0.74), "#1E0A0A", 0.36)
    base = geometry.rotate(geometry.ellipse(cx, cy + 16, rx, ry * 0.8), turn, cx, cy)
    sheet.fill(base, TURTLE.deep)
    shell = geometry.wobble(geometry.rotate(geometry.ellipse(cx, cy, rx * 0.99, ry * 0.8), turn, cx, cy), 4, sheet.rng)
    sheet.fill(shell, TURTLE.base)
    sheet.fill(geometry.crescent(shell, -0.05, 0.45, 46), TURTLE.deep, 0.34)
    sheet.fill(geometry.crescent(shell, -0.05, 0.45, 22), TURTLE.deep, 0.34)
    _shell_pattern(sheet, cx, cy - 4, rx * 0.72, ry * 0.56, turn)
    glow = geometry.rotate(
        geometry.ellipse(cx - rx * 0.36, cy - ry * 0.4, rx * 0.4, ry * 0.15), turn - 8, cx - rx * 0.36, cy - ry * 0.4
    )
    sheet.fill(glow, "#FFD9CC", 0.75)
    sheet.fill(geometry.ellipse(cx + rx * 0.24, cy - ry * 0.56, rx * 0.16, ry * 0.06), "#FFD9CC", 0.5)
    sheet.contour(geometry.scale(shell, 1.01, cx, cy), TURTLE.line, 3)


def _shell_pattern(sheet: Sheet, cx: float, cy: float, rx: float, ry: float, turn: float) -> None:
    def carve(points: Outline, width: float = 5) -> None:
        line = geometry.rotate(points, turn, cx, cy)
        sheet.brush(geometry.shift(line, 1.5, 2.5), "#FF8E7C", width, 0.55, taper=0.3)
        sheet.brush(line, "#5E0A16", width, 0.8, taper=0.3)

    rim = geometry.ellipse(cx, cy, rx, ry)
    carve([*rim, rim[0]], 5)
    hexagon = [
        (cx + rx * 0.44 * math.cos(math.tau * k / 6), cy + ry * 0.46 * math.sin(math.tau * k / 6)) for k in range(6)
    ]
    for k in range(6):
        carve(geometry.resample([hexagon[k], hexagon[(k + 1) % 6]], 5))
        x, y = hexagon[k]
        carve(geometry.resample([(x, y), (cx + (x - cx) * 2.2, cy + (y - cy) * 2.1)], 4))
    petals = [
        geometry.ellipse(cx + rx * 0.17 * math.cos(a), cy + ry * 0.18 * math.sin(a), rx * 0.11, ry * 0.12, count=10)
        for a in (0.3, 1.55, 2.8, 4.05, 5.3)
    ]
    for petal in petals:
        carve([*petal, petal[0]], 3)


def _mould(sheet: Sheet, cx: float, cy: float) -> None:
    wood = tone("#8A5A34")
    block = pieces.Block(cx, cy, 300, 250, 44, 24)
    handle = pieces.Block(cx + 178, cy + 34, 150, 70, 30, 24)
    handle.paint(sheet, wood, soft=12)
    pieces.board(sheet, block, "#8A5A34")
    x, y = block.at(0, 0)
    hollow = geometry.rotate(geometry.ellipse(x, y, 104, 42), 8, x, y)
    sheet.fill(hollow, wood.deep)
    sheet.fill(geometry.crescent(hollow, 0.05, 0.5, 20), wood.light, 0.45)
    for k in range(6):
        a = math.tau * k / 6
        sheet.brush(
            [(x + 30 * math.cos(a), y + 12 * math.sin(a)), (x + 86 * math.cos(a), y + 34 * math.sin(a))],
            wood.light,
            4,
            0.5,
        )
    ring = geometry.ellipse(x, y, 34, 14)
    sheet.thread([*ring, ring[0]], wood.light, 3.5, 0.6)
    sheet.thread([*hollow, hollow[0]], wood.line, 2.4, 0.8)


def _powdered_ball(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    sheet.fill(geometry.ellipse(cx + 9, cy + radius * 0.66, radius * 0.95, radius * 0.36), "#2A120A", 0.4)
    dough: Tone = MOCHI
    outline = geometry.wobble(geometry.ellipse(cx, cy, radius * 1.04, radius * 0.84), radius * 0.05, sheet.rng)
    sheet.fill(outline, dough.base)
    for depth, strength in ((0.8, 0.25), (0.5, 0.3), (0.26, 0.35)):
        sheet.fill(geometry.crescent(outline, -0.1, 0.45, radius * depth), "#8A5A38", strength)
    for _ in range(64):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * 0.95
        x, y = cx + radius * reach * math.cos(a), cy + radius * 0.8 * reach * math.sin(a)
        dark = x > cx + radius * 0.3 or y > cy + radius * 0.3
        color = sheet.rng.choice(("#B98448", "#9A6630") if dark else ("#E7C488", "#D6A765", "#F2DCAC"))
        pieces.kernel(sheet, x, y, sheet.rng.uniform(5, 10), color, sheet.rng.uniform(0, 180), 0.62)
    sheet.fill(geometry.ellipse(cx - radius * 0.3, cy - radius * 0.36, radius * 0.32, radius * 0.18), "#FFFBEF", 0.55)
    sheet.contour(outline, dough.line, 2.6)


def _fried_slice(sheet: Sheet, cx: float, cy: float, width: float, depth: float, height: float, turn: float) -> None:
    block = pieces.Block(cx, cy, width, depth, height, turn - 70)
    fried = tone("#EAD9AE", shade_to="#7A4A1A", light_to="#FFFDF0")
    foot = [block.at(-1, 1, 0), block.at(1, 1, 0), block.at(1, -1, 0), block.at(-1, -1, 0)]
    sheet.fill(geometry.shift(pieces.rounded(foot, 8), 10, 8), "#10161C", 0.4)
    block.paint(sheet, fried, soft=12)
    face = block.front()
    mx, my = geometry.center(face)
    sheet.fill(geometry.wobble(pieces.rounded(geometry.scale(face, 0.95, mx, my), 14), 4, sheet.rng), "#D9962F", 0.85)
    sheet.fill(geometry.wobble(pieces.rounded(geometry.scale(face, 0.72, mx, my), 14), 8, sheet.rng), "#EDBE5E", 0.9)
    sheet.fill(
        geometry.wobble(pieces.rounded(geometry.scale(face, 0.4, mx - 14, my - 10), 14), 8, sheet.rng), "#F7DC94", 0.8
    )
    for _ in range(18):
        x, y = block.at(sheet.rng.uniform(-0.85, 0.85), 1, sheet.rng.uniform(0.1, 0.9))
        sheet.brush(
            [(x, y), (x + sheet.rng.uniform(-16, 16), y + sheet.rng.uniform(-8, 8))],
            sheet.rng.choice(("#FFF6DC", "#A85E16")),
            3,
            0.6,
        )
    sheet.contour(pieces.rounded(block.silhouette(), 12), fried.line, 2.4)


def _flat_slice(sheet: Sheet, cx: float, cy: float) -> None:
    block = pieces.Block(cx, cy, 220, 150, 34, -20)
    fried = tone("#EAD9AE", shade_to="#7A4A1A", light_to="#FFFDF0")
    foot = [block.at(-1, 1, 0), block.at(1, 1, 0), block.at(1, -1, 0), block.at(-1, -1, 0)]
    sheet.fill(geometry.shift(pieces.rounded(foot, 8), 12, 9), "#10161C", 0.4)
    block.paint(sheet, fried, soft=14)
    top = block.top()
    mx, my = geometry.center(top)
    sheet.fill(geometry.wobble(pieces.rounded(geometry.scale(top, 0.94, mx, my), 12), 4, sheet.rng), "#D9962F", 0.9)
    sheet.fill(geometry.wobble(pieces.rounded(geometry.scale(top, 0.7, mx, my), 12), 6, sheet.rng), "#EDBE5E", 0.9)
    sheet.fill(geometry.ellipse(mx - 30, my - 8, 44, 12), "#FBEBB4", 0.8)
    for _ in range(22):
        x, y = block.at(sheet.rng.uniform(-0.8, 0.8), sheet.rng.uniform(-0.8, 0.8))
        sheet.brush(
            [(x, y), (x + sheet.rng.uniform(-14, 14), y + sheet.rng.uniform(-5, 5))],
            sheet.rng.choice(("#FFF6DC", "#A85E16")),
            2.6,
            0.6,
        )


SCENES = {
    "xinchun-mung-cake": ("bakery", mung_cake),
    "xinchun-red-rice-cake": ("bakery", red_rice_cake),
    "xinchun-peanut-candy": ("bakery", peanut_candy),
    "zhengda-red-turtle": ("bakery", red_turtle),
    "zhengda-mochi": ("bakery", mochi),
    "zhengda-radish-cake": ("bakery", radish_cake),
}
