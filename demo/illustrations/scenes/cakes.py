"""Cakes and kueh: flaky, split, stamped, pounded, fried."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import garnish, geometry, pieces, ware, weaving
from demo.illustrations.geometry import Outline
from demo.illustrations.palette import Tone, tone
from demo.illustrations.scenes import pastry
from demo.illustrations.sheet import Picture, Scene, Sheet

PINK = tone("#DE6E74", shade_to="#6A1428", light_to="#FFE9E2")
TURTLE = tone("#B8202E", shade_to="#3A0410", light_to="#FF9C88")
MOCHI = tone("#E9D3AC", shade_to="#6A4428")


def mung_cake(picture: Picture) -> None:
    """A pile of flaky cakes with their red stamp, one broken over mung paste."""
    sheet = picture.things
    picture.ground(390, 640, 260, 60)
    ware.Plate(390, 610, 335, ware.CELADON).paint(sheet)
    for cx, cy in ((250, 580), (395, 545), (535, 585), (322, 500), (466, 500)):
        pastry.flaky_cake(sheet, cx, cy, 98)
    pastry.broken_cake(sheet, 400, 660)
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
        pastry.crisp_bar(sheet, cx, cy, 190, 84, 58, turn)
    pastry.crisp_bar(sheet, 345, 495, 190, 84, 58, -16)
    pastry.wrapped_bar(sheet, 560, 560, -24)
    pastry.wrapped_bar(sheet, 520, 665, 10)
    pastry.crisp_bar(sheet, 330, 690, 150, 84, 58, 14)
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
    for _ in range(110):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * 0.97
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
    "xinchun-mung-cake": Scene("bakery", mung_cake, focus=(392, 570, 1.22)),
    "xinchun-red-rice-cake": Scene("bakery", red_rice_cake, focus=(398, 540, 1.14)),
    "xinchun-peanut-candy": Scene("bakery", peanut_candy, focus=(400, 585, 1.28)),
    "xinchun-peanut-candy-wrapped": Scene("bakery", peanut_candy, focus=(545, 610, 2.1)),
    "zhengda-red-turtle": Scene("bakery", red_turtle, focus=(400, 560, 1.08)),
    "zhengda-mochi": Scene("bakery", mochi, focus=(395, 560, 1.18)),
    "zhengda-radish-cake": Scene("bakery", radish_cake, focus=(400, 560, 1.12)),
}
