"""The ten members: each a house in the valley with the tools of its trade in the yard."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import bottles, garnish, geometry, outdoors, palette, pieces, ware, weaving
from demo.illustrations.lathe import Solid
from demo.illustrations.outdoors import House
from demo.illustrations.palette import tone
from demo.illustrations.scenes import cakes, meat, noodles, tofu, wine
from demo.illustrations.sheet import Picture, Scene, Sheet

BRICK, PLASTER, STONE = "#B4553C", "#E4D9C4", "#A89C88"


def sidatong(picture: Picture) -> None:
    """The four vats the trademark is named after."""
    outdoors.paint(picture.behind, House("四大桶", BRICK, "#E9C9A0", "#7E9A78"))
    for x, y in ((130, 690), (310, 700), (490, 700), (670, 690)):
        picture.ground(x, y - 12, 82, 120)
        bottles.vat(picture.things, x, y, 176, 190)
    _jar(picture, 230, 778, 120, 132, ware.CLAY, palette.LACQUER, "酒")
    _jar(picture, 570, 780, 120, 132, ware.TENMOKU, palette.LACQUER, "酒")


def shige(picture: Picture) -> None:
    """A pyramid of old jars against a stone house."""
    outdoors.paint(
        picture.behind, House("石格老酒", STONE, "#CFDCD6", "#6E9080", bricks=False, bamboo_left=False, sun=0.2)
    )
    glazes = (ware.CLAY, ware.TENMOKU, ware.COARSE)
    for row, count, y in ((0, 2, 640), (1, 3, 706), (2, 4, 778)):
        for k in range(count):
            x = 570 + (k - (count - 1) / 2) * 118
            _jar(picture, x, y, 124, 138, glazes[(k + row) % 3], palette.LACQUER, "")
    with picture.placed(40, 470, 0.4):
        wine.sweet_gourd(picture)


def laojie(picture: Picture) -> None:
    """Small jars on the counter of the old street, and the ladle."""
    outdoors.paint(picture.behind, House("坂里老街", "#9A4A38", "#F0D3B4", "#84957A", sun=0.5))
    picture.ground(400, 740, 330, 60, 0.3)
    counter = pieces.Block(400, 745, 700, 170, 96, 0)
    pieces.board(picture.things, counter, "#8A5A34")
    for x, glaze, cap, text in (
        (120, ware.DATE_RED, "#D9A441", "甜"),
        (240, ware.CELADON, palette.LACQUER, "半"),
        (360, ware.TENMOKU, palette.BAMBOO, "干"),
    ):
        _jar(picture, x, 676, 112, 140, glaze, cap, text)
    with picture.placed(400, 330, 0.5):
        wine.winter_jar(picture)


def neifang(picture: Picture) -> None:
    """The stone mill, turning."""
    outdoors.paint(picture.behind, House("内枋豆腐", PLASTER, "#BFD3CF", "#6E9676", bricks=False, sun=0.24))
    _stone_mill(picture, 240, 760)
    with picture.placed(360, 372, 0.56):
        tofu.black_tofu(picture)


def banxin(picture: Picture) -> None:
    """Yuba on its poles, and a basket of puffs."""
    outdoors.paint(picture.behind, House("坂新豆坊", BRICK, "#EBD8A8", "#84986A", bamboo_left=False, sun=0.3))
    _yuba_rack(picture, 60, 380)
    with picture.placed(400, 390, 0.52):
        tofu.tofu_puffs(picture)


def xinchun(picture: Picture) -> None:
    """A table of cakes before the shop."""
    outdoors.paint(picture.behind, House("新春糕饼", "#C06A44", "#F2CFAE", "#8E9A78"))
    _table(picture)
    with picture.placed(20, 320, 0.5):
        cakes.mung_cake(picture)
    with picture.placed(400, 316, 0.5):
        cakes.peanut_candy(picture)


def zhengda(picture: Picture) -> None:
    """Steamers stacked high, turtles cooling on their leaves."""
    outdoors.paint(picture.behind, House("正达粿坊", "#A8503C", "#D5DDC6", "#6E9470", bamboo_left=False))
    picture.ground(230, 760, 140, 200)
    for i in range(4):
        steamer = weaving.Steamer(230, 770 - i * 62, 150, 66)
        steamer.open(picture.things)
        steamer.close(picture.things)
    lid = Solid(230, 528, [(0.0, 152), (26, 146), (52, 96), (64, 20)])
    lid.paint(picture.things, tone(weaving.STRIP), 0.0)
    picture.steam(190, 470, 300, 3, 0.4)
    with picture.placed(380, 400, 0.5):
        cakes.red_turtle(picture)


def danyan(picture: Picture) -> None:
    """The chopping block, two iron rods, and what they make."""
    outdoors.paint(picture.behind, House("丹岩肉丸", STONE, "#DCCFC0", "#7C8E74", bricks=False))
    _pounding_block(picture, 220, 770)
    with picture.placed(390, 370, 0.54):
        meat.pork_balls(picture)


def banlixu(picture: Picture) -> None:
    """Coils on the market-day board."""
    outdoors.paint(picture.behind, House("坂里圩生面", PLASTER, "#C6D4DC", "#6E8E86", bricks=False, bamboo_left=False))
    _table(picture)
    with picture.placed(150, 262, 0.62):
        noodles.alkaline(picture)


def gaoceng(picture: Picture) -> None:
    """Thread noodles like a white curtain across the yard."""
    outdoors.paint(picture.behind, House("高层面线", BRICK, "#BCD6E4", "#6A9282", sun=0.66))
    _noodle_rack(picture.things, 30, 770, 430)
    with picture.placed(180, 452, 0.5):
        picture.ground(400, 640, 300, 40)
        weaving.tray(picture.things, 400, 600, 350)
        for cx, cy, turn in ((330, 540, -16), (470, 590, -10), (330, 660, -13)):
            noodles.skein(picture.things, cx, cy, 400, 92, turn)


def _jar(
    picture: Picture, cx: float, base: float, width: float, height: float, glaze: palette.Tone, cap: str, text: str
) -> None:
    picture.ground(cx, base - 8, width * 0.36, height * 0.7)
    jar = ware.jar(cx, base, width, height)
    jar.paint(picture.things, glaze, 0.8)
    ware.cloth_cap(picture.things, jar, cap)
    if text:
        ware.paper_label(picture.things, cx - 2, base - height * 0.46, width * 0.22, text)


def _table(picture: Picture) -> None:
    picture.ground(400, 760, 340, 60, 0.35)
    counter = pieces.Block(400, 740, 740, 330, 60, 0)
    pieces.board(picture.things, counter, "#9A6A3E")


def _stone_mill(picture: Picture, cx: float, base: float) -> None:
    sheet = picture.things
    stone = tone("#9C968A", shade_to="#2A2630")
    picture.ground(cx, base - 20, 170, 160)
    basin = Solid(cx, base, [(0.0, 150), (60, 172), (84, 180)])
    basin.paint(sheet, stone, 0.0)
    sheet.fill(basin.rim(), stone.light)
    sheet.fill(basin.rim(18), "#E6E2D4")
    lower = Solid(cx, base - 84, [(0.0, 122), (30, 124), (56, 122)])
    lower.paint(sheet, stone, 0.0)
    upper = Solid(cx, base - 142, [(0.0, 118), (40, 120), (74, 118)])
    for turn in (-0.7, -0.2, 0.4):
        x, y = lower.at(50, turn)
        sheet.brush(geometry.curve([(x, y), (x + 3, y + 30), (x - 2, y + 62)]), "#F1EEE2", 15, 0.95, taper=0.3)
    upper.paint(sheet, stone, 0.0)
    top = upper.rim()
    sheet.fill(top, stone.light)
    sheet.contour(top, stone.line, 2.6)
    _, cy = geometry.center(top)
    sheet.fill(geometry.ellipse(cx - 34, cy - 6, 26, 11), "#2A2026")
    for k in range(9):
        pieces.grain(
            sheet, cx - 34 + 22 * math.cos(k * 0.8), cy - 10 + 9 * math.sin(k * 0.8), 17, garnish.BLACK_BEAN, plump=0.74
        )
    for _ in range(60):
        x, y = upper.at(sheet.rng.uniform(4, 70), sheet.rng.uniform(-0.95, 0.95))
        sheet.fill(geometry.ellipse(x, y, 3, 2, count=6), sheet.rng.choice((stone.deep, stone.light)), 0.45)
    handle = geometry.resample([(cx + 90, cy + 30), (cx + 250, cy - 30)], 6)
    sheet.thread(handle, "#3A1D10", 20)
    sheet.thread(handle, "#9A6A3E", 15)
    sheet.thread([(cx + 236, cy - 24), (cx + 236, cy - 90)], "#3A1D10", 18)
    sheet.thread([(cx + 236, cy - 24), (cx + 236, cy - 90)], "#B98350", 13)


def _yuba_rack(picture: Picture, x0: float, x1: float) -> None:
    sheet = picture.things
    bamboo = tone("#B89A52")
    for x in (x0 + 20, x1 - 20):
        picture.ground(x, 766, 12, 150)
        sheet.thread([(x, 770), (x + 4, 520)], bamboo.line, 17)
        sheet.thread([(x, 770), (x + 4, 520)], bamboo.base, 13)
    for k in range(13):
        x = x0 + 34 + k * (x1 - x0 - 68) / 12
        fall = 150 + 12 * math.sin(k * 1.3)
        line = geometry.curve([(x, 540), (x + 3, 540 + fall * 0.5), (x - 2, 540 + fall)])
        sheet.thread(geometry.shift(line, 6, 5), "#3A1608", 19, 0.25)
        sheet.thread(line, tofu.YUBA.line, 22, 0.9)
        sheet.thread(line, tofu.YUBA.base, 18)
        sheet.brush(geometry.shift(line, -4, 0), tofu.YUBA.glint, 5, 0.85)
        sheet.brush(geometry.shift(line, 5, 0), tofu.YUBA.deep, 5, 0.4)
    pole = geometry.resample([(x0 - 20, 540), (x1 + 20, 532)], 8)
    sheet.thread(pole, bamboo.line, 17)
    sheet.thread(pole, bamboo.base, 13)
    sheet.brush(geometry.shift(pole, 0, -3), bamboo.glint, 4, 0.8)


def _pounding_block(picture: Picture, cx: float, base: float) -> None:
    sheet = picture.things
    wood = tone("#A8703E")
    picture.ground(cx, base - 14, 150, 150)
    block = Solid(cx, base, [(0.0, 148), (90, 150), (176, 148)])
    block.paint(sheet, wood, 0.0)
    for k in range(12):
        turn = math.sin(-1.4 + 2.8 * k / 11)
        sheet.brush([block.at(170, turn), block.at(90, turn + 0.01), block.at(4, turn)], wood.deep, 4, 0.4)
    top = block.rim()
    sheet.fill(top, wood.light)
    tx, ty = geometry.center(top)
    for share in (0.8, 0.6, 0.4, 0.2):
        ring = geometry.wobble(geometry.ellipse(tx, ty, 148 * share, 62 * share), 3, sheet.rng)
        sheet.thread([*ring, ring[0]], wood.shade, 2.4, 0.6)
    sheet.contour(top, wood.line, 2.6)
    mince = geometry.wobble(geometry.ellipse(tx - 6, ty - 16, 96, 46), 7, sheet.rng)
    pink = tone("#D88A7A")
    sheet.fill(geometry.shift(mince, 6, 10), "#3A1008", 0.35)
    sheet.fill(mince, pink.base)
    sheet.fill(geometry.crescent(mince, -0.05, 0.45, 26), pink.deep, 0.4)
    sheet.fill(geometry.ellipse(tx - 36, ty - 34, 34, 12), pink.glint, 0.7)
    for k in range(20):
        x, y = tx - 6 + 80 * math.cos(k * 2.4) * math.sqrt(k / 20), ty - 16 + 36 * math.sin(k * 2.4) * math.sqrt(k / 20)
        sheet.brush([(x - 8, y), (x + 8, y + 3)], pink.light if k % 2 else pink.deep, 4, 0.5)
    sheet.contour(mince, pink.line, 2.4)
    for x0, x1, y0 in ((tx + 120, tx + 20, ty - 150), (tx - 150, tx - 40, ty - 160)):
        rod = geometry.resample([(x0, y0), (x1, ty - 30)], 8)
        sheet.thread(rod, "#1E1A1C", 25)
        sheet.thread(rod, "#5A5A60", 19)
        sheet.brush(geometry.shift(rod, -4, -2), "#C9CCD2", 5, 0.8)
        grip = geometry.resample([(x0, y0), (x0 + (x1 - x0) * 0.3, y0 + (ty - 30 - y0) * 0.3)], 5)
        sheet.thread(grip, "#3A1D10", 28)
        sheet.thread(grip, "#8A5A34", 22)


def _noodle_rack(sheet: Sheet, x0: float, x1: float, top: float) -> None:
    bamboo = tone("#B89A52")
    for x in (x0 + 20, x1 - 20):
        sheet.thread([(x, 780), (x, top - 20)], bamboo.line, 17)
        sheet.thread([(x, 780), (x, top - 20)], bamboo.base, 13)
    count = 110
    for k in range(count):
        x = x0 + 34 + k * (x1 - x0 - 68) / (count - 1)
        bottom = top + 190 + 10 * math.sin(k * 0.35) + sheet.rng.uniform(-8, 8)
        line = [(x, top), (x + sheet.rng.uniform(-2, 2), (top + bottom) / 2), (x + sheet.rng.uniform(-4, 4), bottom)]
        sheet.thread(line, "#B8A68A", 4.6, 0.85)
        sheet.thread(geometry.shift(line, -1, 0), "#FFFBF0", 2.6)
    pole = geometry.resample([(x0 - 30, top), (x1 + 30, top - 6)], 8)
    sheet.thread(pole, bamboo.line, 19)
    sheet.thread(pole, bamboo.base, 15)
    sheet.brush(geometry.shift(pole, 0, -4), bamboo.glint, 4, 0.8)


SCENES = {
    "sidatong": Scene("", sidatong),
    "shige": Scene("", shige),
    "laojie": Scene("", laojie),
    "neifang": Scene("", neifang),
    "banxin": Scene("", banxin),
    "xinchun": Scene("", xinchun),
    "zhengda": Scene("", zhengda),
    "danyan": Scene("", danyan),
    "banlixu": Scene("", banlixu),
    "gaoceng": Scene("", gaoceng),
}
