"""The clock in the corner of the picture, as every surveillance camera burns it in, and a reader for it.

The digits are drawn from their own seven segments: always the same width, at a fixed place, so that a program can read
them back from a decoded picture.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

CHINA = ZoneInfo("Asia/Shanghai")
LEFT, TOP = 12, 10
DIGIT_WIDTH, DIGIT_HEIGHT, STROKE, GAP = 12, 22, 4, 4
FORMAT = "%Y-%m-%d %H:%M:%S"
PATTERN = "0000-00-00 00:00:00"
DARK, BRIGHT = 24, 232

# Segments: top, upper left, upper right, middle, lower left, lower right, bottom.
SEGMENTS = {
    "0": "1110111",
    "1": "0010010",
    "2": "1011101",
    "3": "1011011",
    "4": "0111010",
    "5": "1101011",
    "6": "1101111",
    "7": "1010010",
    "8": "1111111",
    "9": "1111011",
}
WIDTH = len(PATTERN) * (DIGIT_WIDTH + GAP) + GAP
HEIGHT = DIGIT_HEIGHT + 2 * GAP


def draw(luma: Image.Image, moment: datetime) -> None:
    """Burn the time in Asia/Shanghai into a picture of brightness (mode L)."""
    text = moment.astimezone(CHINA).strftime(FORMAT)
    luma.paste(DARK, (LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT))
    for place, character in enumerate(text):
        luma.paste(_glyph(character), (LEFT + GAP + place * (DIGIT_WIDTH + GAP), TOP + GAP))


def read(picture: Image.Image) -> datetime | None:
    """The time burnt into a picture, or None where no clock can be read. The picture may be scaled."""
    luma = picture.convert("L")
    if luma.size != (640, 360):
        luma = luma.resize((640, 360))
    text = ""
    for place, expected in enumerate(PATTERN):
        x = LEFT + GAP + place * (DIGIT_WIDTH + GAP)
        digit = _read_digit(luma, x, TOP + GAP) if expected == "0" else expected
        if digit is None:
            return None
        text += digit
    try:
        return datetime.strptime(text, FORMAT).replace(tzinfo=CHINA)
    except ValueError:
        return None


@cache
def _glyph(character: str) -> Image.Image:
    glyph = Image.new("L", (DIGIT_WIDTH, DIGIT_HEIGHT), DARK)
    pen = ImageDraw.Draw(glyph)
    if character == ":":
        for y in (DIGIT_HEIGHT // 3 - 2, DIGIT_HEIGHT * 2 // 3 - 1):
            pen.rectangle((DIGIT_WIDTH // 2 - 2, y, DIGIT_WIDTH // 2 + 1, y + 3), fill=BRIGHT)
    elif character == "-":
        pen.rectangle((2, DIGIT_HEIGHT // 2 - 2, DIGIT_WIDTH - 3, DIGIT_HEIGHT // 2 + 1), fill=BRIGHT)
    for lit, corners in zip(SEGMENTS.get(character, ""), _SEGMENT_BOXES, strict=False):
        if lit == "1":
            pen.rectangle(corners, fill=BRIGHT)
    return glyph


def _read_digit(luma: Image.Image, x: int, y: int) -> str | None:
    lit = ""
    for left, top, right, bottom in _SEGMENT_BOXES:
        middle_x, middle_y = x + (left + right) // 2, y + (top + bottom) // 2
        spot = luma.crop((middle_x - 1, middle_y - 1, middle_x + 2, middle_y + 2)).tobytes()
        lit += "1" if sum(spot) > 9 * (DARK + BRIGHT) // 2 else "0"
    return next((digit for digit, segments in SEGMENTS.items() if segments == lit), None)


_RIGHT, _BOTTOM, _MIDDLE = DIGIT_WIDTH - 1, DIGIT_HEIGHT - 1, DIGIT_HEIGHT // 2
_SEGMENT_BOXES = (
    (0, 0, _RIGHT, STROKE - 1),
    (0, 0, STROKE - 1, _MIDDLE),
    (_RIGHT - STROKE + 1, 0, _RIGHT, _MIDDLE),
    (0, _MIDDLE - 2, _RIGHT, _MIDDLE + 1),
    (0, _MIDDLE, STROKE - 1, _BOTTOM),
    (_RIGHT - STROKE + 1, _MIDDLE, _RIGHT, _BOTTOM),
    (0, _BOTTOM - STROKE + 1, _RIGHT, _BOTTOM),
)
