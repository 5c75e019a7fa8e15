"""Tofu and what else a pot of soy milk becomes."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import bottles, garnish, geometry, pieces, ware, weaving
from demo.illustrations.lathe import Solid
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Picture, Scene, Sheet

BLACK_TOFU = tone("#CFD3D0", shade_to="#3A4466", light_to="#FFFFFF")
GOLD = tone("#D9952F", shade_to="#6A2410", light_to="#FFF0B8")
SMOKED = tone("#8C5228", shade_to="#2A0E0A")
YUBA = tone("#E0B34F", shade_to="#7A3A10", light_to="#FFF6C8")
CURD_RED = tone("#B5303A", shade_to="#3A0612")


def black_tofu(picture: Picture) -> None:
    """Blue-grey blocks on a woven tray, one cut through; black beans."""
    sheet = picture.things
    picture.ground(395, 640, 330, 40)
    weaving.tray(sheet, 395, 600, 350)
    for cx, cy in ((290, 520), (455, 535), (255, 610)):
        _tofu_block(sheet, cx, cy, 150, 120, 96)
    _tofu_block(sheet, 430, 650, 78, 150, 96)
    _tofu_block(sheet, 545, 668, 74, 150, 96, cut=True)
    pieces.scatter(sheet, 650, 735, 60, 16, 24, garnish.BLACK_BEAN, plump=0.74)
    pieces.scatter(sheet, 130, 735, 46, 9, 24, garnish.BLACK_BEAN, plump=0.74)


def soft_tofu(picture: Picture) -> None:
    """A trembling dome in a bowl, a thread of soy sauce, scallion."""
    sheet = picture.things
    picture.ground(380, 690, 170, 160)
    vessel = ware.bowl(380, 730, 285, 220, tone("#4E6E86"), tone("#DCE3E2", shade_to="#3A4A66"))
    vessel.open(sheet)
    ware.wine(sheet, vessel, 46, "#6E3A1C")
    cx, cy = 380, vessel.cy + 26
    dome = geometry.ellipse(cx, cy, 206, 116, 180, 360, 16) + geometry.ellipse(cx, cy, 206, 78, 0, 180, 14)
    curd = tone("#E4E3DC", shade_to="#3E4458", light_to="#FFFFFF")
    sheet.fill(dome, curd.base)
    for depth, strength in ((90, 0.25), (60, 0.3), (32, 0.35)):
        sheet.fill(geometry.crescent(dome, 0.42, 0.95, depth, light=(-0.75, -0.5)), curd.shade, strength)
    sheet.fill(geometry.ellipse(cx - 58, cy - 52, 104, 36), curd.light, 0.9)
    sheet.contour(dome, curd.line, 2.8)
    _soy_thread(sheet, cx - 6, cy - 62)
    scoop = geometry.ellipse(cx + 112, cy + 10, 62, 36)
    sheet.fill(scoop, curd.shade)
    sheet.fill(geometry.crescent(scoop, 0.45, 1.0, 26, light=(0.6, 0.6)), curd.deep, 0.4)
    sheet.thread([*scoop, scoop[0]], curd.light, 3)
    garnish.scallions(sheet, cx - 20, cy - 70, 62, 22, 12)
    vessel.close(sheet)
    picture.ground(640, 700, 60, 14)
    garnish.spoon(sheet, 606, 742, 230, -30)


def smoked_dougan(picture: Picture) -> None:
    """A stack of brown squares tied with straw, one torn to show its pale inside."""
    sheet = picture.things
    picture.ground(350, 640, 190, 170)
    base = pieces.Block(370, 660, 640, 380, 22, -14)
    pieces.board(sheet, base, "#B98B58")
    for i in range(5):
        block = pieces.Block(310 + sheet.rng.uniform(-6, 6), 615 - i * 46, 250, 240, 50, -18 + sheet.rng.uniform(-4, 4))
        block.paint(sheet, SMOKED, soft=12)
        _pressed_cloth(sheet, block)
    top = pieces.Block(310, 615 - 4 * 46, 250, 240, 50, -18)
    for a, b in (((-1.0, 0.1), (1.0, 0.1)), ((0.1, -1.0), (0.1, 1.0))):
        over = [top.at(a[0] + (b[0] - a[0]) * t / 6, a[1] + (b[1] - a[1]) * t / 6, 1.05) for t in range(7)]
        weaving.straw_tie(sheet, over, width=11)
    for u, v in ((0.1, 1.0), (-1.0, 0.1)):
        x, y = top.at(u, v)
        weaving.straw_tie(sheet, geometry.resample([(x, y), (x + 2, y + 214)], 8), width=11)
    x, y = top.at(0.1, 0.1, 1.1)
    weaving.bow(sheet, x, y - 4, 58, "#D8BC7C")
    _torn_dougan(sheet, 600, 690)


def soymilk(picture: Picture) -> None:
    """Two bottles of milk, a steaming bowl with its skin, a dish of black beans."""
    sheet = picture.things
    for x, y in ((330, 560), (180, 620)):
        picture.ground(x, y - 8, 70, 320)
        bottle = bottles.milk_bottle(x, y, 186, 400)
        bottles.glass(sheet, bottle, "#DDD8CE", 0.8)
        ware.strip_label(sheet, bottle, 50, 230, "黑豆浆", "#2E7D5B", "#FAF6EF")
        bottles.stopper(sheet, bottle, "#EBDCB8", 34, wider=1.1)
    picture.ground(520, 700, 110, 120)
    vessel = ware.bowl(530, 735, 190, 150, tone("#4E6E86"), tone("#DCE3E2", shade_to="#3A4A66"))
    vessel.open(sheet)
    milk = vessel.surface(24)
    sheet.fill(milk, "#E9E4DA")
    sheet.fill(geometry.crescent(milk, 0.5, 0.97, 40, light=(0.4, 0.5)), "#A9A4A4", 0.4)
    cx, cy = geometry.center(milk)
    skin = geometry.wobble(geometry.ellipse(cx + 26, cy + 4, 100, 34), 9, sheet.rng)
    sheet.fill(skin, "#F8F3E6", 0.9)
    for k in range(4):
        fold = geometry.curve(
            [(cx - 40 + k * 24, cy - 18 + k * 4), (cx + 10 + k * 20, cy + 2), (cx + 30 + k * 22, cy + 22)]
        )
        sheet.brush(fold, "#C9C0B0", 3, 0.6)
    vessel.close(sheet)
    picture.steam(530, 560, 330, 3, 0.55)
    pieces.scatter(sheet, 270, 735, 70, 18, 24, garnish.BLACK_BEAN, plump=0.74)


def tofu_puffs(picture: Picture) -> None:
    """A basket heaped with golden puffs; one torn open to its honeycomb."""
    sheet = picture.things
    picture.ground(380, 640, 240, 150)
    solid = Solid(380, 660, [(0.0, 190), (90, 240), (150, 262)])
    sheet.fill(solid.rim(), tone(weaving.STRIP).deep)
    heap = [
        (-170, -6),
        (-90, -46),
        (0, -64),
        (92, -48),
        (168, -8),
        (-130, 22),
        (-44, 0),
        (44, -6),
        (128, 24),
        (-80, 56),
        (6, 44),
        (88, 58),
    ]
    for dx, dy in heap:
        _puff(sheet, 380 + dx, 500 + dy, 60 + sheet.rng.uniform(-4, 6), sheet.rng.uniform(-24, 24))
    weaving.basket(sheet, solid)
    picture.ground(620, 720, 60, 40)
    _torn_puff(sheet, 610, 700)
    _puff(sheet, 165, 715, 52, -12)


def yuba(picture: Picture) -> None:
    """Golden sticks tied in a sheaf on a tray."""
    sheet = picture.things
    picture.ground(400, 640, 330, 40)
    weaving.tray(sheet, 400, 590, 355)
    for i in range(21):
        row, k = divmod(i, 7)
        cx, cy = 400.0 + (k - 3) * 42 + (row % 2) * 20, 566.0 - row * 24
        _yuba_stick(
            sheet, cx - 96, cy - 120 + sheet.rng.uniform(-12, 12), cx + 84, cy + 128 + sheet.rng.uniform(-12, 12)
        )
    for share in (-0.32, 0.36):
        cx, cy = 400 + share * 180, 530 + share * 248
        line = geometry.curve([(cx - 190, cy + 22), (cx - 70, cy - 60), (cx + 70, cy - 66), (cx + 196, cy + 4)])
        weaving.straw_tie(sheet, line, "#2E7D5B" if share > 0 else "#D8BC7C", 11)
    pieces.scatter(sheet, 130, 735, 50, 11, 24, garnish.SOYBEAN, plump=0.84)


def red_furu(picture: Picture) -> None:
    """A jar of red cubes, and three of them on a blue-banded plate."""
    sheet = picture.things
    picture.ground(290, 600, 140, 300)
    jar = bottles.preserve_jar(290, 620, 310, 360)
    bottles.glass(sheet, jar, "#A8252E", 0.82)
    for row in range(3):
        for k in range(3):
            h, turn = 30 + row * 84, (-0.6, 0.02, 0.62)[k]
            x, y = jar.at(h, turn, 0.9)
            cube = pieces.Block(x, y, 84 if k == 1 else 70, 60, 72, 24 - 30 * k)
            cube.paint(sheet, CURD_RED, soft=9, line=2)
    sheet.fill(jar.band(-0.74, -0.58, 40, 320), "#FFFFFF", 0.5)
    sheet.fill(jar.band(0.84, 0.9, 40, 300), "#FFFFFF", 0.35)
    ware.paper_label(sheet, 290, 490, 70, "乳", "#F3E7CF")
    bottles.stopper(sheet, jar, "#2E7D5B", 62, wider=1.06)
    picture.ground(560, 700, 170, 26)
    ware.Plate(560, 690, 200, ware.PORCELAIN).paint(sheet, ware.COBALT)
    sauce = geometry.wobble(geometry.ellipse(560, 698, 140, 50), 10, sheet.rng)
    sheet.fill(sauce, "#B5303A", 0.75)
    for cx, cy in ((505, 680), (612, 672), (556, 726)):
        cube = pieces.Block(cx, cy, 84, 76, 62, -22)
        cube.paint(sheet, CURD_RED, soft=11)
        sheet.fill(geometry.ellipse(cx - 12, cy - 62, 20, 7), "#FFC9C0", 0.7)
    garnish.scallions(sheet, 590, 690, 40, 5, 8)
    pieces.chopsticks(sheet, 790, 500, 640, 668)


def _tofu_block(
    sheet: Sheet, cx: float, cy: float, width: float, depth: float, height: float, cut: bool = False
) -> None:
    block = pieces.Block(cx, cy, width, depth, height, -16)
    foot = geometry.shift([block.at(-1, 1, 0), block.at(1, 1, 0), block.at(1, -1, 0), block.at(-1, -1, 0)], 12, 10)
    sheet.fill(pieces.rounded(foot, 10), "#2A1A10", 0.34)
    block.paint(sheet, BLACK_TOFU, soft=14)
    for _ in range(10):
        u, v = sheet.rng.uniform(-0.88, 0.88), sheet.rng.uniform(-0.88, 0.88)
        x, y = block.at(u, v)
        sheet.fill(
            geometry.ellipse(x, y, sheet.rng.uniform(1, 3), sheet.rng.uniform(0.8, 1.6), count=6), "#5A6070", 0.4
        )
    for _ in range(5):
        x, y = block.at(sheet.rng.uniform(-0.9, 0.9), 1, sheet.rng.uniform(0.1, 0.9))
        sheet.fill(geometry.ellipse(x, y, 1.6, 1.6, count=6), "#4A5064", 0.35)
    if cut:
        face = [block.at(-1, -1, 1), block.at(-1, 1, 1), block.at(-1, 1, 0)]
        sheet.brush(geometry.resample(face[:2], 6), "#FFFFFF", 4, 0.9)
    shine = [block.at(-0.8, -0.4), block.at(-0.2, -0.6), block.at(0.3, -0.5)]
    sheet.brush(geometry.curve(shine), "#FFFFFF", 9, 0.65)
    gleam = [block.at(-0.82, 1, 0.86), block.at(-0.84, 1, 0.5), block.at(-0.8, 1, 0.2)]
    sheet.brush(geometry.curve(gleam), "#FFFFFF", 7, 0.5)
    for u, h in ((-0.3, 0.3), (0.4, 0.55), (0.1, 0.75)):
        x, y = block.at(u, 1, h)
        sheet.fill(geometry.ellipse(x, y, 3.4, 4.4, count=10), "#8E97A6", 0.5)
        sheet.fill(geometry.ellipse(x - 1, y - 1.4, 1.5, 1.8, count=7), "#FFFFFF", 0.9)


def _soy_thread(sheet: Sheet, x: float, y: float) -> None:
    soy = tone("#5A2412")
    pool = geometry.wobble(geometry.ellipse(x, y + 6, 118, 36), 8, sheet.rng)
    sheet.fill(pool, soy.base, 0.85)
    for dx, reach, width in ((-86, 76, 16), (-30, 104, 20), (40, 96, 14), (88, 60, 12)):
        run = geometry.curve([(x + dx, y + 18), (x + dx * 1.15, y + reach * 0.6), (x + dx * 1.2, y + reach)])
        sheet.brush(run, soy.base, width, 0.85, taper=0.5)
        sheet.fill(geometry.ellipse(x + dx * 1.2, y + reach, width * 0.5, width * 0.6, count=10), soy.base, 0.9)
    sheet.fill(geometry.ellipse(x - 36, y - 6, 40, 8), "#E9B98A", 0.6)


def _pressed_cloth(sheet: Sheet, block: pieces.Block) -> None:
    for i in range(1, 9):
        v = -1 + 2 * i / 9
        sheet.thread([block.at(-0.92, v), block.at(0.92, v)], SMOKED.deep, 1.6, 0.4)
        sheet.thread([block.at(v, -0.92), block.at(v, 0.92)], SMOKED.deep, 1.6, 0.4)
    sheet.brush(geometry.curve([block.at(-0.7, -0.5), block.at(0, -0.7), block.at(0.5, -0.5)]), SMOKED.glint, 10, 0.35)


def _torn_dougan(sheet: Sheet, cx: float, cy: float) -> None:
    for dx, turn in ((-70, -30), (70, 8)):
        block = pieces.Block(cx + dx, cy + (12 if dx > 0 else -12), 118, 150, 46, turn)
        sheet.fill(
            geometry.shift(
                pieces.rounded([block.at(-1, 1, 0), block.at(1, 1, 0), block.at(1, -1, 0), block.at(-1, -1, 0)], 10),
                9,
                8,
            ),
            "#1E0E0A",
            0.35,
        )
        block.paint(sheet, SMOKED, soft=10)
        _pressed_cloth(sheet, block)
    block = pieces.Block(cx + 70, cy + 12, 118, 150, 46, 8)
    left = [block.at(-1, -1), block.at(-1, 1), block.at(-1, 1, 0), block.at(-1, -1, 0)]
    pale = geometry.wobble(pieces.rounded(left, 8), 5, sheet.rng)
    sheet.fill(pale, "#EBD9B4")
    sheet.contour(pale, SMOKED.line, 2.2)


def _puff(sheet: Sheet, cx: float, cy: float, size: float, turn: float) -> None:
    corners = [
        (cx - size, cy - size * 0.7),
        (cx + size, cy - size * 0.76),
        (cx + size * 1.04, cy + size * 0.62),
        (cx - size * 0.98, cy + size * 0.66),
    ]
    outline = geometry.wobble(
        geometry.rotate(pieces.rounded(corners, size * 0.62), turn, cx, cy), size * 0.07, sheet.rng
    )
    sheet.fill(geometry.shift(outline, 8, 10), "#3A1608", 0.3)
    sheet.fill(outline, GOLD.base)
    for depth, strength in ((0.75, 0.3), (0.45, 0.35), (0.22, 0.4)):
        sheet.fill(geometry.crescent(outline, 0.38, 0.82, size * depth, light=(-0.6, -0.7)), "#9A4A14", strength)
    sheet.fill(
        geometry.rotate(geometry.ellipse(cx - size * 0.28, cy - size * 0.3, size * 0.5, size * 0.26), turn, cx, cy),
        GOLD.light,
        0.7,
    )
    for _ in range(14):
        x, y = cx + sheet.rng.uniform(-0.75, 0.75) * size, cy + sheet.rng.uniform(-0.5, 0.5) * size
        blister = sheet.rng.uniform(2.5, 7)
        sheet.fill(geometry.ellipse(x, y, blister, blister * 0.8, count=8), "#B8641C", 0.4)
        sheet.fill(geometry.ellipse(x - 1, y - 1.4, blister * 0.5, blister * 0.36, count=6), "#FFE9A8", 0.6)
    sheet.contour(outline, GOLD.line, 2.4)


def _torn_puff(sheet: Sheet, cx: float, cy: float) -> None:
    _puff(sheet, cx + 66, cy + 6, 56, 10)
    size = 64
    corners = [
        (cx - size, cy - size * 0.7),
        (cx + size * 0.9, cy - size * 0.76),
        (cx + size * 0.9, cy + size * 0.66),
        (cx - size, cy + size * 0.7),
    ]
    face = geometry.wobble(pieces.rounded(corners, size * 0.6), 6, sheet.rng)
    sheet.fill(geometry.shift(face, 8, 10), "#3A1608", 0.3)
    sheet.fill(face, GOLD.base)
    inside = geometry.wobble(geometry.scale(face, 0.84, cx, cy), 4, sheet.rng)
    sheet.fill(inside, "#F5E8BF")
    for i in range(34):
        a, reach = i * 2.4, size * 0.68 * math.sqrt(i / 34)
        hole = sheet.rng.uniform(4, 9)
        x, y = cx + reach * math.cos(a), cy + reach * math.sin(a) * 0.78
        sheet.fill(geometry.ellipse(x, y, hole, hole * 0.8, count=8), "#C9A25A", 0.8)
        sheet.fill(geometry.ellipse(x + 1, y + 1.5, hole * 0.65, hole * 0.5, count=8), "#8A5A20", 0.45)
    sheet.contour(face, GOLD.line, 2.6)


def _yuba_stick(sheet: Sheet, x0: float, y0: float, x1: float, y1: float) -> None:
    line = geometry.curve(
        [(x0, y0), ((x0 * 2 + x1) / 3 + 6, (y0 * 2 + y1) / 3), ((x0 + x1 * 2) / 3 - 6, (y0 + y1 * 2) / 3), (x1, y1)]
    )
    sheet.thread(geometry.shift(line, 8, 8), "#3A1608", 24, 0.3)
    sheet.thread(line, YUBA.line, 29, 0.9)
    sheet.thread(line, YUBA.base, 25)
    sheet.brush(geometry.shift(line, 6, 1), mix(YUBA.base, "#7A3A10", 0.5), 10, 0.6)
    sheet.brush(geometry.shift(line, -6, -1), YUBA.glint, 5, 0.9)
    sheet.brush(geometry.shift(line, 0, 0), YUBA.shade, 3, 0.6)
    for share in (0.2, 0.45, 0.7):
        px, py = line[int(share * (len(line) - 1))]
        sheet.brush([(px - 9, py - 3), (px, py + 3), (px + 8, py - 1)], "#9A5A18", 2.6, 0.6)
    for x, y in (line[0], line[-1]):
        sheet.fill(geometry.ellipse(x, y, 11, 8, count=12), "#F6DFA0")
        sheet.fill(geometry.ellipse(x, y, 5, 3.4, count=8), "#9A5A18", 0.8)


SCENES = {
    "neifang-black-tofu": Scene("dairy", black_tofu, focus=(395, 560, 1.2)),
    "neifang-soft-tofu": Scene("dairy", soft_tofu, focus=(400, 585, 1.14)),
    "neifang-smoked-dougan": Scene("dairy", smoked_dougan, focus=(410, 560, 1.16)),
    "neifang-soymilk": Scene("dairy", soymilk, focus=(400, 470, 1.06)),
    "banxin-tofu-puffs": Scene("dairy", tofu_puffs, focus=(390, 560, 1.2)),
    "banxin-yuba": Scene("dairy", yuba, focus=(398, 545, 1.18)),
    "banxin-red-furu": Scene("pantry", red_furu, focus=(410, 510, 1.08)),
}
