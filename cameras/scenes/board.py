"""Production by hand: a floured board, dough under a rolling pin, noodles that are cut and hung."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import arm, worker

WOOD: Color = (198, 158, 108)
DOUGH: Color = (244, 232, 204)


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    _hanging_noodles(brush, phase)
    worker(brush, 250, 84, 1.1)
    worker(brush, 500, 92, 0.95)
    _board(brush)
    roll = 20 * swing(phase, 10)
    brush.oval(250, 268, 206 + roll, 66 - roll * 0.25, shaded(DOUGH, 0.93))
    brush.oval(250, 264, 200 + roll, 60 - roll * 0.25, DOUGH)
    pin = 262 + roll
    brush.box(158, pin - 9, 184, 18, (176, 128, 80), 9)
    brush.box(158, pin - 7, 184, 4, (206, 162, 112), 2)
    arm(brush, (214, 110), (168, pin), 25, 0.2)
    arm(brush, (286, 110), (332, pin), 25, -0.2)
    _chopping(brush, phase)
    return brush.finished()


def _hanging_noodles(brush: Brush, phase: float) -> None:
    for place in range(36):
        x = 24 + place * 4.2
        sway = 3 * swing(phase, 3, place / 36)
        brush.line([(x, 52), (x + sway * 0.4, 100), (x + sway, 150 + place % 4 * 4)], (240, 226, 186), 2)
    brush.box(14, 46, 170, 8, (150, 110, 70), 4)


def _chopping(brush: Brush, phase: float) -> None:
    for ball in range(15):
        brush.oval(566 + ball % 4 * 18 - (ball // 4) * 4, 262 + ball // 4 * 15, 20, 17, (214, 160, 140))
    brush.oval(478, 276, 76, 34, (206, 150, 130))
    lift = max(0.0, swing(phase, 30)) * 26
    slide = 20 * swing(phase, 3)
    brush.box(450 + slide, 248 - lift, 62, 22, (214, 220, 224), 2)
    brush.box(508 + slide, 250 - lift, 30, 9, (90, 62, 44), 4)
    arm(brush, (530, 116), (526 + slide, 254 - lift), 22, -0.25)
    arm(brush, (470, 116), (440, 268), 22, 0.2)


def _board(brush: Brush) -> None:
    brush.shape([(60, 226), (620, 226), (640, 330), (30, 330)], WOOD)
    for grain in range(5):
        brush.line([(54 - grain * 4, 244 + grain * 18), (624 + grain * 3, 244 + grain * 18)], shaded(WOOD, 0.94), 1)
    brush.box(30, 330, 610, 16, shaded(WOOD, 0.7))
    for speck in range(40):
        brush.oval(90 + speck * 37 % 300, 236 + speck * 53 % 84, 9, 4, (238, 222, 190))


@cache
def _room() -> Image.Image:
    brush = tiled_room((204, 210, 200), (136, 134, 126), 230)
    brush.box(0, 0, 640, 12, (118, 122, 118))
    brush.box(350, 26, 76, 66, (170, 198, 206), 3)
    brush.box(386, 26, 4, 66, (232, 232, 226))
    brush.box(350, 57, 76, 4, (232, 232, 226))
    brush.box(560, 30, 60, 110, (190, 196, 198), 5)
    for shelf in range(4):
        brush.box(564, 36 + shelf * 26, 52, 20, (226, 214, 186), 3)
    return vignetted(brush, 5).image
