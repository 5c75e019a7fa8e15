"""Wine and what wine leaves behind: jars, bottles, bowls; red lees and sweet rice."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math

from demo.illustrations import bottles, garnish, geometry, lettering, palette, pieces, ware, weaving
from demo.illustrations.palette import mix, tone
from demo.illustrations.sheet import Picture, Scene

YOUNG, AMBER, GARNET = "#C2304A", "#A8321A", "#7A1A16"


def three_year(picture: Picture) -> None:
    """A fir vat behind, an amber jar, a full bowl."""
    sheet = picture.things
    picture.ground(560, 430, 190, 260, 0.4)
    bottles.vat(sheet, 560, 470, 420, 400)
    _jar(picture, 290, 650, 350, 390, ware.CLAY, "四", bare=None)
    _bowl(picture, 570, 730, 145, AMBER)
    garnish_rice(picture, 380, 740)


def five_year(picture: Picture) -> None:
    """A squat black jar, dipped in glaze, a bowl, and peanuts."""
    sheet = picture.things
    picture.ground(370, 590, 170, 330)
    jar = ware.jar(370, 610, 430, 420)
    jar.paint(sheet, ware.TENMOKU, 1.0)
    ware.dipped_glaze(sheet, jar, ware.CLAY, 0.2)
    ware.cloth_cap(sheet, jar, palette.LACQUER)
    ware.paper_label(sheet, 358, 415, 88, "陈")
    _bowl(picture, 600, 725, 138, GARNET)
    picture.ground(180, 715, 70, 26)
    garnish.peanut_dish(sheet, 185, 722, 100)


def new_brew(picture: Picture) -> None:
    """Young wine in clear glass, a small cup, a plum twig."""
    sheet = picture.things
    picture.ground(330, 640, 92, 420, 0.45)
    bottle = bottles.wine_bottle(330, 655, 200, 540)
    bottles.glass(sheet, bottle, YOUNG, 0.74)
    ware.strip_label(sheet, bottle, 70, 250, "新酿", "#F6ECDA", palette.LACQUER)
    bottles.stopper(sheet, bottle, "#B98A58", 46)
    for x, y, r in ((560, 690, 74), (690, 610, 62)):
        picture.ground(x, y - 4, r * 0.5, 60)
        cup = ware.cup(x, y, r, ware.PORCELAIN)
        cup.open(sheet)
        ware.wine(sheet, cup, r * 0.2, YOUNG)
        cup.close(sheet)
    garnish.blossom_sprig(sheet, 90, 740, 330)


def sweet_gourd(picture: Picture) -> None:
    """A date-red gourd flask with its cord, and a cup poured."""
    sheet = picture.things
    picture.ground(350, 620, 130, 420)
    flask = bottles.gourd(350, 640, 330, 520)
    flask.paint(sheet, ware.DATE_RED, 1.0)
    ware.paper_label(sheet, 338, 505, 66, "甜", "#F3E7CF")
    waist = flask.ring(296, -0.999, 0.999)
    weaving.straw_tie(sheet, waist, "#D9A441", 12)
    tail = geometry.curve([waist[12], (flask.cx + 120, 400), (flask.cx + 150, 470), (flask.cx + 142, 520)])
    weaving.straw_tie(sheet, tail, "#D9A441", 7)
    _tassel(picture, tail[-1][0], tail[-1][1])
    bottles.stopper(sheet, flask, "#A31D2A", 40, wider=1.5)
    _bowl(picture, 600, 730, 122, "#B53A22")
    garnish_rice(picture, 210, 720)


def warm_dry(picture: Picture) -> None:
    """A white flask standing in hot water, steam, a small cup."""
    sheet = picture.things
    picture.ground(360, 690, 150, 130)
    basin = ware.bowl(360, 715, 255, 190, tone("#7E9AA0"), tone("#8FAAAE"))
    basin.open(sheet)
    flask = bottles.flask(370, 620, 190, 450)
    flask.paint(sheet, ware.PORCELAIN, 0.9)
    for share in (0.2, 0.23, 0.6):
        sheet.thread(flask.ring(450 * share, -0.99, 0.99), ware.COBALT, 3, 0.7)
    sheet.path(lettering.column("老酒", 360, 372, 56), ware.COBALT, 0.85)
    water = basin.surface(62)
    sheet.fill(water, "#BFD6D6", 0.72)
    sheet.fill(geometry.crescent(water, 0.0, 0.5, 40, light=(-0.3, -0.6)), "#F0FAF8", 0.6)
    ripple = geometry.ellipse(370, 600, 96, 34)
    sheet.thread([*ripple, ripple[0]], "#F4FBFA", 3, 0.8)
    basin.close(sheet)
    picture.ground(650, 705, 40, 60)
    cup = ware.cup(650, 715, 82, ware.PORCELAIN)
    cup.open(sheet)
    ware.wine(sheet, cup, 18, AMBER)
    cup.close(sheet)
    picture.steam(366, 160, 150, 3, 0.55)
    picture.steam(560, 520, 240, 2, 0.4)
    picture.steam(650, 630, 190, 2, 0.5)


def red_lees(picture: Picture) -> None:
    """A glass jar of red lees, and a heaped spoon of it on a plate."""
    sheet = picture.things
    picture.ground(300, 620, 140, 300)
    jar = bottles.preserve_jar(300, 640, 310, 370)
    bottles.glass(sheet, jar, "#9C2030", 0.8)
    for _ in range(130):
        h, turn = sheet.rng.uniform(15, 285), sheet.rng.uniform(-0.9, 0.9)
        x, y = jar.at(h, turn, 0.94)
        color = mix(sheet.rng.choice(("#B6313F", "#8A1B2A", "#C9505A")), palette.DUSK, max(0.0, turn) * 0.4)
        pieces.kernel(sheet, x, y, sheet.rng.uniform(11, 17), color, sheet.rng.uniform(0, 180))
    sheet.fill(jar.band(-0.74, -0.58, 40, 320), "#FFFFFF", 0.5)
    ware.paper_label(sheet, 300, 500, 74, "糟", "#F3E7CF")
    bottles.stopper(sheet, jar, "#8A6A3C", 62, wider=1.06)
    picture.ground(570, 690, 150, 30)
    ware.Plate(570, 695, 190, ware.PORCELAIN).paint(sheet, ware.COBALT)
    _heap(picture, 545, 680, 105, ("#B6313F", "#8A1B2A", "#C9505A", "#741320"), 190, 15)
    garnish.coriander(sheet, 640, 690, 40)


def winter_jar(picture: Picture) -> None:
    """A coarse jar under leaf, hemp and mud; a ladle and a bowl."""
    sheet = picture.things
    picture.ground(330, 640, 175, 360)
    jar = ware.jar(330, 660, 430, 420, neck=0.46)
    jar.paint(sheet, ware.COARSE, 0.15)
    ware.throwing_rings(sheet, jar, ware.COARSE.deep, 9)
    bottles.mud_cap(sheet, jar)
    ware.paper_label(sheet, 318, 500, 92, "冬")
    _bowl(picture, 610, 735, 132, AMBER)
    _dipper(picture, 640, 560)


def tasting_trio(picture: Picture) -> None:
    """Three thumb-high jars, sweet to dry, each with its cup."""
    sheet = picture.things
    for x, text, wine, glaze, cap in (
        (146, "甜", "#C8483A", ware.DATE_RED, "#D9A441"),
        (398, "半", "#A8321A", ware.CELADON, palette.LACQUER),
        (650, "干", "#7E2A14", ware.TENMOKU, palette.BAMBOO),
    ):
        picture.ground(x, 570, 84, 250)
        jar = ware.jar(x, 580, 248, 320)
        jar.paint(sheet, glaze, 0.9)
        ware.cloth_cap(sheet, jar, cap)
        ware.paper_label(sheet, x - 5, 430, 56, text, "#F3E7CF")
        picture.ground(x + 26, 716, 52, 60)
        cup = ware.cup(x + 26, 728, 92, ware.PORCELAIN)
        cup.open(sheet)
        ware.wine(sheet, cup, 18, wine)
        cup.close(sheet)


def jiuniang(picture: Picture) -> None:
    """A bowl of pink sweet rice, a porcelain spoon, osmanthus."""
    sheet = picture.things
    picture.ground(390, 690, 170, 170)
    vessel = ware.bowl(390, 725, 285, 235, ware.CELADON, tone("#C6D6C8"))
    vessel.open(sheet)
    ware.wine(sheet, vessel, 34, "#E3A09A")
    surface = vessel.surface(34, 26)
    cx, cy = geometry.center(surface)
    mound = geometry.wobble(geometry.ellipse(cx, cy - 4, 222, 92), 7, sheet.rng)
    sheet.fill(mound, "#EDB9B2")
    sheet.fill(geometry.crescent(mound, 0.0, 0.45, 40), "#C9747A", 0.35)
    for i in range(300):
        a, reach = i * 2.39996, math.sqrt(i / 300)
        x, y = cx + 214 * reach * math.cos(a), cy - 22 * (1 - reach * reach) + 84 * reach * math.sin(a)
        color = mix(
            sheet.rng.choice(("#FBE4DC", "#F7D2CA", "#FFF3EC", "#F2BFB8")), "#B0505A", 0.22 if x > cx + 90 else 0
        )
        pieces.kernel(
            sheet, x + sheet.rng.uniform(-5, 5), y, sheet.rng.uniform(22, 27), color, sheet.rng.uniform(0, 180), 0.6
        )
    for _ in range(26):
        a, reach = sheet.rng.uniform(0, math.tau), 150 * math.sqrt(sheet.rng.random())
        x, y = cx + reach * math.cos(a), cy - 6 + reach * 0.36 * math.sin(a)
        sheet.fill(geometry.ellipse(x, y, 5, 4, count=7), sheet.rng.choice(("#E9B23C", "#F4CE6A")))
    vessel.close(sheet)
    picture.ground(640, 700, 60, 14)
    garnish.spoon(sheet, 606, 742, 230, -30)
    garnish_rice(picture, 130, 730)


def garnish_rice(picture: Picture, x: float, y: float) -> None:
    """Red yeast rice and plain rice on the table, which is all the wine is made of."""
    pieces.scatter(picture.things, x, y, 60, 12, 15, garnish.RED_RICE, plump=0.5)
    pieces.scatter(picture.things, x + 20, y + 8, 60, 10, 15, garnish.RICE, plump=0.48)


def _jar(
    picture: Picture,
    cx: float,
    base: float,
    width: float,
    height: float,
    glaze: palette.Tone,
    text: str,
    bare: palette.Tone | None,
) -> None:
    sheet = picture.things
    picture.ground(cx, base - 14, width * 0.38, height * 0.85)
    jar = ware.jar(cx, base, width, height)
    jar.paint(sheet, glaze, 0.7)
    if bare:
        ware.dipped_glaze(sheet, jar, bare, 0.2)
    ware.throwing_rings(sheet, jar, glaze.deep, 6)
    ware.cloth_cap(sheet, jar, palette.LACQUER)
    ware.paper_label(sheet, cx - width * 0.03, base - height * 0.47, width * 0.22, text)


def _bowl(picture: Picture, cx: float, base: float, radius: float, wine: str) -> None:
    picture.ground(cx, base - 10, radius * 0.55, radius * 0.7)
    vessel = ware.bowl(cx, base, radius, radius * 0.8, ware.CELADON)
    vessel.open(picture.things)
    ware.wine(picture.things, vessel, radius * 0.16, wine)
    vessel.close(picture.things)


def _tassel(picture: Picture, x: float, y: float) -> None:
    sheet = picture.things
    for i in range(9):
        end = (x + (i - 4) * 6 + sheet.rng.uniform(-2, 2), y + 76 + sheet.rng.uniform(-6, 6))
        sheet.brush(
            [(x + (i - 4) * 1.6, y + 8), ((x + end[0]) / 2, y + 40), end],
            "#7A1420" if i % 2 else palette.LACQUER,
            6,
            taper=0.4,
        )
    sheet.fill(geometry.ellipse(x, y + 4, 12, 13), "#D9A441")
    sheet.contour(geometry.ellipse(x, y + 4, 12, 13), "#5A3A10", 2)


def _heap(
    picture: Picture, cx: float, cy: float, radius: float, colors: tuple[str, ...], count: int, size: float
) -> None:
    sheet = picture.things
    mound = geometry.wobble(geometry.ellipse(cx, cy - radius * 0.2, radius, radius * 0.52), 6, sheet.rng)
    sheet.fill(geometry.shift(mound, 8, 12), "#3A0A10", 0.35)
    sheet.fill(mound, colors[1])
    grains = []
    for _ in range(count):
        a, reach = sheet.rng.uniform(0, math.tau), math.sqrt(sheet.rng.random())
        lift = (1 - reach) * radius * 0.42
        grains.append(
            (cx + radius * reach * math.cos(a), cy - radius * 0.1 + radius * 0.42 * reach * math.sin(a) - lift)
        )
    for x, y in sorted(grains, key=lambda g: g[1]):
        color = mix(sheet.rng.choice(colors), palette.DUSK, 0.3 if x > cx + radius * 0.3 else 0)
        pieces.kernel(sheet, x, y, size, color, sheet.rng.uniform(0, 180))


def _dipper(picture: Picture, x: float, y: float) -> None:
    """A bamboo dipper leaning in the picture's right."""
    sheet = picture.things
    bamboo = tone("#C4A055")
    handle = geometry.resample([(x + 30, y - 20), (x + 96, y - 330)], 8)
    sheet.thread(handle, bamboo.line, 17)
    sheet.thread(handle, bamboo.base, 13)
    sheet.brush(geometry.shift(handle, -3, 0), bamboo.glint, 4, 0.7)
    cup = ware.cup(x, y + 30, 62, bamboo, tone("#8A6A34"))
    picture.ground(x, y + 22, 40, 60)
    cup.open(sheet)
    ware.wine(sheet, cup, 14, AMBER)
    cup.close(sheet, 0.2)


SCENES = {
    "sidatong-three-year": Scene("cellar", three_year),
    "sidatong-five-year": Scene("cellar", five_year),
    "sidatong-new-brew": Scene("cellar", new_brew),
    "shige-sweet-gourd": Scene("cellar", sweet_gourd, focus=(400, 430, 1.05)),
    "shige-warm-dry": Scene("cellar", warm_dry),
    "shige-red-lees": Scene("pantry", red_lees, focus=(420, 520, 1.1)),
    "laojie-winter-jar": Scene("cellar", winter_jar),
    "laojie-tasting-trio": Scene("cellar", tasting_trio, focus=(400, 480, 1.04)),
    "laojie-jiuniang": Scene("pantry", jiuniang, focus=(392, 560, 1.16)),
}
