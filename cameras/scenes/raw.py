"""The raw-material store: shelves with jars, sacks on a pallet, a scale, and someone who fetches a sack."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import arm, worker

WOOD: Color = (151, 112, 74)
SACK: Color = (221, 205, 170)
JAR_CONTENTS: list[Color] = [(150, 38, 40), (48, 40, 38), (235, 226, 200), (196, 148, 74), (122, 140, 78)]


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    walk = swing(phase)  # once to the scale and back
    x = 330 + 120 * walk
    step = abs(swing(phase, 10)) * 4
    for side in (-1, 1):
        foot = 300 + 4 * swing(phase, 10) * side
        brush.line([(x + 17 * side, 240), (x + 17 * side, foot - 8)], (88, 98, 112), 24)
        brush.box(x + 17 * side - 15, foot - 8, 30, 14, (240, 242, 240), 6)
    worker(brush, x, 128 - step, 0.95)
    lifted = 8 * swing(phase, 5)
    sack(brush, x - 32, 190 - step + lifted * 0.3, 64, 50)
    arm(brush, (x - 30, 150 - step), (x - 26, 222 - step), 18, 0.2)
    arm(brush, (x + 30, 150 - step), (x + 26, 222 - step), 18, -0.2)
    _front(brush, phase)
    return brush.finished()


def sack(brush: Brush, x: float, y: float, width: float, height: float) -> None:
    brush.box(x, y, width, height, SACK, 10)
    brush.box(x + 4, y + height - 12, width - 8, 8, shaded(SACK, 0.9), 4)
    brush.box(x + width * 0.22, y + height * 0.3, width * 0.56, height * 0.34, (176, 52, 48), 3)
    brush.box(x + width * 0.3, y + height * 0.4, width * 0.4, 3, (244, 236, 220))
    brush.box(x + width * 0.3, y + height * 0.52, width * 0.28, 3, (244, 236, 220))
    brush.line([(x + 8, y + 5), (x + width - 8, y + 5)], shaded(SACK, 0.8), 2)


def _jar(brush: Brush, x: float, y: float, contents: Color, fill: float) -> None:
    brush.box(x, y, 30, 40, (214, 226, 226), 6)
    brush.box(x + 2, y + 38 - 34 * fill, 26, 34 * fill, contents, 4)
    brush.box(x + 5, y + 5, 3, 28, (248, 252, 252), 1)
    brush.box(x + 2, y - 6, 26, 8, (162, 64, 52), 3)
    brush.box(x + 9, y + 15, 14, 12, (250, 246, 232), 1)


@cache
def _room() -> Image.Image:
    brush = tiled_room((206, 212, 204), (152, 150, 144), 228)
    brush.box(0, 0, 640, 10, (120, 124, 120))
    for row, top in enumerate((62, 128, 194)):
        for place in range(6):
            if (row, place) != (1, 4):
                contents = JAR_CONTENTS[(place + row * 2) % 5]
                _jar(brush, 30 + place * 42, top - 40, contents, 0.55 + 0.4 * ((place * 7 + row * 3) % 5) / 5)
        brush.box(16, top, 276, 9, WOOD)
        brush.box(16, top + 9, 276, 4, shaded(WOOD, 0.7))
    for post in (16, 284):
        brush.box(post, 20, 9, 215, shaded(WOOD, 0.85))
    for row, top in enumerate((96, 172)):
        for place in range(3):
            sack(brush, 392 + place * 76, top - 46 + row * 2, 68, 46)
        brush.box(380, top, 250, 9, WOOD)
        brush.box(380, top + 9, 250, 4, shaded(WOOD, 0.7))
    for post in (380, 622):
        brush.box(post, 36, 9, 200, shaded(WOOD, 0.85))
    return vignetted(brush, 1).image


def _front(brush: Brush, phase: float) -> None:
    """The pallet and the scale before the worker; the scale's reading changes, its lamp blinks."""
    brush.box(16, 322, 250, 10, WOOD)
    for place in range(3):
        sack(brush, 22 + place * 80, 268, 76, 54)
    for place in range(2):
        sack(brush, 60 + place * 80, 216, 76, 54)
    brush.box(470, 290, 120, 46, (92, 98, 104), 6)
    brush.box(462, 282, 136, 12, (188, 194, 198), 4)
    brush.box(486, 304, 66, 22, (22, 40, 30), 3)
    reading = round(3 + 2 * swing(phase, 2))
    for digit in range(4):
        brush.box(492 + digit * 15, 309, 10, 12 if (reading + digit) % 3 else 6, (96, 232, 140), 1)
    brush.oval(572, 315, 10, 10, (232, 70, 56) if swing(phase, 20) > 0 else (92, 40, 36))
