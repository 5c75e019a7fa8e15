"""Production of tofu: a kettle of soy milk that is stirred, cloth-lined boxes under the press, blocks that are cut."""

from __future__ import annotations

from functools import cache

from PIL import Image

from cameras.scenes.brush import Brush, Color, puff, shaded, swing, tiled_room, vignetted
from cameras.scenes.people import arm, worker

CURD: Color = (246, 240, 220)
BEAN: Color = (58, 52, 52)
WOOD: Color = (176, 134, 88)
STEEL: Color = (184, 192, 196)


def draw(phase: float) -> Image.Image:
    brush = Brush(_room().copy())
    worker(brush, 190, 92, 1.05)
    _kettle(brush, phase)
    across, down = 46 * swing(phase, 6), 11 * swing(phase, 6, 0.25)
    paddle, hand = (178 + across, 246 + down), (214 + across * 0.6, 186 + down * 0.6)
    brush.line([hand, paddle], (150, 112, 70), 7)
    brush.oval(*paddle, 36, 14, shaded(CURD, 0.92))
    arm(brush, (158, 116), (140 + across * 0.5, 206 + down), 24, 0.2)
    arm(brush, (226, 116), hand, 24, -0.3)
    for number in range(8):
        age = (phase * 5 + number / 8) % 1
        strength = round(110 * min(1.0, age * 5) * (1 - age)) // 8 * 8
        sway = 14 * swing(phase, 3, number / 8) * age
        brush.paste(_puff(round(50 + 60 * age), strength), 186 + sway + (number % 3 - 1) * 30, 226 - 96 * age)
    _press(brush, phase)
    _cutting(brush, phase)
    return brush.finished()


def _kettle(brush: Brush, phase: float) -> None:
    brush.box(70, 244, 228, 90, (96, 98, 102), 20)
    brush.oval(184, 248, 236, 62, (120, 124, 128))
    brush.oval(184, 248, 212, 50, CURD)
    for fleck in range(16):
        x = 184 + 84 * swing(phase, 2, fleck / 16) * (0.3 + 0.7 * (fleck % 4) / 3)
        y = 248 + 17 * swing(phase, 2, fleck / 16 + 0.25) * (0.3 + 0.7 * (fleck % 3) / 2)
        brush.oval(x, y, 16, 6, (255, 253, 244) if fleck % 2 else shaded(CURD, 0.93))


def _press(brush: Brush, phase: float) -> None:
    """Two boxes; the upper plate sinks and is lifted again, whey runs off."""
    sink = 7 * (0.5 + 0.5 * swing(phase, 2))
    brush.box(366, 138 + sink, 108, 12, STEEL, 3)
    brush.box(414, 84, 12, 58 + sink, (140, 148, 152))
    brush.box(372, 150 + sink, 96, 20 - sink, (250, 248, 240), 3)
    for tier in range(2):
        brush.box(368, 168 + tier * 32, 104, 30, WOOD, 3)
        brush.box(368, 180 + tier * 32, 104, 2, shaded(WOOD, 0.8))
        brush.box(372, 164 + tier * 32, 96, 6, (250, 248, 240), 2)
    for drop in range(5):
        fall = (phase * 20 + drop / 5) % 1
        brush.oval(384 + drop * 18, 230 + 12 * fall, 3, 6, (236, 230, 206))


def _cutting(brush: Brush, phase: float) -> None:
    slide = 8 * swing(phase, 2)
    for row in range(3):
        for place in range(5):
            color = BEAN if row == 2 else CURD
            x, y = 372 + place * 34 + row * 8, 268 + row * 20
            brush.box(x, y, 30, 14, color, 2)
            brush.box(x, y + 12, 30, 5, shaded(color, 0.85), 2)
    lift = max(0.0, swing(phase, 20)) * 18
    brush.box(548 + slide, 262 - lift, 14, 44, (214, 220, 224), 2)
    brush.box(546 + slide, 238 - lift, 18, 26, (92, 64, 46), 5)
    arm(brush, (632, 372), (560 + slide, 246 - lift), 28, 0.1)


@cache
def _puff(diameter: int, strength: int) -> Image.Image:
    return puff(diameter, strength)


@cache
def _room() -> Image.Image:
    brush = tiled_room((196, 206, 202), (124, 128, 128), 232)
    brush.box(0, 0, 640, 14, (120, 128, 128))
    brush.box(500, 40, 116, 84, (170, 198, 206), 3)
    brush.box(556, 40, 4, 84, (232, 232, 226))
    for sack in range(3):
        brush.box(22 + sack * 4, 196 - sack * 30, 64, 34, (214, 198, 164), 9)
    brush.box(352, 226, 288, 12, STEEL, 4)
    brush.box(340, 258, 300, 74, WOOD, 4)
    brush.box(340, 326, 300, 16, shaded(WOOD, 0.72), 3)
    brush.box(352, 238, 10, 24, (140, 148, 152))
    brush.box(352, 82, 136, 8, (140, 148, 152), 3)
    for post in (354, 478):
        brush.box(post, 82, 9, 146, (150, 158, 162))
    return vignetted(brush, 6).image
