"""Drawing in the loop's own coordinates (640 by 360), twice as large inside, so that edges come out smooth."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 640, 360
SCALE = 2
Color = tuple[int, int, int]
Point = tuple[float, float]


class Brush:
    """Draws on one picture; every length is in loop pixels."""

    def __init__(self, image: Image.Image | None = None) -> None:
        self.image = image if image is not None else Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
        self._draw = ImageDraw.Draw(self.image)

    def box(self, x: float, y: float, width: float, height: float, color: Color, radius: float = 0) -> None:  # noqa: PLR0917
        corners = (x * SCALE, y * SCALE, (x + width) * SCALE, (y + height) * SCALE)
        self._draw.rounded_rectangle(corners, radius * SCALE, fill=color)

    def oval(self, x: float, y: float, width: float, height: float, color: Color) -> None:
        """An ellipse around its middle (x, y)."""
        corners = ((x - width / 2) * SCALE, (y - height / 2) * SCALE, (x + width / 2) * SCALE, (y + height / 2) * SCALE)
        self._draw.ellipse(corners, fill=color)

    def shape(self, points: Sequence[Point], color: Color) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=color)

    def line(self, points: Sequence[Point], color: Color, width: float) -> None:
        """A thick line with round ends and joints."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=color, width=round(width * SCALE), joint="curve")
        for x, y in points:
            self.oval(x, y, width, width, color)

    def paste(self, sprite: Image.Image, x: float, y: float) -> None:
        """Lay a transparent sprite with its middle on (x, y)."""
        corner = (round(x * SCALE - sprite.width / 2), round(y * SCALE - sprite.height / 2))
        self.image.paste(sprite, corner, sprite)

    def finished(self) -> Image.Image:
        return self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def tiled_room(wall: Color, floor: Color, horizon: float, tile: float = 40) -> Brush:
    """An empty room: a tiled wall down to `horizon`, and floor tiles that run towards the camera."""
    brush = Brush()
    brush.box(0, 0, WIDTH, horizon, wall)
    for column in range(math.ceil(WIDTH / tile)):
        brush.box(column * tile, 0, 1, horizon, shaded(wall, 0.93))
    for row in range(math.ceil(horizon / tile)):
        brush.box(0, row * tile, WIDTH, 1, shaded(wall, 0.93))
    brush.box(0, horizon, WIDTH, HEIGHT - horizon, floor)
    for column in range(-12, 13):
        brush.line([(320 + column * 45, horizon), (320 + column * 110, HEIGHT)], shaded(floor, 0.9), 1)
    for row in range(1, 6):
        brush.box(0, horizon + (HEIGHT - horizon) * (row / 6) ** 1.6, WIDTH, 1, shaded(floor, 0.9))
    brush.box(0, horizon - 6, WIDTH, 6, shaded(wall, 0.8))
    return brush


def vignetted(brush: Brush, seed: int) -> Brush:
    """The look of a cheap lens: darker corners and a little grain."""
    image = brush.image
    mask = Image.radial_gradient("L").resize(image.size).point(lambda level: max(0, level - 110) * 0.7)
    image.paste(Image.new("RGB", image.size, (12, 12, 14)), (0, 0), mask)
    dice = random.Random(seed)  # noqa: S311 -- grain, not a secret
    draw = ImageDraw.Draw(image)
    for _ in range(2500):
        x, y = dice.randrange(image.width), dice.randrange(image.height)
        red, green, blue = image.getpixel((x, y))[:3]  # type: ignore[index]
        change = dice.randint(-9, 9)
        draw.ellipse((x, y, x + 2, y + 2), fill=(red + change, green + change, blue + change))
    return brush


def puff(diameter: float, strength: int, color: Color = (255, 255, 255)) -> Image.Image:
    """A soft cloud of steam; `strength` is its opacity in the middle, up to 255."""
    size = round(diameter * SCALE)
    cloud = Image.new("L", (size, size))
    ImageDraw.Draw(cloud).ellipse((size * 0.2, size * 0.2, size * 0.8, size * 0.8), fill=strength)
    sprite = Image.new("RGBA", (size, size), (*color, 0))
    sprite.putalpha(cloud.filter(ImageFilter.GaussianBlur(size * 0.11)))
    return sprite


def shaded(color: Color, factor: float) -> Color:
    red, green, blue = (min(255, round(channel * factor)) for channel in color)
    return red, green, blue


def swing(phase: float, turns: int = 1, offset: float = 0) -> float:
    """A seamless swing between -1 and 1; `phase` runs from 0 to 1 over the loop, `turns` whole swings in it."""
    return math.sin(2 * math.pi * (phase * turns + offset))
