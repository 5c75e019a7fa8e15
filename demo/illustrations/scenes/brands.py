"""One banner a brand, its left third kept quiet for a heading."""

from demo.illustrations import bottles, garnish, palette, ware
from demo.illustrations.scenes import cakes, meat, noodles, tofu, wine
from demo.illustrations.sheet import Picture, Scene


def hong(picture: Picture) -> None:
    """坂里红: vats, jars and a full bowl."""
    sheet = picture.things
    for x, y in ((1080, 330), (760, 320)):
        picture.ground(x, y - 12, 140, 190, 0.35)
        bottles.vat(sheet, x, y, 320, 300)
    for x, base, width, height, glaze, cap, text in (
        (600, 500, 210, 250, ware.CLAY, palette.LACQUER, "四"),
        (830, 470, 240, 280, ware.TENMOKU, palette.LACQUER, "陈"),
        (1060, 500, 210, 250, ware.COARSE, "#D9A441", "冬"),
    ):
        picture.ground(x, base - 12, width * 0.37, height * 0.8)
        jar = ware.jar(x, base, width, height)
        jar.paint(sheet, glaze, 0.9)
        if glaze is ware.TENMOKU:
            ware.dipped_glaze(sheet, jar, ware.CLAY, 0.2)
        ware.cloth_cap(sheet, jar, cap, "#D9B36B" if cap == palette.LACQUER else "#8A1B2A")
        ware.paper_label(sheet, x - 6, base - height * 0.46, width * 0.2, text)
    for x, base, radius in ((715, 575, 92), (960, 572, 92)):
        picture.ground(x, base - 8, radius * 0.5, radius * 0.7)
        bowl = ware.bowl(x, base, radius, radius * 0.8, ware.CELADON)
        bowl.open(sheet)
        ware.wine(sheet, bowl, radius * 0.16, wine.AMBER)
        bowl.close(sheet)
    garnish.blossom_sprig(sheet, 420, 575, 220)


def xian(picture: Picture) -> None:
    """坂里鲜: tofu, noodles, a steamer of sponges, a bowl of balls."""
    with picture.placed(350, -70, 0.62):
        cakes.red_rice_cake(picture)
    with picture.placed(780, -60, 0.6):
        tofu.tofu_puffs(picture)
    with picture.placed(350, 160, 0.62):
        tofu.black_tofu(picture)
    with picture.placed(800, 162, 0.56):
        meat.pork_balls(picture)
    for x, y in ((742, 430), (800, 500)):
        noodles.coil(picture.things, x, y, 74, 34, noodles.WHEAT, 3.4)
    garnish.scallion_stalk(picture.things, 420, 575, 200, 560)
    garnish.scallions(picture.things, 480, 570, 34, 7, 9)


SCENES = {"hong": Scene("hall", hong), "xian": Scene("dairy", xian)}
