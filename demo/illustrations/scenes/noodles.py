"""Noodles fresh and dried: coils, ribbons, skeins, sheaves."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import garnish, geometry, palette, pieces, weaving
from demo.illustrations.geometry import TILT, Outline
from demo.illustrations.palette import Tone, mix, tone
from demo.illustrations.sheet import Picture, Scene, Sheet

WHEAT = tone("#F0C24A", shade_to="#8A4208", light_to="#FFF6C4")
EGG = tone("#EFC14C", shade_to="#7A3A08", light_to="#FFF7C8")
GREEN = tone("#86A648", shade_to="#1E3A14", light_to="#F4FBC0")
THREAD = tone("#F1E7D2", shade_to="#6A5040", light_to="#FFFFFF")
GLASSY = tone("#C79A66", shade_to="#3A1E10", light_to="#FFF4DC")


def alkaline(picture: Picture) -> None:
    """Four yellow coils under a dusting of flour, and the rolling pin."""
    sheet = picture.things
    _floured_board(picture)
    for cx, cy in ((270, 470), (510, 480), (240, 620), (500, 640)):
        coil(sheet, cx, cy, 132, 60, WHEAT, 4.6)
    _flour(sheet, 390, 560, 300, 120)
    _rolling_pin(picture, 90, 745, 560, 775)


def egg_wide(picture: Picture) -> None:
    """A loose heap of wide ribbons, two eggs, a cracked shell."""
    sheet = picture.things
    _floured_board(picture)
    for cx, cy in ((280, 480), (500, 500), (360, 630)):
        _ribbons(sheet, cx, cy, 136, EGG)
    picture.ground(650, 700, 60, 60)
    garnish.egg(sheet, 655, 690, 68, -20)
    garnish.egg(sheet, 560, 735, 64, 16, "#EBC09A")
    _flour(sheet, 350, 640, 260, 90)


def spinach(picture: Picture) -> None:
    """Green coils beside the leaves they get their color from."""
    sheet = picture.things
    _floured_board(picture)
    for turn, x, y in ((-20, 600, 400), (14, 650, 450), (52, 690, 520)):
        _spinach_leaf(sheet, x, y, 210, turn)
    for cx, cy in ((270, 470), (230, 620), (500, 640)):
        coil(sheet, cx, cy, 136, 62, GREEN, 4.8)
    _flour(sheet, 370, 580, 280, 110)


def thread_noodles(picture: Picture) -> None:
    """White skeins tied in red, and more hanging behind to dry."""
    sheet = picture.things
    _drying_rack(picture.behind)
    picture.ground(400, 640, 300, 40)
    weaving.tray(sheet, 400, 600, 350)
    for cx, cy, turn in ((330, 540, -16), (470, 590, -10), (330, 660, -13)):
        skein(sheet, cx, cy, 400, 92, turn)


def vermicelli(picture: Picture) -> None:
    """Sheaves of glass-brown starch noodles, and the potato they came from."""
    sheet = picture.things
    picture.ground(390, 640, 320, 40)
    weaving.tray(sheet, 390, 590, 350, "#B98F55")
    for cx, cy, turn in ((380, 520, 8), (360, 600, -6), (410, 660, 4)):
        _sheaf(sheet, cx, cy, 470, 100, turn)
    _sweet_potato(picture, 575, 735)


def _floured_board(picture: Picture) -> None:
    picture.ground(390, 640, 300, 50)
    board = pieces.Block(390, 590, 690, 660, 26, -8)
    pieces.board(picture.things, board, "#C08A52")
    dust = geometry.wobble(geometry.ellipse(380, 560, 260, 110), 12, picture.rng)
    picture.things.fill(dust, "#FFFAEE", 0.45)
    picture.things.fill(geometry.wobble(geometry.ellipse(370, 555, 190, 80), 10, picture.rng), "#FFFAEE", 0.4)


def _flour(sheet: Sheet, cx: float, cy: float, rx: float, ry: float) -> None:
    for _ in range(120):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        r = sheet.rng.uniform(0.8, 2.8)
        sheet.fill(
            geometry.ellipse(cx + rx * reach * math.cos(a), cy + ry * reach * math.sin(a), r * 1.4, r, count=6),
            "#FFFDF6",
            0.75,
        )


def coil(sheet: Sheet, cx: float, cy: float, radius: float, height: float, color: Tone, width: float) -> None:
    """A nest of noodles wound by hand: dark strands first, lit ones over them."""
    sheet.fill(geometry.ellipse(cx + 14, cy + 14, radius * 1.04, radius * TILT * 1.1), "#3A1E0C", 0.36)
    sheet.fill(geometry.wobble(geometry.ellipse(cx, cy, radius * 0.95, radius * 0.47), 5, sheet.rng), color.deep)
    layers = 6
    for layer in range(layers):
        share = layer / (layers - 1)
        lift = height * math.sin(share * 1.35)
        reach = radius * (1.0 - 0.42 * share)
        for _ in range(14 if layer == 0 else 11):
            _strand(sheet, cx, cy - lift, reach, color, width, share)
    for k in range(5):
        end = cx + radius * (0.6 + 0.12 * k)
        tail = geometry.curve(
            [
                (cx + radius * 0.5, cy + 10 + k * 4),
                (end, cy + radius * 0.36 + k * 3),
                (end + 24 - k * 12, cy + radius * 0.5 + k * 4),
            ]
        )
        _noodle(sheet, tail, color, width, 0.4)


def _strand(sheet: Sheet, cx: float, cy: float, reach: float, color: Tone, width: float, share: float) -> None:
    rng = sheet.rng
    start = rng.uniform(0, 360)
    r = reach * rng.uniform(0.55, 1.04)
    sweep = rng.uniform(150, 300)
    dx, dy = rng.uniform(-9, 9), rng.uniform(-7, 7)
    line = geometry.ellipse(cx + dx, cy + dy, r, r * (TILT + 0.05), start, start + sweep, 12)
    _noodle(sheet, geometry.wobble(line, 5, rng), color, width, share)


def _noodle(sheet: Sheet, line: Outline, color: Tone, width: float, share: float) -> None:
    sheet.thread(line, mix(color.line, color.deep, 0.6), width + 2.2)
    sheet.thread(line, mix(color.shade, color.light, 0.2 + 0.7 * share), width)
    if share > 0.3:
        sheet.thread(geometry.shift(line[2:-2], -0.8, -1.2), mix(color.light, color.glint, share), width * 0.28)


def _ribbons(sheet: Sheet, cx: float, cy: float, radius: float, color: Tone) -> None:
    """A nest of wide ribbons: long loops, the upper ones lighter, a few edges turned to the light."""
    sheet.fill(geometry.ellipse(cx + 14, cy + 16, radius * 1.06, radius * TILT * 1.15), "#3A1E0C", 0.36)
    sheet.fill(geometry.wobble(geometry.ellipse(cx, cy, radius, radius * 0.5), 6, sheet.rng), color.deep)
    loops = 30
    for i in range(loops):
        share = i / (loops - 1)
        reach = radius * (0.98 - 0.52 * share) * sheet.rng.uniform(0.8, 1.05)
        lift = radius * 0.5 * math.sin(share * 1.4)
        x, y = cx + sheet.rng.uniform(-0.1, 0.1) * radius, cy - lift + sheet.rng.uniform(-0.05, 0.05) * radius
        start = sheet.rng.uniform(0, 360)
        line = geometry.ellipse(x, y, reach, reach * (TILT + 0.08), start, start + sheet.rng.uniform(140, 230), 14)
        _band(sheet, geometry.wobble(line, 6, sheet.rng), radius * 0.15, color, share)


def _band(sheet: Sheet, line: Outline, width: float, color: Tone, share: float) -> None:
    body = mix(color.shade, color.light, 0.3 + 0.45 * share)
    sheet.thread(geometry.shift(line, 3, 5), mix(color.deep, "#3A1608", 0.4), width + 2, 0.5, round_ends=False)
    sheet.thread(line, color.line, width + 3, round_ends=False)
    sheet.thread(line, body, width, round_ends=False)
    sheet.thread(geometry.shift(line, 0.5, width * 0.26), mix(body, color.shade, 0.45), width * 0.4, round_ends=False)
    for end, inner in ((line[0], line[1]), (line[-1], line[-2])):
        dx, dy = (inner[1] - end[1]), -(inner[0] - end[0])
        reach = width * 0.5 / (math.hypot(dx, dy) or 1.0)
        sheet.thread(
            [(end[0] - dx * reach, end[1] - dy * reach), (end[0] + dx * reach, end[1] + dy * reach)], color.line, 2.6
        )
    sheet.brush(geometry.shift(line[1:-1], -0.5, -width * 0.26), color.glint, width * 0.24, 0.8)


def _spinach_leaf(sheet: Sheet, x: float, y: float, size: float, turn: float) -> None:
    green = tone("#3E7A3A", light_to="#E6F29A")
    shape = [
        (x, y + size * 0.5),
        (x - size * 0.2, y + size * 0.2),
        (x - size * 0.3, y - size * 0.05),
        (x - size * 0.16, y - size * 0.34),
        (x, y - size * 0.5),
    ]
    shape += [
        (x + size * 0.17, y - size * 0.32),
        (x + size * 0.29, y - size * 0.04),
        (x + size * 0.19, y + size * 0.22),
    ]
    outline = geometry.wobble(geometry.rotate(shape, turn, x, y), 7, sheet.rng)
    stem = geometry.rotate([(x, y + size * 0.46), (x + 6, y + size * 0.72), (x - 4, y + size * 0.95)], turn, x, y)
    sheet.brush(geometry.shift(geometry.curve(stem), 6, 9), "#1E0E0A", 14, 0.25)
    sheet.fill(geometry.shift(outline, 10, 14), "#1E0E0A", 0.28)
    sheet.brush(geometry.curve(stem), "#C97A7E", 15, taper=0.3)
    sheet.brush(geometry.curve(stem), "#A8C070", 10, taper=0.3)
    sheet.fill(outline, green.base)
    sheet.fill(geometry.crescent(outline, 0.45, 1.05, size * 0.22, light=(-1, 0.1)), green.shade, 0.6)
    rib = geometry.rotate([(x, y + size * 0.5), (x + 3, y), (x, y - size * 0.44)], turn, x, y)
    sheet.brush(geometry.curve(rib), green.light, 6, 0.9)
    for k in (-0.28, -0.1, 0.08, 0.24):
        for side in (-1, 1):
            vein = geometry.rotate([(x, y + size * k), (x + side * size * 0.2, y + size * (k - 0.12))], turn, x, y)
            sheet.brush(vein, green.light, 3, 0.6)
    sheet.contour(outline, green.line, 2.6)


def _rolling_pin(picture: Picture, x0: float, y0: float, x1: float, y1: float) -> None:
    sheet = picture.things
    wood = tone("#B9793F")
    line = geometry.resample([(x0, y0), (x1, y1)], 8)
    picture.shadows.thread(geometry.shift(line, 14, 22), palette.DUSK, 46, 0.5)
    handles = geometry.resample([(x0 - 60, y0 - 4), (x1 + 60, y1 + 4)], 8)
    sheet.thread(handles, wood.line, 24)
    sheet.thread(handles, wood.shade, 20)
    sheet.thread(line, wood.line, 54)
    sheet.thread(line, wood.base, 49)
    sheet.brush(geometry.shift(line, 0, 13), wood.deep, 20, 0.5, taper=0.3)
    sheet.brush(geometry.shift(line, 0, -13), wood.glint, 9, 0.7)
    for k in range(5):
        sheet.brush(geometry.shift(line[1:-1], k * 9 - 18, -8 + k * 5), wood.shade, 2, 0.4)


def skein(sheet: Sheet, cx: float, cy: float, length: float, width: float, turn: float) -> None:
    body = pieces.rounded(
        [
            (cx - length / 2, cy - width / 2),
            (cx + length / 2, cy - width / 2),
            (cx + length / 2, cy + width / 2),
            (cx - length / 2, cy + width / 2),
        ],
        40,
    )
    outline = geometry.rotate(body, turn, cx, cy)
    sheet.fill(geometry.shift(outline, 10, 14), "#3A1E0C", 0.34)
    sheet.fill(outline, THREAD.base)
    sheet.contour(outline, THREAD.line, 2.6)
    for i in range(30):
        v = -0.5 + (i + 0.5) / 30
        pinch = [
            (cx - length * 0.49, cy + width * v * 0.9),
            (cx - length * 0.25, cy + width * v * 1.04),
            (cx, cy + width * v * 0.84),
        ]
        pinch += [(cx + length * 0.25, cy + width * v * 1.04), (cx + length * 0.49, cy + width * v * 0.9)]
        line = geometry.wobble(geometry.rotate(geometry.curve(pinch), turn, cx, cy), 2, sheet.rng)
        dark = v > 0.2
        sheet.thread(line, THREAD.deep if dark else THREAD.shade, 1.5, 0.75)
        sheet.thread(geometry.shift(line, 0, -1.4), "#FFFFFF", 1.3, 0.4 if dark else 0.9)
    loop = geometry.rotate(geometry.ellipse(cx + length * 0.47, cy, 20, width * 0.4), turn, cx, cy)
    sheet.fill(loop, THREAD.shade, 0.8)
    sheet.fill(geometry.scale(loop, 0.5, *geometry.center(loop)), THREAD.deep, 0.8)
    for offset in (-8, 0, 8):
        tie = geometry.rotate(
            geometry.curve([(cx + offset, cy - width * 0.5), (cx + offset + 9, cy), (cx + offset, cy + width * 0.5)]),
            turn,
            cx,
            cy,
        )
        sheet.thread(tie, "#5E0A16", 6.5)
        sheet.thread(tie, palette.LACQUER, 4.5)
    weaving.bow(sheet, *geometry.rotate([(cx + 6, cy - width * 0.12)], turn, cx, cy)[0], 34)


def _drying_rack(sheet: Sheet) -> None:
    bamboo = tone("#B89A52")
    pole = geometry.resample([(-20, 74), (820, 60)], 10)
    for i in range(64):
        x = 40 + i * 11.6 + sheet.rng.uniform(-2, 2)
        bottom = 282 + 12 * math.sin(i * 0.5) + sheet.rng.uniform(-8, 8)
        line = [(x, 72), (x + sheet.rng.uniform(-2, 2), 180), (x + sheet.rng.uniform(-4, 4), bottom)]
        sheet.thread(geometry.shift(line, 4, 3), "#3A3A3A", 3, 0.22)
        sheet.thread(line, THREAD.shade, 3.4, 0.9)
        sheet.thread(geometry.shift(line, -0.8, 0), "#FFFDF4", 2, 0.95)
    sheet.thread(pole, bamboo.line, 21)
    sheet.thread(pole, bamboo.base, 17)
    sheet.brush(geometry.shift(pole, 0, -4), bamboo.glint, 4, 0.8)
    for x in (150, 390, 640):
        sheet.thread([(x, 62), (x + 2, 80)], bamboo.line, 4, 0.8)


def _sheaf(sheet: Sheet, cx: float, cy: float, length: float, width: float, turn: float) -> None:
    sheet.fill(
        geometry.rotate(geometry.ellipse(cx + 10, cy + 22, length * 0.5, width * 0.5), turn, cx, cy), "#2A160C", 0.34
    )
    for i in range(58):
        share = i / 57
        v = sheet.rng.uniform(-0.5, 0.5) * (1.15 - 0.4 * share)
        lift = -22 * share
        flare = 1.0 + sheet.rng.uniform(0.0, 0.35)
        ends = sheet.rng.uniform(0.43, 0.53), sheet.rng.uniform(0.43, 0.53)
        points = [
            (cx - length * ends[0], cy + width * v * flare + lift),
            (cx - length * 0.2, cy + width * v * 0.8 + lift),
            (cx, cy + width * v * 0.56 + lift),
        ]
        points += [
            (cx + length * 0.2, cy + width * v * 0.8 + lift),
            (cx + length * ends[1], cy + width * v * flare + lift),
        ]
        line = geometry.rotate(geometry.curve(points, 5), turn, cx, cy)
        sheet.thread(line, GLASSY.line, 6.4, 0.55)
        sheet.thread(line, mix(GLASSY.deep, GLASSY.light, 0.2 + 0.55 * share), 4.6, 0.9)
        sheet.thread(geometry.shift(line[2:-3], -0.6, -1.2), "#FFFFFF", 1.4, 0.25 + 0.45 * share)
    for offset in (-12, 0, 12):
        tie = geometry.rotate(
            geometry.curve(
                [(cx + offset, cy - width * 0.5 - 12), (cx + offset + 8, cy - 14), (cx + offset + 2, cy + width * 0.36)]
            ),
            turn,
            cx,
            cy,
        )
        weaving.straw_tie(sheet, tie, "#D8BC7C", 8)


def _sweet_potato(picture: Picture, cx: float, cy: float) -> None:
    sheet = picture.things
    skin = tone("#A4505A", shade_to="#2E0A1A")
    picture.ground(cx, cy + 6, 90, 40)
    shape = [
        (cx - 130, cy + 8),
        (cx - 80, cy - 40),
        (cx, cy - 54),
        (cx + 76, cy - 38),
        (cx + 122, cy - 2),
        (cx + 70, cy + 38),
        (cx - 20, cy + 46),
        (cx - 90, cy + 34),
    ]
    outline = geometry.wobble(shape, 4, sheet.rng)
    sheet.fill(outline, skin.base)
    for depth in (44, 24):
        sheet.fill(geometry.crescent(outline, 0.42, 0.98, depth, light=(-0.3, -0.9)), skin.deep, 0.35)
    sheet.fill(geometry.ellipse(cx - 30, cy - 32, 56, 12), skin.light, 0.6)
    for _ in range(12):
        x, y = cx + sheet.rng.uniform(-90, 80), cy + sheet.rng.uniform(-30, 30)
        sheet.brush([(x, y), (x + sheet.rng.uniform(8, 20), y + sheet.rng.uniform(-3, 3))], skin.deep, 2.6, 0.6)
    cut = geometry.rotate(geometry.ellipse(cx + 104, cy + 2, 22, 40), 12, cx + 104, cy + 2)
    sheet.fill(cut, "#F3D48C")
    sheet.fill(geometry.scale(cut, 0.7, cx + 104, cy + 2), "#F8E3AE")
    sheet.contour(cut, skin.line, 2.4)
    sheet.contour(outline, skin.line, 2.8)


SCENES = {
    "banlixu-alkaline-noodles": Scene("mill", alkaline, focus=(385, 560, 1.18)),
    "banlixu-egg-wide-noodles": Scene("mill", egg_wide, focus=(390, 560, 1.18)),
    "banlixu-spinach-noodles": Scene("mill", spinach, focus=(395, 555, 1.12)),
    "gaoceng-thread-noodles": Scene("mill", thread_noodles, focus=(400, 545, 1.14)),
    "gaoceng-sweet-potato-vermicelli": Scene("mill", vermicelli, focus=(395, 560, 1.16)),
}
