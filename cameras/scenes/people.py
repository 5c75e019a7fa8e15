"""Workers in white: cap, mask, coat, sleeves and gloved hands."""

from __future__ import annotations

import math

from cameras.scenes.brush import Brush, Color, Point

COAT: Color = (236, 239, 240)
COAT_SHADE: Color = (208, 214, 217)
SKIN: Color = (226, 180, 146)
MASK: Color = (150, 196, 214)
GLOVE: Color = (186, 214, 232)


def worker(brush: Brush, x: float, y: float, size: float = 1, cap: Color = COAT) -> None:
    """Head and trunk seen from the front, the neck at (x, y)."""
    brush.shape(
        [(x - 34 * size, y + 14 * size), (x + 34 * size, y + 14 * size), (x + 42 * size, y + 130 * size),
         (x - 42 * size, y + 130 * size)],
        COAT,
    )  # fmt: skip
    brush.oval(x, y + 16 * size, 68 * size, 26 * size, COAT)
    brush.line([(x, y + 10 * size), (x, y + 128 * size)], COAT_SHADE, 2 * size)
    brush.oval(x, y - 20 * size, 38 * size, 46 * size, SKIN)
    brush.box(x - 17 * size, y - 18 * size, 34 * size, 20 * size, MASK, 6 * size)
    brush.oval(x - 8 * size, y - 25 * size, 4 * size, 4 * size, (52, 40, 36))
    brush.oval(x + 8 * size, y - 25 * size, 4 * size, 4 * size, (52, 40, 36))
    brush.box(x - 21 * size, y - 48 * size, 42 * size, 18 * size, cap, 8 * size)
    brush.box(x - 21 * size, y - 34 * size, 42 * size, 3 * size, COAT_SHADE)


def arm(  # noqa: PLR0917
    brush: Brush, shoulder: Point, hand: Point, width: float = 22, bend: float = 0.25, glove: Color = GLOVE
) -> None:
    """A sleeve from shoulder to hand; `bend` pushes the elbow sideways, as a share of the arm's length."""
    across, down = hand[0] - shoulder[0], hand[1] - shoulder[1]
    elbow = (shoulder[0] + across / 2 - down * bend, shoulder[1] + down / 2 + across * bend)
    length = math.hypot(hand[0] - elbow[0], hand[1] - elbow[1]) or 1
    wrist = (hand[0] - (hand[0] - elbow[0]) * width / length, hand[1] - (hand[1] - elbow[1]) * width / length)
    brush.line([shoulder, elbow, wrist], COAT_SHADE, width)
    brush.line([shoulder, elbow, wrist], COAT, width * 0.8)
    brush.oval(wrist[0], wrist[1], width * 0.9, width * 0.9, COAT_SHADE)
    brush.oval(hand[0], hand[1], width * 1.1, width, glove)
