"""The mark: a carved seal (印), 坂 over 里, cut in white out of a red square by a hand that slips a little."""

from itertools import pairwise

from demo.illustrations import geometry, palette
from demo.illustrations.geometry import Outline
from demo.illustrations.sheet import Sheet

SIZE = 96
Stroke = list[tuple[float, float]]

# Strokes in a box 80 wide and 36 high: 坂 as 土 beside 反, 里 as 田 over 土.
BAN: list[Stroke] = [
    [(5, 11), (28, 11)],
    [(16.5, 0), (16.5, 35)],
    [(1, 34), (32, 34)],
    [(39, 2.5), (79, 2.5)],
    [(42, 2.5), (42, 20), (36.5, 36)],
    [(51, 13), (74, 13), (70, 23), (48, 36)],
    [(52, 18), (62, 27), (79, 35.5)],
]
LI: list[Stroke] = [
    [(15, 1.5), (65, 1.5), (65, 19.5), (15, 19.5), (15, 1.5)],
    [(15, 10.5), (65, 10.5)],
    [(40, 1.5), (40, 35)],
    [(18, 27), (62, 27)],
    [(4, 35), (76, 35)],
]


def paint(red: str = palette.LACQUER, paper: str = "#FFFFFF") -> Sheet:
    """The seal as a sheet of 96 x 96."""
    sheet = Sheet(SIZE, SIZE, "seal")
    sheet.fill(_chipped_square(sheet), red, angular=True)
    for strokes, top in ((BAN, 8.5), (LI, 51.5)):
        for stroke in strokes:
            sheet.fill(_cut(sheet, [(x + 8, y + top) for x, y in stroke]), paper, angular=True)
    for x, y, size in ((6, 31, 1.1), (90, 66, 1.3), (47, 91.5, 1.0), (70, 47.5, 0.8), (27, 48.4, 0.7)):
        sheet.fill(
            geometry.wobble(geometry.ellipse(x, y, size, size * 0.8, count=7), 0.3, sheet.rng), paper, angular=True
        )
    return sheet


def _chipped_square(sheet: Sheet) -> Outline:
    rng = sheet.rng
    low, high = 2.0, SIZE - 2.0
    edge: Outline = []
    for i in range(24):
        t = low + (high - low) * i / 24
        edge.append((t, low + rng.uniform(-0.7, 0.8)))
    for i in range(24):
        edge.append((high + rng.uniform(-0.8, 0.7), low + (high - low) * i / 24))
    for i in range(24):
        edge.append((high - (high - low) * i / 24, high + rng.uniform(-0.8, 0.7)))
    for i in range(24):
        edge.append((low + rng.uniform(-0.7, 0.8), high - (high - low) * i / 24))
    edge[0], edge[24], edge[48], edge[72] = (3.6, 3.4), (high - 1.2, 3.2), (high - 1.8, high - 1.4), (3.2, high - 2.2)
    return edge


def _cut(sheet: Sheet, stroke: Outline) -> Outline:
    dense: Outline = []
    for (x0, y0), (x1, y1) in pairwise(stroke):
        dense += [(x0 + (x1 - x0) * i / 6, y0 + (y1 - y0) * i / 6) for i in range(6)]
    dense.append(stroke[-1])
    return [
        (x + sheet.rng.uniform(-0.35, 0.35), y + sheet.rng.uniform(-0.35, 0.35)) for x, y in _square_tube(dense, 5.4)
    ]


def _square_tube(line: Outline, width: float) -> Outline:
    left, right = [], []
    n = len(line)
    for i, (x, y) in enumerate(line):
        (x0, y0), (x1, y1) = line[max(i - 1, 0)], line[min(i + 1, n - 1)]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
        dx, dy = (x1 - x0) / length * width / 2, (y1 - y0) / length * width / 2
        corner = 1.36 if 0 < i < n - 1 and _turns(line, i) else 1.0
        left.append((x - dy * corner, y + dx * corner))
        right.append((x + dy * corner, y - dx * corner))
    return left + right[::-1]


def _turns(line: Outline, i: int) -> bool:
    (x0, y0), (x1, y1), (x2, y2) = line[i - 1], line[i], line[i + 1]
    return abs((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) > 1.0
