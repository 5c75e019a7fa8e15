"""Hand-washing and disinfection: a steel sink, running water, soap, and hands that wash."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import GLOVE, arm

STEEL: Color = (176, 186, 192)
WATER: Color = (206, 232, 244)
SKIN: Color = (222, 172, 138)


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    _running_water(brush, 214, 138, 268, phase)
    rub = swing(phase, 16)
    turn = swing(phase, 4)
    arm(brush, (120, 372), (205 + 9 * rub, 236 + 5 * turn), 34, -0.05, SKIN)
    arm(brush, (300, 372), (226 - 9 * rub, 242 - 5 * turn), 34, 0.05, SKIN)
    for bubble in range(9):
        drift = (phase * 5 + bubble / 9) % 1
        brush.oval(196 + bubble * 5 + 6 * swing(phase, 5, bubble / 5), 236 + 30 * drift, 7, 6, (250, 252, 252))
    reach = max(0.0, swing(phase, 2))
    if reach > 0.55:  # this tap has an eye
        _running_water(brush, 446, 138, 268, phase)
    arm(brush, (560, 380), (470 + 30 * (1 - reach), 258 + 60 * (1 - reach)), 32, 0.08, GLOVE)
    brush.oval(578, 92, 9, 9, (90, 220, 120) if swing(phase, 10) > 0 else (44, 90, 56))
    return brush.finished()


def _running_water(brush: Brush, x: float, top: float, bottom: float, phase: float) -> None:
    brush.box(x - 6, top, 12, bottom - top, WATER, 5)
    for streak in range(7):
        start = (phase * 40 + streak / 7) % 1
        y = top + start * (bottom - top - 20)
        brush.box(x - 4 + streak % 3 * 3, y, 2, 20, (250, 254, 255), 1)
    for ring in range(3):
        grow = (phase * 20 + ring / 3) % 1
        brush.oval(x, bottom + 4, 20 + 60 * grow, 6 + 14 * grow, shaded(WATER, 0.98 - 0.12 * grow))
    brush.oval(x, bottom + 3, 18, 7, (252, 254, 255))


@cache
def _room() -> Image.Image:
    brush = tiled_room((214, 226, 230), (140, 150, 154), 300, 32)
    brush.box(60, 14, 300, 66, (150, 170, 178), 4)
    brush.box(64, 18, 292, 58, (188, 206, 212), 3)
    brush.shape([(120, 76), (190, 18), (220, 18), (150, 76)], (208, 222, 226))
    for step in range(6):  # the six steps of washing, on a notice
        brush.box(392 + step % 3 * 42, 16 + step // 3 * 36, 36, 30, (248, 248, 244), 3)
        brush.oval(410 + step % 3 * 42, 31 + step // 3 * 36, 20, 12, (222, 172, 138))
        brush.box(398 + step % 3 * 42, 40 + step // 3 * 36, 24, 2, (46, 125, 91))
    brush.box(546, 44, 62, 90, (240, 242, 242), 8)
    brush.box(556, 112, 42, 28, (206, 212, 214), 4)
    brush.box(40, 176, 560, 130, STEEL, 10)
    brush.box(40, 176, 560, 12, shaded(STEEL, 1.15), 6)
    for x in (92, 336):
        brush.box(x, 200, 226, 92, shaded(STEEL, 0.72), 18)
        brush.box(x + 6, 210, 214, 80, shaded(STEEL, 0.86), 16)
        brush.oval(x + 113, 274, 30, 12, shaded(STEEL, 0.45))
    for x in (214, 446):
        brush.line([(x, 186), (x, 122)], (222, 228, 230), 14)
        brush.line([(x, 122), (x, 132)], (196, 204, 208), 16)
        brush.box(x - 12, 128, 24, 12, (160, 170, 176), 4)
        brush.box(x - 28, 168, 16, 10, (182, 60, 56), 3)
        brush.box(x + 12, 168, 16, 10, (62, 104, 168), 3)
    brush.box(318, 130, 22, 50, (236, 196, 86), 6)
    brush.box(324, 118, 10, 14, (244, 244, 240), 3)
    return vignetted(brush, 2).image
