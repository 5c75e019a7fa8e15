"""Boxes to give: two jars in lacquer, four cakes in wood."""

from itertools import pairwise

from demo.illustrations import garnish, geometry, lettering, palette, pieces, ware, weaving
from demo.illustrations.palette import tone
from demo.illustrations.scenes import pastry
from demo.illustrations.sheet import Picture, Scene, Sheet


def two_jars(picture: Picture) -> None:
    """An open lacquer box, an amber jar and a black one in straw, the lid leaning behind."""
    sheet = picture.things
    lacquer = tone(palette.LACQUER, shade_to="#1E0408")
    picture.ground(385, 640, 270, 150)
    lid = pieces.Block(470, 500, 470, 30, 440, -7)
    lid.paint(sheet, lacquer, soft=8)
    gold = "#E2B45C"
    x, y = lid.at(0.02, 1, 0.8)
    sheet.path(lettering.row("坂里红", x, y - 44, 82), gold)
    frame = [lid.at(u, 1, h) for u, h in ((-0.93, 0.95), (0.93, 0.95), (0.93, 0.05), (-0.93, 0.05))]
    sheet.thread(geometry.resample([*frame, frame[0]], 60), gold, 3, 0.9)
    box = pieces.Block(370, 640, 560, 300, 150, -7)
    sheet.fill(box.silhouette(), lacquer.deep, angular=True)
    _hollow(sheet, box, "#3A0A0E")
    _straw(sheet, box)
    for u, glaze, cap, text in ((-0.44, ware.CLAY, palette.LACQUER, "三"), (0.42, ware.TENMOKU, "#D9A441", "五")):
        x, y = box.at(u, 0.1, 0.4)
        jar = ware.jar(x, y + 26, 214, 292)
        jar.paint(sheet, glaze, 0.9)
        ware.cloth_cap(sheet, jar, cap, "#D9B36B" if cap == palette.LACQUER else "#8A1B2A")
        ware.paper_label(sheet, x - 4, y - 112, 48, text, "#F3E7CF")
    _front(sheet, box, lacquer, gold)
    for x, y in ((650, 735), (735, 690)):
        picture.ground(x, y - 4, 30, 40)
        cup = ware.cup(x, y, 52, ware.PORCELAIN)
        cup.open(sheet)
        ware.wine(sheet, cup, 11, "#A8321A")
        cup.close(sheet)


def four_cakes(picture: Picture) -> None:
    """A four-square wooden box, each square another cake, the bamboo cord undone beside it."""
    sheet = picture.things
    wood = tone("#B98350")
    picture.ground(390, 640, 300, 90)
    box = pieces.Block(390, 610, 560, 560, 96, 38)
    box.paint(sheet, wood, soft=8)
    _hollow(sheet, box, "#7A4C2A")
    floor = 0.55
    cells = ((-0.48, -0.48, "mung"), (0.48, -0.48, "crisp"), (-0.48, 0.48, "sesame"), (0.48, 0.48, "melon"))
    for u, v, kind in sorted(cells, key=lambda cell: box.at(cell[0], cell[1], floor)[1]):
        _fill_cell(sheet, box, u, v, kind)
        if kind == "mung":
            _partition(sheet, box, wood)
    _rim(sheet, box, wood)
    cord = geometry.curve([(90, 700), (150, 740), (240, 735), (270, 765), (200, 780), (120, 760)])
    weaving.straw_tie(sheet, cord, "#C9A455", 8)
    garnish.peanut(sheet, 680, 735, 36, 30)
    pieces.scatter(sheet, 610, 755, 36, 9, 18, garnish.MUNG, plump=0.78)


def _hollow(sheet: Sheet, box: pieces.Block, dark: str) -> None:
    inner = [box.at(u, v, 1.0) for u, v in ((-0.95, -0.92), (0.95, -0.92), (0.95, 0.92), (-0.95, 0.92))]
    sheet.fill(inner, dark, angular=True)
    floor = [box.at(u, v, 0.45) for u, v in ((-0.95, -0.92), (0.95, -0.92), (0.95, 0.92), (-0.95, 0.92))]
    clipped = [(x, min(y, inner[2][1] if x > box.cx else inner[3][1])) for x, y in floor]
    sheet.fill(clipped, palette.mix(dark, "#F6D9A0", 0.16), angular=True)


def _straw(sheet: Sheet, box: pieces.Block) -> None:
    for _ in range(150):
        x, y = box.at(sheet.rng.uniform(-0.9, 0.9), sheet.rng.uniform(-0.7, 0.85), 0.7)
        dx, dy = sheet.rng.uniform(-36, 36), sheet.rng.uniform(-14, 14)
        color = sheet.rng.choice(("#D9B56A", "#E9CF90", "#B98F44", "#C7A057"))
        sheet.thread(
            geometry.curve([(x - dx, y - dy), (x, y + sheet.rng.uniform(-8, 8)), (x + dx, y + dy)], 3), color, 3, 0.9
        )


def _front(sheet: Sheet, box: pieces.Block, lacquer: palette.Tone, gold: str) -> None:
    front = box.front()
    sheet.fill(front, lacquer.base, angular=True)
    side = box.side()
    sheet.fill(side, lacquer.shade, angular=True)
    sheet.fill(
        [box.at(-1, 1, 0.3), box.at(1, 1, 0.3), box.at(1, 1, 0), box.at(-1, 1, 0)], lacquer.deep, 0.4, angular=True
    )
    sheet.fill(
        [box.at(-1, 1, 1), box.at(-0.3, 1, 1), box.at(-0.55, 1, 0), box.at(-1, 1, 0)], lacquer.light, 0.22, angular=True
    )
    edge = [box.at(-1, -1), box.at(-1, 1), box.at(1, 1)]
    sheet.thread([edge[0], edge[1]], lacquer.light, 5)
    sheet.thread([edge[1], edge[2]], lacquer.light, 5)
    frame = [box.at(u, 1, h) for u, h in ((-0.94, 0.84), (0.94, 0.84), (0.94, 0.14), (-0.94, 0.14))]
    for a, b in zip(frame, [*frame[1:], frame[0]], strict=True):
        sheet.thread([a, b], gold, 2.6, 0.9)
    sheet.contour(pieces.rounded([*front], 5), lacquer.line, 2.6)
    x, y = box.at(0, 1, 0.5)
    clasp = geometry.ellipse(x, y, 34, 32)
    sheet.fill(clasp, gold)
    sheet.contour(clasp, "#5A3A10", 2.6)
    sheet.path(lettering.glyph("坂", x - 22, y - 22, 44), palette.LACQUER)


def _fill_cell(sheet: Sheet, box: pieces.Block, u: float, v: float, kind: str) -> None:
    spots = ((-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2), (0.2, 0.2))
    for du, dv in sorted(spots, key=lambda spot: box.at(u + spot[0], v + spot[1])[1]):
        x, y = box.at(u + du, v + dv, 0.62)
        if kind == "mung":
            pastry.flaky_cake(sheet, x, y, 50)
        elif kind == "sesame":
            _sesame_cake(sheet, x, y, 50)
        elif kind == "crisp":
            pastry.crisp_bar(sheet, x, y, 92, 50, 44, 38)
        else:
            pastry.flaky_cake(sheet, x, y, 50, palette.BAMBOO)


def _sesame_cake(sheet: Sheet, cx: float, cy: float, radius: float) -> None:
    brown = tone("#C58A42")
    body, top = pieces.round_cake(cx, cy, radius, radius * 0.5)
    sheet.fill(body, brown.base)
    sheet.fill(geometry.crescent(body, -0.05, 0.36, radius * 0.3, light=(-0.4, -0.9)), brown.deep, 0.5)
    sheet.fill(top, brown.light)
    for _ in range(46):
        u, v = sheet.rng.uniform(-0.85, 0.85), sheet.rng.uniform(-0.8, 0.8)
        if u * u + v * v < 0.75:
            color = sheet.rng.choice(("#F7EBCB", "#2E2420", "#F0DDB0"))
            pieces.kernel(
                sheet, cx + u * radius, cy - radius * 0.5 + v * radius * 0.46, 6, color, sheet.rng.uniform(0, 180), 0.6
            )
    sheet.contour(body, brown.line, 2.4)


def _partition(sheet: Sheet, box: pieces.Block, wood: palette.Tone) -> None:
    for a, b in (((-0.95, 0.0), (0.95, 0.0)), ((0.0, -0.92), (0.0, 0.92))):
        wall = [box.at(*a, 0.98), box.at(*b, 0.98), box.at(*b, 0.6), box.at(*a, 0.6)]
        sheet.fill(wall, wood.shade, angular=True)
        sheet.thread([box.at(*a, 0.98), box.at(*b, 0.98)], wood.line, 12)
        sheet.thread([box.at(*a, 0.98), box.at(*b, 0.98)], wood.light, 9)


def _rim(sheet: Sheet, box: pieces.Block, wood: palette.Tone) -> None:
    corners = [box.at(u, v) for u, v in ((-1, 1), (1, 1), (1, -1))]
    for a, b in pairwise(corners):
        sheet.thread([a, b], wood.line, 17)
        sheet.thread([a, b], wood.light, 13)
    for share in (0.25, 0.5, 0.75):
        sheet.brush([box.at(-0.96, 1, share), box.at(0, 1, share + 0.02), box.at(0.96, 1, share)], wood.deep, 2.4, 0.4)
    x, y = box.at(0.0, 1, 0.46)
    with sheet.transformed(f"matrix(1 0.32 0 1 0 {-0.32 * x:.1f})"):
        sheet.path(lettering.row("坂里鲜", x, y - 26, 50), palette.BAMBOO, 0.9)


SCENES = {
    "sidatong-gift-pair": Scene("hall", two_jars),
    "xinchun-cake-box": Scene("bakery", four_cakes, focus=(395, 545, 1.1)),
}
