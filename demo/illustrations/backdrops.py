"""Walls and tables: where the pictures are set. One for each shelf of the shop, all under the same window light."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from demo.illustrations import geometry, palette
from demo.illustrations.palette import mix
from demo.illustrations.sheet import Sheet


@dataclass(frozen=True)
class Room:
    """The colors of a backdrop; `horizon` is where the table meets the wall, as a share of the height."""

    wall: str
    table: str
    horizon: float = 0.3
    planks: int = 4


ROOMS = {
    "cellar": Room(wall="#C98A66", table="#80492B"),
    "pantry": Room(wall="#DBA878", table="#8E5532"),
    "dairy": Room(wall="#A9C0AA", table="#BC8B54"),
    "bakery": Room(wall="#8FACA2", table="#A26A3E"),
    "kitchen": Room(wall="#CBAF8A", table="#86512D"),
    "mill": Room(wall="#9CB6B8", table="#9A6738"),
    "hall": Room(wall="#B24A40", table="#74402A"),
}


@dataclass(frozen=True)
class Backdrop:
    """An opaque ground, and where the window's light and the room's dusk lie on it (drawn small, blurred as masks)."""

    ground: Sheet
    light: Sheet
    dusk: Sheet
    light_color: str
    dusk_color: str


@cache
def paint(name: str, width: int, height: int) -> Backdrop:
    """The named room at that size."""
    room = ROOMS[name]
    sheet, light, dusk = (
        Sheet(width, height, f"{name}/{width}x{height}/{part}") for part in ("ground", "light", "dusk")
    )
    edge = height * room.horizon
    _wall(sheet, room, edge)
    _table(sheet, room, edge)
    _window(light, dusk, edge)
    return Backdrop(sheet, light, dusk, mix(room.wall, "#FFE6B8", 0.72), mix(room.wall, palette.DUSK, 0.8))


def _window(light: Sheet, dusk: Sheet, edge: float) -> None:
    width, height = light.width, light.height
    for left, right in ((0.04, 0.19), (0.225, 0.375)):
        pane = [
            (width * left, -10),
            (width * right, -10),
            (width * (right + 0.17), edge),
            (width * (left + 0.17), edge),
        ]
        light.fill(pane, "#FFFFFF", 0.36, angular=True)
    pool = [(-60, edge), (width * 0.6, edge), (width * 0.98, height), (width * 0.02, height)]
    light.fill(pool, "#FFFFFF", 0.27, angular=True)
    corner = [(width * 0.74, -40), (width + 60, -40), (width + 60, edge), (width * 0.88, edge)]
    dusk.fill(corner, "#000000", 0.34, angular=True)
    dusk.fill([(0, edge - 6), (width, edge - 6), (width, edge + 14), (0, edge + 14)], "#000000", 0.42, angular=True)
    far = [(width * 0.86, edge), (width + 60, edge), (width + 60, height + 60), (width * 1.02, height + 60)]
    dusk.fill(far, "#000000", 0.4, angular=True)


def _wall(sheet: Sheet, room: Room, edge: float) -> None:
    width = sheet.width
    rng = sheet.rng
    sheet.fill([(0, 0), (width, 0), (width, edge), (0, edge)], room.wall, angular=True)
    dark, light = mix(room.wall, palette.DUSK, 0.32), mix(room.wall, palette.SUN, 0.5)
    for _ in range(80):
        x, y = rng.uniform(-60, width), rng.uniform(0, edge)
        length = rng.uniform(60, 240)
        line = geometry.curve(
            [(x, y), (x + length * 0.5, y + rng.uniform(-8, 8)), (x + length, y + rng.uniform(-14, 14))]
        )
        sheet.brush(line, rng.choice((dark, light)), rng.uniform(4, 18), rng.uniform(0.04, 0.1))


def _table(sheet: Sheet, room: Room, edge: float) -> None:
    width, height = sheet.width, sheet.height
    rng = sheet.rng
    dark, light = mix(room.table, palette.DUSK, 0.5), mix(room.table, palette.SUN, 0.4)
    sheet.fill([(0, edge), (width, edge), (width, height), (0, height)], room.table, angular=True)
    seams = [edge + (height - edge) * (i / room.planks) ** 1.35 for i in range(room.planks + 1)]
    for top, bottom in pairwise(seams):
        tint = mix(room.table, rng.choice((dark, light)), rng.uniform(0.03, 0.14))
        sheet.fill([(0, top), (width, top), (width, bottom), (0, bottom)], tint, angular=True)
        _grain(sheet, top, bottom, dark, light)
        sheet.brush(_seam(width, bottom, rng.uniform(-3, 3)), mix(room.table, "#120807", 0.65), 4, 0.7, taper=0.1)
        sheet.brush(_seam(width, bottom + 3.5, 0), light, 2, 0.5, taper=0.1)
    sheet.brush(_seam(width, edge, 0), mix(room.table, "#120807", 0.5), 4, 0.6, taper=0.1)


def _seam(width: float, y: float, bend: float) -> geometry.Outline:
    return geometry.curve([(-20, y), (width * 0.35, y + bend), (width * 0.7, y - bend), (width + 20, y)])


def _grain(sheet: Sheet, top: float, bottom: float, dark: str, light: str) -> None:
    rng = sheet.rng
    width = sheet.width
    lines = int((bottom - top) / 6) + 3
    for _ in range(lines):
        y = rng.uniform(top + 3, bottom - 3)
        x = rng.uniform(-200, width * 0.7)
        length = rng.uniform(200, width)
        bend = rng.uniform(-5, 5)
        line = geometry.curve(
            [(x, y), (x + length * 0.4, y + bend), (x + length * 0.7, y + bend * 0.4), (x + length, y)]
        )
        sheet.brush(line, dark if rng.random() < 0.62 else light, rng.uniform(1.2, 4.2), rng.uniform(0.08, 0.26))
    if bottom - top > 60:
        _knot(sheet, rng.uniform(width * 0.1, width * 0.9), (top + bottom) / 2, (bottom - top) * 0.2, dark)


def _knot(sheet: Sheet, x: float, y: float, size: float, dark: str) -> None:
    for i in range(4):
        eye = geometry.wobble(geometry.ellipse(x, y, size * (2.6 - i * 0.6), size * (0.72 - i * 0.16)), 3, sheet.rng)
        sheet.thread([*eye, eye[0]], dark, 1.6, 0.22)
