"""Production of red-yeast wine: earthen jars under red cloth, a vat of red mash, and someone who ladles."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import arm, worker

CLAY: Color = (116, 74, 52)
CLOTH: Color = (170, 36, 44)
MASH: Color = (142, 32, 42)


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    worker(brush, 318, 96, 1.0, CLOTH)
    _vat(brush, phase)
    dip = swing(phase, 5)
    side = swing(phase, 5, 0.25)
    hand = (352 + 26 * side, 196 - 16 * dip)
    ladle = (334 + 30 * side, 246 - 18 * dip)
    brush.line([hand, ladle], (150, 110, 70), 6)
    brush.oval(ladle[0], ladle[1], 30, 16, (178, 134, 86))
    if dip > 0.1:
        brush.oval(ladle[0], ladle[1] - 2, 22, 9, MASH)
        brush.line([(ladle[0] + 10, ladle[1] + 3), (ladle[0] + 12, 262)], (178, 44, 56), 3)
    arm(brush, (286, 122), (262, 220 + 3 * dip), 23, 0.15)
    arm(brush, (350, 122), hand, 23, -0.3)
    _bubbling_flasks(brush, phase)
    return brush.finished()


def _vat(brush: Brush, phase: float) -> None:
    brush.box(216, 250, 210, 96, (132, 96, 62), 16)
    for stave in range(13):
        brush.box(222 + stave * 16, 256, 2, 86, (110, 78, 50))
    brush.box(212, 276, 218, 7, (70, 66, 64), 3)
    brush.box(212, 322, 218, 7, (70, 66, 64), 3)
    brush.oval(321, 254, 216, 52, (154, 114, 76))
    brush.oval(321, 256, 194, 42, MASH)
    for grain in range(22):
        x = 321 + 78 * swing(phase, 1, grain / 22) * (0.3 + 0.7 * (grain % 4) / 3)
        y = 256 + 14 * swing(phase, 1, grain / 22 + 0.25) * (0.3 + 0.7 * (grain % 3) / 2)
        brush.oval(x, y, 9, 5, (196, 92, 92) if grain % 2 else (232, 190, 176))


def _bubbling_flasks(brush: Brush, phase: float) -> None:
    for flask in range(2):
        x = 500 + flask * 70
        brush.box(x, 250, 48, 82, (204, 214, 210), 12)
        brush.box(x + 3, 270, 42, 59, (164, 40, 50), 10)
        brush.box(x + 15, 234, 18, 20, (204, 214, 210), 4)
        for bubble in range(6):
            rise = (phase * 10 + bubble / 6 + flask / 12) % 1
            brush.oval(x + 12 + bubble * 5, 322 - 50 * rise, 5, 5, (226, 128, 128))


@cache
def _room() -> Image.Image:
    brush = tiled_room((186, 174, 158), (120, 112, 104), 210, 48)
    brush.box(0, 120, 640, 8, (110, 82, 56))
    brush.box(0, 20, 640, 6, (110, 82, 56))
    for place in range(9):
        _jar(brush, 36 + place * 72, 74, 0.62)
    for place in range(8):
        _jar(brush, 40 + place * 80, 166, 0.86)
    for place in range(2):
        _jar(brush, 60 + place * 96, 262, 1.15)
    return vignetted(brush, 4).image


def _jar(brush: Brush, x: float, y: float, size: float) -> None:
    brush.oval(x, y + 34 * size, 74 * size, 16 * size, (90, 84, 78))
    brush.oval(x, y, 78 * size, 76 * size, CLAY)
    brush.oval(x - 13 * size, y - 8 * size, 18 * size, 36 * size, shaded(CLAY, 1.25))
    brush.box(x - 22 * size, y - 44 * size, 44 * size, 18 * size, CLOTH, 7 * size)
    brush.oval(x, y - 44 * size, 44 * size, 16 * size, shaded(CLOTH, 1.2))
    brush.box(x - 24 * size, y - 30 * size, 48 * size, 4 * size, (226, 196, 120), 2)
    brush.shape([(x, y - 14 * size), (x + 15 * size, y + 2 * size), (x, y + 18 * size), (x - 15 * size, y + 2 * size)],
                (200, 48, 50))  # fmt: skip
