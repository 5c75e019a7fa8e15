"""Outlines as lists of points, and the SVG paths that run through them. Pure; y grows downward, angles in degrees."""

# ruff: noqa: PLR0917 - a drawing call reads as its coordinates

import math
import random
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Outline = list[Point]

TILT = 0.42  # how round a horizontal circle looks from the painter's chair: minor axis / major axis


def ellipse(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360, count: int = 28) -> Outline:
    """Points along an ellipse, clockwise from 3 o'clock; a full turn does not repeat its first point."""
    full = abs(end - start) >= 360
    steps = count if full else count - 1
    angles = (math.radians(start + (end - start) * i / steps) for i in range(count))
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def disc(cx: float, cy: float, radius: float, count: int = 28) -> Outline:
    """A horizontal circle as seen under the common tilt."""
    return ellipse(cx, cy, radius, radius * TILT, count=count)


def wobble(outline: Sequence[Point], amount: float, rng: random.Random) -> Outline:
    """The outline as a hand would draw it: pushed about by slow waves of at most `amount`."""
    phases = [rng.uniform(0, math.tau) for _ in range(4)]
    count = max(len(outline), 1)
    moved = []
    for i, (x, y) in enumerate(outline):
        t = math.tau * i / count
        dx = math.sin(2 * t + phases[0]) * 0.6 + math.sin(5 * t + phases[1]) * 0.4
        dy = math.sin(3 * t + phases[2]) * 0.6 + math.sin(4 * t + phases[3]) * 0.4
        moved.append((x + dx * amount, y + dy * amount))
    return moved


def rotate(outline: Sequence[Point], degrees: float, cx: float, cy: float) -> Outline:
    """The outline turned clockwise about a point."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in outline]


def shift(outline: Sequence[Point], dx: float, dy: float) -> Outline:
    """The outline moved."""
    return [(x + dx, y + dy) for x, y in outline]


def scale(outline: Sequence[Point], factor: float, cx: float, cy: float, factor_y: float | None = None) -> Outline:
    """The outline scaled about a point."""
    fy = factor if factor_y is None else factor_y
    return [(cx + (x - cx) * factor, cy + (y - cy) * fy) for x, y in outline]


def center(outline: Sequence[Point]) -> Point:
    """The mean of the points."""
    return sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline)


def resample(outline: Sequence[Point], count: int) -> Outline:
    """`count` points at even arc length along an open line."""
    lengths = [0.0]
    for (x0, y0), (x1, y1) in pairwise(outline):
        lengths.append(lengths[-1] + math.hypot(x1 - x0, y1 - y0))
    total, result, j = lengths[-1] or 1.0, [], 0
    for i in range(count):
        target = total * i / (count - 1)
        while j < len(lengths) - 2 and lengths[j + 1] < target:
            j += 1
        span = (lengths[j + 1] - lengths[j]) or 1.0
        t = (target - lengths[j]) / span
        (x0, y0), (x1, y1) = outline[j], outline[j + 1]
        result.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t))
    return result


def crescent(outline: Sequence[Point], start: float, end: float, depth: float, light: Point = (-0.6, -0.8)) -> Outline:
    """A shading shape hugging a closed outline from fraction `start` to `end`, `depth` deep in the middle.

    The inner edge is the outline's own arc pushed inward along `light` and fading to nothing at both ends.
    """
    n = len(outline)
    first, last = round(start * n), round(end * n)
    arc = [outline[i % n] for i in range(first, last + 1)]
    inner = []
    for i, (x, y) in enumerate(arc):
        fade = math.sin(math.pi * i / max(len(arc) - 1, 1)) ** 0.8
        inner.append((x + light[0] * depth * fade, y + light[1] * depth * fade))
    return arc + inner[::-1]


def curve(points: Sequence[Point], samples: int = 8) -> Outline:
    """An open Catmull-Rom curve through the points, sampled."""
    pts = [points[0], *points, points[-1]]
    result: Outline = []
    for p0, p1, p2, p3 in zip(pts, pts[1:], pts[2:], pts[3:], strict=False):
        for i in range(samples):
            t = i / samples
            result.append((_blend(t, p0[0], p1[0], p2[0], p3[0]), _blend(t, p0[1], p1[1], p2[1], p3[1])))
    return [*result, points[-1]]


def _blend(t: float, a: float, b: float, c: float, d: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def ribbon(line: Sequence[Point], width: float, rng: random.Random, taper: float = 1.0) -> Outline:
    """A brush stroke along a line: full in the middle, thinner by `taper` (0..1) at the ends, never quite even."""
    n = len(line)
    phase = rng.uniform(0, math.tau)
    left, right = [], []
    for i, (x, y) in enumerate(line):
        (x0, y0), (x1, y1) = line[max(i - 1, 0)], line[min(i + 1, n - 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        nx, ny = -(y1 - y0) / length, (x1 - x0) / length
        t = i / max(n - 1, 1)
        full = 1 - taper + taper * math.sin(math.pi * t) ** 0.6
        half = width / 2 * full * (1 + 0.18 * math.sin(7 * t + phase))
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    return left + right[::-1]


def tube(line: Sequence[Point], width: float, round_ends: bool = True) -> Outline:
    """The outline of an even line, through a smooth curve when it has more than two points."""
    path = curve(line, 3) if 2 < len(line) < 20 else line
    n, half = len(path), width / 2
    left, right = [], []
    for i, (x, y) in enumerate(path):
        dx, dy = _direction(path[max(i - 1, 0)], path[min(i + 1, n - 1)])
        left.append((x - dy * half, y + dx * half))
        right.append((x + dy * half, y - dx * half))
    if not round_ends:
        return left + right[::-1]
    count = 3 if width < 8 else 7
    return left + _cap(path[-1], path[-2], half, count) + right[::-1] + _cap(path[0], path[1], half, count)


def _cap(end: Point, before: Point, half: float, count: int) -> Outline:
    dx, dy = _direction(before, end)
    turns = (math.pi * (i + 1) / (count + 1) for i in range(count))
    return [
        (end[0] + half * (dx * math.sin(a) - dy * math.cos(a)), end[1] + half * (dy * math.sin(a) + dx * math.cos(a)))
        for a in turns
    ]


def _direction(start: Point, end: Point) -> Point:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def smooth(outline: Sequence[Point], closed: bool = True) -> str:
    """SVG path data of a smooth curve through the points."""
    n = len(outline)
    parts = [f"M{outline[0][0]:.1f} {outline[0][1]:.1f}"]
    for i in range(n if closed else n - 1):
        p0 = outline[(i - 1) % n] if closed or i else outline[0]
        p1, p2 = outline[i], outline[(i + 1) % n]
        p3 = outline[(i + 2) % n] if closed or i + 2 < n else p2
        a = (p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6)
        b = (p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6)
        parts.append(f"C{a[0]:.1f} {a[1]:.1f} {b[0]:.1f} {b[1]:.1f} {p2[0]:.1f} {p2[1]:.1f}")
    return "".join(parts) + ("Z" if closed else "")


def straight(outline: Sequence[Point], closed: bool = True) -> str:
    """SVG path data of straight lines through the points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in outline) + ("Z" if closed else "")
