"""The valley: sky, hills, bamboo, and the houses of red brick and swallowtail roofs that the workshops look like."""

import math
from dataclasses import dataclass
from itertools import pairwise

from demo.illustrations import geometry, lettering, palette
from demo.illustrations.geometry import Outline
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Sheet


@dataclass(frozen=True)
class House:
    """How one workshop's front differs from its neighbors'."""

    plaque: str
    wall: str
    sky: str
    hills: str
    bricks: bool = True
    bamboo_left: bool = True
    sun: float = 0.76


def paint(sheet: Sheet, house: House) -> None:
    """Sky, hills, grove, house front and yard, filling an 800 x 800 sheet."""
    _sky(sheet, house)
    _hills(sheet, house.hills)
    _grove(sheet, 60 if house.bamboo_left else 740)
    _walls(sheet, house)
    _door(sheet, house)
    _roof(sheet)
    _plaque(sheet, house.plaque)
    for x in (214, 586):
        _lantern(sheet, x, 356)
    _yard(sheet)


def _sky(sheet: Sheet, house: House) -> None:
    sheet.fill([(0, 0), (800, 0), (800, 800), (0, 800)], house.sky, angular=True)
    low = house.sky
    for i in range(5):
        low = mix(low, mix(house.sky, "#FFF1D6", 0.5), 0.3)
        sheet.fill([(0, 120 + i * 40), (800, 90 + i * 44), (800, 420), (0, 420)], low, angular=True)
    x = 800.0 * house.sun
    for r, share in ((96, 0.22), (70, 0.3), (46, 0.9)):
        sheet.fill(geometry.ellipse(x, 118, r, r), mix(house.sky, "#FFF3CF", 0.85), share)
    for _ in range(9):
        cx, cy = sheet.rng.uniform(-40, 800), sheet.rng.uniform(40, 200)
        length = sheet.rng.uniform(90, 220)
        line = geometry.curve([(cx, cy), (cx + length * 0.4, cy - 8), (cx + length, cy + 4)])
        sheet.brush(line, "#FFFAEC", sheet.rng.uniform(6, 16), 0.32, taper=1.0)


def _hills(sheet: Sheet, color: str) -> None:
    for i, (base, share) in enumerate(((250, 0.55), (300, 0.3), (352, 0.0))):
        tint = mix(color, "#E9E6D8", share)
        ridge: Outline = [(-20, 620)]
        for k in range(14):
            x = -20.0 + k * 65
            y = base + 46 * math.sin(k * (0.62 + 0.13 * i) + i * 2.1) + 22 * math.sin(k * 1.7 + i)
            ridge.append((x, y))
        sheet.fill([*ridge, (840, 620)], tint)
        for _ in range(46):
            x = sheet.rng.uniform(0, 800)
            y = base + 50 + sheet.rng.uniform(0, 130)
            sheet.brush(
                [(x, y), (x + 10, y - 6), (x + sheet.rng.uniform(20, 46), y + 3)],
                mix(tint, "#1E3A2A", 0.4),
                5,
                0.22,
                taper=1.0,
            )


def _grove(sheet: Sheet, x: float) -> None:
    green = tone("#5E8A4A", light_to="#EEF5B0")
    for k in range(7):
        foot = x + (k - 3) * 26
        lean = (k - 3) * 9 + sheet.rng.uniform(-8, 8)
        top = 70 + sheet.rng.uniform(0, 70)
        stem = geometry.curve([(foot, 640), (foot + lean * 0.4, 400), (foot + lean, top)])
        sheet.thread(stem, green.line, 9, 0.8)
        sheet.thread(stem, green.base if k % 2 else green.shade, 6.5)
        for j in range(3, len(stem) - 1, 2):
            px, py = stem[j]
            sheet.thread([(px - 4, py), (px + 4, py)], green.light, 2, 0.7)
            for _ in range(4):
                a = sheet.rng.uniform(0.1, 3.0)
                tip = (px + 46 * math.cos(a), py + 30 * math.sin(a))
                sheet.brush(
                    [(px, py), ((px + tip[0]) / 2, (py + tip[1]) / 2 - 5), tip],
                    sheet.rng.choice((green.base, green.light, green.shade)),
                    9,
                    0.9,
                    taper=1.0,
                )


def _walls(sheet: Sheet, house: House) -> None:
    wall = tone(house.wall)
    front = [(112, 300), (688, 300), (688, 640), (112, 640)]
    sheet.fill(front, wall.base, angular=True)
    if house.bricks:
        for row in range(17):
            y = 300.0 + row * 20
            sheet.thread([(112, y), (688, y)], wall.light, 2, 0.5)
            for k in range(13):
                x = 112.0 + k * 48 + (24 if row % 2 else 0)
                if x < 684:
                    sheet.thread([(x, y), (x, y + 20)], wall.light, 1.6, 0.45)
                    if sheet.rng.random() < 0.3:
                        sheet.fill(
                            [(x, y), (min(x + 48, 688), y), (min(x + 48, 688), y + 20), (x, y + 20)],
                            wall.deep,
                            0.16,
                            angular=True,
                        )
    else:
        for _ in range(90):
            x, y = sheet.rng.uniform(112, 660), sheet.rng.uniform(310, 630)
            sheet.brush([(x, y), (x + 14, y + 2), (x + 30, y - 2)], sheet.rng.choice((wall.shade, wall.light)), 6, 0.25)
    stone = tone("#A8A294")
    for k in range(9):
        x = 112 + k * 64
        sheet.fill(
            [(x, 588), (x + 63, 588), (x + 63, 640), (x, 640)],
            mix(stone.base, stone.deep, 0.12 * (k % 3)),
            angular=True,
        )
        sheet.thread([(x, 588), (x, 640)], stone.line, 2, 0.5)
    sheet.thread([(112, 588), (688, 588)], stone.line, 2.4, 0.6)
    for i in range(5):
        sheet.fill([(112, 300), (688, 300), (688, 352 - i * 9), (112, 352 - i * 9)], palette.DUSK, 0.12, angular=True)
    sheet.fill([(560, 300), (688, 300), (688, 640), (610, 640)], palette.DUSK, 0.12, angular=True)
    for x in (166, 560):
        _window(sheet, x, 430)


def _window(sheet: Sheet, x: float, y: float) -> None:
    wood = tone("#6B4226")
    sheet.fill([(x, y), (x + 74, y), (x + 74, y + 96), (x, y + 96)], wood.line, angular=True)
    sheet.fill([(x + 6, y + 6), (x + 68, y + 6), (x + 68, y + 90), (x + 6, y + 90)], "#F2C878", angular=True)
    for k in range(6):
        sheet.thread([(x + 10 + k * 11, y + 4), (x + 10 + k * 11, y + 92)], wood.base, 4)
    sheet.thread([(x + 6, y + 48), (x + 68, y + 48)], wood.base, 5)
    sheet.thread([(x - 4, y + 98), (x + 78, y + 98)], wood.light, 6)


def _door(sheet: Sheet, house: House) -> None:
    wood = tone("#7A4526")
    sheet.fill([(286, 392), (514, 392), (514, 640), (286, 640)], "#2E1A14", angular=True)
    for i in range(6):
        glow = geometry.ellipse(400, 560, 106 - i * 14, 130 - i * 18)
        sheet.fill([(min(max(x, 290), 510), min(max(y, 396), 640)) for x, y in glow], "#F0A646", 0.14)
    for x0, x1 in ((268, 318), (482, 532)):
        sheet.fill([(x0, 392), (x1, 392), (x1, 640), (x0, 640)], wood.base, angular=True)
        for k in range(4):
            sheet.thread([(x0 + 8 + k * 12, 396), (x0 + 8 + k * 12, 638)], wood.deep, 2, 0.5)
        sheet.contour(
            [(x0, 392), ((x0 + x1) / 2, 391), (x1, 392), (x1, 640), ((x0 + x1) / 2, 641), (x0, 640)], wood.line, 2.4
        )
    sheet.thread([(262, 390), (538, 390)], wood.line, 14)
    sheet.thread([(262, 388), (538, 388)], wood.light, 8)
    cloth = tone("#2F4A7A" if not house.bricks else "#8A1B2A")
    for k in range(4):
        x = 318 + k * 41
        panel = [(x, 396), (x + 40, 396), (x + 39, 462), (x + 20, 470), (x + 1, 462)]
        sheet.fill(panel, cloth.base if k % 2 else cloth.shade, angular=True)
        sheet.brush([(x + 10, 398), (x + 12, 460)], cloth.light, 4, 0.5)


def _roof(sheet: Sheet) -> None:
    tile = tone("#8A4230")
    eave = [(70, 322), (730, 322), (664, 226), (400, 206), (136, 226)]
    sheet.fill(eave, tile.base, angular=True)
    for k in range(34):
        x = 74 + k * 20
        top = 400 + (x - 400) * 0.8
        y = 206 + abs(top - 400) * 0.075
        sheet.brush([(top, y), (x, 320)], tile.line, 5, 0.5, taper=0.2)
        sheet.brush([(top - 4, y + 4), (x - 6, 318)], tile.light, 4, 0.55, taper=0.4)
        sheet.fill(geometry.ellipse(x - 2, 322, 9, 8, count=10), tile.shade)
        sheet.thread([*geometry.ellipse(x - 2, 322, 9, 8, count=10)], tile.line, 1.6, 0.7)
    ridge = geometry.curve(
        [(74, 176), (112, 204), (190, 222), (300, 212), (400, 206), (500, 212), (610, 222), (688, 204), (726, 176)]
    )
    sheet.brush(ridge, tile.line, 30, taper=0.5)
    sheet.brush(geometry.shift(ridge, 0, -3), tone("#B4583A").base, 22, taper=0.5)
    sheet.brush(geometry.shift(ridge, 0, -9), tone("#B4583A").light, 5, 0.8, taper=0.6)
    sheet.fill([(620, 232), (664, 226), (730, 322), (690, 322)], palette.DUSK, 0.2, angular=True)


def _plaque(sheet: Sheet, text: str) -> None:
    size = 46
    half = size * len(text) / 2 + 22
    wood = tone("#3A2018")
    board = [(400 - half, 326), (400 + half, 326), (400 + half, 384), (400 - half, 384)]
    sheet.fill(geometry.shift(board, 4, 7), palette.DUSK, 0.4, angular=True)
    sheet.fill(board, wood.base, angular=True)
    gold = "#E2B45C"
    for a, b in zip(board, [*board[1:], board[0]], strict=True):
        sheet.thread([a, b], gold, 4)
    sheet.path(lettering.row(text, 400, 332, size), gold)


def _lantern(sheet: Sheet, cx: float, cy: float) -> None:
    red = tone("#C22A2A", light_to="#FFC46A")
    sheet.thread([(cx, cy - 40), (cx, cy - 26)], "#3A1D10", 3)
    body = geometry.ellipse(cx, cy, 30, 27)
    sheet.fill(body, red.base)
    for share in (0.7, 0.36):
        ring = geometry.ellipse(cx, cy, 30 * share, 27)
        sheet.thread([*ring, ring[0]], red.shade, 2, 0.7)
    sheet.fill(geometry.ellipse(cx - 5, cy - 2, 15, 18), red.light, 0.55)
    sheet.fill(geometry.crescent(body, -0.05, 0.4, 14), red.deep, 0.5)
    for y in (cy - 28, cy + 24):
        sheet.fill([(cx - 12, y), (cx + 12, y), (cx + 12, y + 6), (cx - 12, y + 6)], "#E2B45C", angular=True)
    for k in range(4):
        sheet.brush([(cx - 6 + k * 4, cy + 30), (cx - 6 + k * 4, cy + 56)], "#D9A441", 2.6)
    sheet.contour(body, red.line, 2.4)


def _yard(sheet: Sheet) -> None:
    stone = tone("#B3A48C")
    sheet.fill([(0, 636), (800, 636), (800, 800), (0, 800)], stone.base, angular=True)
    rows = (636, 662, 700, 750, 812)
    for row, (top, bottom) in enumerate(pairwise(rows)):
        width = 74 + row * 26
        x = -sheet.rng.uniform(0, width)
        while x < 800:
            w = width * sheet.rng.uniform(0.75, 1.25)
            slab = [(x + 2, top + 2), (x + w - 2, top + 2), (x + w - 2, bottom - 1), (x + 2, bottom - 1)]
            sheet.fill(
                geometry.wobble(slab, 1.5, sheet.rng),
                sheet.rng.choice((stone.light, stone.base, stone.shade)),
                0.55,
                angular=True,
            )
            sheet.brush([(x, top), (x + 1, bottom)], stone.deep, 2.4, 0.5)
            x += w
        sheet.brush([(0, top), (400, top + 1), (800, top)], stone.deep, 3, 0.55, taper=0.1)
    for i in range(4):
        sheet.fill([(100, 636), (700, 636), (740, 660 - i * 5), (130, 660 - i * 5)], palette.DUSK, 0.1, angular=True)
