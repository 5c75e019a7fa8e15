"""Production with fire: a tower of bamboo steamers, a wok that is stirred, steam over both."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, puff, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import arm, worker

BAMBOO: Color = (206, 164, 98)
IRON: Color = (58, 58, 62)


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    worker(brush, 446, 104, 1.05)
    across, down = 34 * swing(phase, 8), 9 * swing(phase, 8, 0.25)
    _wok(brush, phase)
    hand = (470 + across * 0.7, 190 + down)
    brush.line([hand, (452 + across, 238 + down)], (120, 84, 52), 6)
    brush.oval(452 + across, 242 + down, 34, 16, (140, 100, 62))
    arm(brush, (414, 128), (402, 216 + 2 * swing(phase, 8)), 24, 0.2)
    arm(brush, (482, 128), hand, 24, -0.3)
    _steam(brush, 172, 92, phase, 9)
    _steam(brush, 452, 214, phase + 0.31, 6)
    return brush.finished()


def _wok(brush: Brush, phase: float) -> None:
    brush.oval(452, 246, 196, 62, IRON)
    brush.oval(452, 242, 178, 50, shaded(IRON, 0.7))
    brush.oval(452, 246, 150, 38, (188, 128, 62))
    for piece in range(14):
        x = 452 + 58 * swing(phase, 4, piece / 14) * (0.4 + 0.6 * (piece % 5) / 5)
        y = 246 + 13 * swing(phase, 4, piece / 14 + 0.25) * (0.4 + 0.6 * (piece % 3) / 3)
        brush.oval(x, y, 15, 9, (236, 214, 164) if piece % 3 else (122, 66, 40))
    for flame in range(9):
        height = 9 + 5 * swing(phase, 40, flame / 3)
        brush.oval(392 + flame * 15, 288, 9, height, (248, 168, 62))
        brush.oval(392 + flame * 15, 290, 5, height * 0.6, (98, 160, 240))


def _steam(brush: Brush, x: float, y: float, phase: float, puffs: int) -> None:
    for number in range(puffs):
        age = (phase * 5 + number / puffs) % 1
        strength = round(120 * min(1.0, age * 5) * (1 - age))
        sway = 16 * swing(phase, 3, number / puffs) * age
        brush.paste(_puff(round(50 + 70 * age), strength // 8 * 8), x + sway + (number % 3 - 1) * 26, y - 96 * age)


@cache
def _puff(diameter: int, strength: int) -> Image.Image:
    return puff(diameter, strength)


@cache
def _room() -> Image.Image:
    brush = tiled_room((200, 196, 184), (128, 122, 116), 262)
    brush.box(60, 0, 520, 40, (150, 156, 160))
    brush.shape([(60, 40), (580, 40), (548, 66), (92, 66)], (172, 178, 182))
    brush.box(20, 252, 600, 76, (168, 174, 178), 6)
    brush.box(20, 252, 600, 10, (206, 210, 212), 4)
    brush.box(366, 276, 172, 34, (70, 72, 76), 6)
    for knob in range(4):
        brush.oval(60 + knob * 70, 304, 20, 20, (64, 66, 70))
        brush.box(59 + knob * 70, 296, 3, 9, (226, 226, 220))
    brush.oval(172, 250, 190, 30, IRON)
    for tier in range(4):
        top = 214 - tier * 34
        brush.box(92, top, 160, 32, BAMBOO, 5)
        for slat in range(16):
            brush.box(96 + slat * 10, top + 4, 2, 24, shaded(BAMBOO, 0.86))
        brush.box(90, top + 1, 164, 5, shaded(BAMBOO, 0.72), 2)
        brush.box(90, top + 24, 164, 5, shaded(BAMBOO, 0.78), 2)
    brush.oval(172, 112, 166, 30, shaded(BAMBOO, 1.08))
    brush.oval(172, 110, 140, 22, shaded(BAMBOO, 0.94))
    brush.oval(172, 104, 24, 10, shaded(BAMBOO, 0.7))
    return vignetted(brush, 3).image
