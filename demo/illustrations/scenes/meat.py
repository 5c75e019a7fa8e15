"""Meatballs in soup, and rolls fried in bean-curd skin."""

import math

from demo.illustrations import garnish, geometry, pieces, ware
from demo.illustrations.geometry import TILT
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Picture, Scene, Sheet

PORK = tone("#E6BC94", shade_to="#6A2A10", light_to="#FFF8E4")
SPECKLED = tone("#CF9F80", shade_to="#4A2012", light_to="#FFF3DE")
FRIED = tone("#C9762A", shade_to="#4A1606", light_to="#FFE7A8")


def pork_balls(picture: Picture) -> None:
    """Balls in clear soup, scallion, steam; a spoon."""
    sheet = picture.things
    picture.ground(385, 690, 180, 170)
    vessel = ware.bowl(385, 735, 310, 235, tone("#35566E"), tone("#E6E7E1", shade_to="#3A4A66"))
    vessel.open(sheet)
    _soup(sheet, vessel, "#E3C98C")
    for cx, cy in ((255, 478), (360, 458), (470, 470), (535, 515), (300, 530), (420, 536)):
        _floating_ball(sheet, cx, cy, 64)
    garnish.scallions(sheet, 390, 512, 190, 34, 11)
    vessel.close(sheet)
    _blue_band(sheet, vessel)
    picture.steam(390, 430, 380, 4, 0.5)
    garnish.spoon(sheet, 600, 748, 220, -32)


def mushroom_balls(picture: Picture) -> None:
    """Speckled balls in an earthen pot, mushroom caps, one ball cut through."""
    sheet = picture.things
    picture.ground(385, 670, 230, 160)
    pot = ware.bowl(385, 700, 320, 200, tone("#6A4A38"), tone("#C9A582"))
    for x, side in ((385 - 318, -1), (385 + 318, 1)):
        ear = geometry.ellipse(x + side * 16, pot.cy + 46, 40, 22)
        sheet.fill(ear, "#5A3C2C")
        sheet.contour(ear, "#24120C", 2.8)
    pot.open(sheet)
    _soup(sheet, pot, "#C99A52")
    for cx, cy in ((250, 500), (352, 478), (520, 500), (300, 548), (410, 546)):
        _floating_ball(sheet, cx, cy, 60, specks=True)
    garnish.shiitake(sheet, 446, 476, 54)
    garnish.shiitake(sheet, 500, 558, 50)
    garnish.scallions(sheet, 380, 520, 180, 22, 10)
    garnish.coriander(sheet, 352, 560, 46)
    pot.close(sheet, 0.3)
    picture.steam(390, 440, 370, 4, 0.5)
    _cut_ball(sheet, 640, 735, 62)
    garnish.shiitake(sheet, 140, 735, 58)


def five_spice_rolls(picture: Picture) -> None:
    """A row of slices leaning on each other, a whole roll behind, sweet chili to dip."""
    sheet = picture.things
    picture.ground(390, 640, 300, 50)
    ware.Plate(385, 600, 350, ware.PORCELAIN).paint(sheet, ware.COBALT)
    _whole_roll(sheet, 190, 470, 560, 530)
    _whole_roll(sheet, 170, 530, 470, 580)
    for i in range(5):
        _roll_slice(sheet, 170 + i * 84, 640 + i * 12, 66)
    garnish.coriander(sheet, 600, 600, 56)
    garnish.scallions(sheet, 380, 560, 60, 6, 9)
    picture.ground(650, 715, 60, 50)
    garnish.sauce_dish(sheet, 655, 745, 92, "#C23A16")
    picture.steam(360, 460, 330, 3, 0.4)


def _soup(sheet: Sheet, vessel: ware.Vessel, color: str) -> None:
    ware.wine(sheet, vessel, vessel.radius * 0.13, color)
    cx, cy = geometry.center(vessel.surface(vessel.radius * 0.13))
    for _ in range(26):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * vessel.radius * 0.8
        r = sheet.rng.uniform(4, 13)
        drop = geometry.ellipse(cx + reach * math.cos(a), cy + reach * math.sin(a) * TILT, r, r * 0.5, count=10)
        sheet.fill(drop, "#F7E3A8", 0.4)
        sheet.thread([*drop, drop[0]], "#FFF6D8", 1.3, 0.7)


def _floating_ball(sheet: Sheet, cx: float, cy: float, radius: float, specks: bool = False) -> None:
    ring = geometry.ellipse(cx, cy + radius * 0.56, radius * 1.06, radius * 0.44)
    sheet.fill(ring, "#8A5A26", 0.4)
    sheet.thread([*ring, ring[0]], "#FFF3CE", 2.2, 0.6)
    color = SPECKLED if specks else PORK
    pieces.ball(sheet, cx, cy, radius, color, 0.85)
    for _ in range(18):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * 0.85
        x, y = cx + radius * reach * math.cos(a), cy + radius * reach * math.sin(a)
        sheet.brush([(x, y), (x + sheet.rng.uniform(-6, 6), y + sheet.rng.uniform(-4, 4))], color.shade, 2.2, 0.5)
    if specks:
        for _ in range(14):
            a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random()) * 0.82
            x, y = cx + radius * reach * math.cos(a), cy + radius * reach * math.sin(a)
            size = sheet.rng.uniform(3, 7)
            sheet.fill(
                geometry.wobble(geometry.ellipse(x, y, size, size * 0.7, count=7), 1.6, sheet.rng), "#4A2E22", 0.8
            )


def _cut_ball(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    sheet.fill(geometry.ellipse(cx + 8, cy + radius * 0.5, radius * 1.0, radius * 0.36), "#1E0E0A", 0.35)
    pieces.ball(sheet, cx, cy, radius, SPECKLED, 0.0)
    face = geometry.ellipse(cx - 4, cy - 2, radius * 0.84, radius * 0.8)
    sheet.fill(face, "#EBC9AE")
    sheet.fill(geometry.crescent(face, 0.0, 0.5, radius * 0.3), "#C08E6E", 0.35)
    for i in range(20):
        a, reach = i * 2.4, radius * 0.7 * math.sqrt(i / 20)
        x, y = cx - 4 + reach * math.cos(a), cy - 2 + reach * math.sin(a) * 0.95
        size = sheet.rng.uniform(3, 8)
        color = sheet.rng.choice(("#4A2E22", "#6B4630", "#7FA052"))
        sheet.fill(geometry.wobble(geometry.ellipse(x, y, size, size * 0.75, count=7), 2, sheet.rng), color, 0.9)
    sheet.contour(face, SPECKLED.line, 2.2)


def _blue_band(sheet: Sheet, vessel: ware.Vessel) -> None:
    solid = vessel.solid
    for share, width in ((0.9, 5), (0.84, 2)):
        sheet.thread(solid.ring(solid.top * share, -0.99, 0.99), "#E8EEF0", width, 0.7)
    for turn in (-0.66, -0.26, 0.16, 0.56):
        x, y = solid.at(solid.top * 0.62, turn)
        for k in range(5):
            a = math.tau * k / 5 - 1.57
            sheet.fill(geometry.ellipse(x + 15 * math.cos(a), y + 14 * math.sin(a), 9, 8, count=10), "#DDE7EA", 0.75)
        sheet.fill(geometry.ellipse(x, y, 6, 6, count=10), "#E2B65A", 0.95)


def _whole_roll(sheet: Sheet, x0: float, y0: float, x1: float, y1: float) -> None:
    line = geometry.resample([(x0, y0), (x1, y1)], 12)
    sheet.thread(geometry.shift(line, 10, 22), "#2A120A", 70, 0.28)
    sheet.thread(line, FRIED.line, 82)
    sheet.thread(line, FRIED.base, 77)
    sheet.brush(geometry.shift(line, 2, 20), FRIED.deep, 36, 0.55, taper=0.2)
    sheet.brush(geometry.shift(line, -2, -18), FRIED.light, 20, 0.65, taper=0.4)
    _blisters(sheet, line, 30)
    for k in range(1, 11, 2):
        x, y = line[k]
        wrinkle = geometry.curve([(x - 6, y - 34), (x + 8, y - 6), (x + 2, y + 32)])
        sheet.brush(wrinkle, FRIED.deep, 4, 0.4)


def _blisters(sheet: Sheet, line: geometry.Outline, spread: float) -> None:
    for _ in range(46):
        x, y = sheet.rng.choice(line)
        x, y = x + sheet.rng.uniform(-24, 24), y + sheet.rng.uniform(-spread, spread)
        size = sheet.rng.uniform(2.5, 6.5)
        sheet.fill(geometry.ellipse(x, y, size, size * 0.8, count=8), FRIED.deep, 0.45)
        sheet.fill(geometry.ellipse(x - 1.2, y - 1.6, size * 0.6, size * 0.42, count=7), "#FFE3A0", 0.65)


def _roll_slice(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    back = geometry.rotate(geometry.ellipse(cx + 44, cy - 16, radius * 0.82, radius), 10, cx + 44, cy - 16)
    front = geometry.rotate(geometry.ellipse(cx, cy, radius * 0.84, radius), 10, cx, cy)
    sheet.fill(geometry.ellipse(cx + 34, cy + radius * 0.86, radius * 1.2, radius * 0.3), "#2A2438", 0.34)
    sheet.fill(back, FRIED.deep)
    body = [front[i] for i in range(18, 28)] + [front[0]] + [back[i % 28] for i in range(18, 35)] + [front[6], front[5]]
    sheet.fill(body, FRIED.base, angular=True)
    sheet.contour(back, FRIED.line, 2.4)
    sheet.fill(front, FRIED.base)
    face = geometry.scale(front, 0.86, cx, cy)
    sheet.fill(geometry.wobble(face, 3, sheet.rng), "#D9A07E")
    sheet.fill(geometry.crescent(face, -0.05, 0.45, radius * 0.4), "#A8674A", 0.4)
    for i in range(38):
        a, reach = i * 2.4, radius * 0.76 * math.sqrt(i / 38)
        x, y = cx + reach * math.cos(a) * 0.82, cy + reach * math.sin(a)
        size = sheet.rng.uniform(4, 10)
        color = sheet.rng.choice(("#F6EEDC", "#F6EEDC", "#E7B698", "#C98A68", "#8DAE5A", "#EFD2BC"))
        bit = geometry.wobble(geometry.ellipse(x, y, size, size * 0.75, count=8), size * 0.25, sheet.rng)
        sheet.fill(bit, color, 0.92)
        if color == "#F6EEDC":
            sheet.thread([*bit, bit[0]], mix(color, "#8A5A38", 0.5), 1.2, 0.6)
    sheet.contour(front, FRIED.line, 3)
    sheet.brush([front[i] for i in range(14, 22)], FRIED.glint, 4, 0.75)


SCENES = {
    "danyan-pork-balls": Scene("kitchen", pork_balls, focus=(400, 545, 1.08)),
    "danyan-mushroom-balls": Scene("kitchen", mushroom_balls, focus=(395, 545, 1.08)),
    "danyan-five-spice-rolls": Scene("kitchen", five_spice_rolls, focus=(395, 555, 1.12)),
}
