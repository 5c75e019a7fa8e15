"""Things turned on a wheel: bowls, jars, bottles, cups, barrels. A profile of (height, radius) becomes a lit solid."""

import math

from demo.illustrations import geometry
from demo.illustrations.geometry import TILT, Outline, Point
from demo.illustrations.palette import Tone, mix
from demo.illustrations.sheet import Sheet


class Solid:
    """A solid of revolution standing at (cx, base). Heights grow upward from the base."""

    def __init__(self, cx: float, base: float, profile: list[Point], tilt: float = TILT) -> None:
        self.cx, self.base, self.tilt = cx, base, tilt
        sampled = geometry.curve(profile, samples=6)
        self.profile: list[Point] = sampled
        self.top = sampled[-1][0]
        self.bottom = sampled[0][0]

    def radius(self, height: float) -> float:
        """The radius at a height."""
        previous = self.profile[0]
        for h, r in self.profile:
            if h >= height:
                span = h - previous[0]
                return r if span <= 0 else previous[1] + (r - previous[1]) * (height - previous[0]) / span
            previous = (h, r)
        return previous[1]

    def at(self, height: float, turn: float, out: float = 1.0) -> Point:
        """A point of the skin; turn -1 is the left contour, 0 the front, 1 the right contour."""
        r = self.radius(height) * out
        return self.cx + r * turn, self.base - height + self.tilt * r * math.sqrt(max(0.0, 1 - turn * turn))

    def outline(self, mouth_open: bool = False) -> Outline:
        """The silhouette, clockwise from the upper right; with an open mouth its top edge is the near lip."""
        right = [(self.cx + r, self.base - h) for h, r in reversed(self.profile)]
        left = [(self.cx - r, self.base - h) for h, r in self.profile]
        r0 = self.profile[0][1]
        foot = geometry.ellipse(self.cx, self.base - self.bottom, r0, r0 * self.tilt, 8, 172, 12)
        r1 = self.profile[-1][1]
        turns = (172, 8) if mouth_open else (188, 352)
        return right + foot + left + geometry.ellipse(self.cx, self.base - self.top, r1, r1 * self.tilt, *turns, 14)

    def band(self, left: float, right: float, low: float | None = None, high: float | None = None) -> Outline:
        """The strip of skin between two turns and two heights."""
        bottom = self.bottom if low is None else low
        top = self.top if high is None else high
        count = 18
        heights = [bottom + (top - bottom) * i / (count - 1) for i in range(count)]
        a = [self.at(h, left) for h in heights]
        b = [self.at(h, right) for h in heights]
        over = [self.at(top, left + (right - left) * i / 8) for i in range(1, 8)]
        under = [self.at(bottom, right + (left - right) * i / 8) for i in range(1, 8)]
        return a + over + b[::-1] + under

    def ring(self, height: float, start: float = -1, end: float = 1, out: float = 1.0, count: int = 17) -> Outline:
        """The visible front half of a circle around the skin."""
        first, last = math.asin(start), math.asin(end)
        turns = (math.sin(first + (last - first) * i / (count - 1)) for i in range(count))
        return [self.at(height, turn, out) for turn in turns]

    def rim(self, inset: float = 0.0) -> Outline:
        """The whole circle of the mouth, `inset` inside the edge."""
        r = self.profile[-1][1] - inset
        return geometry.ellipse(self.cx, self.base - self.top, r, r * self.tilt)

    def paint(self, sheet: Sheet, tone: Tone, gloss: float = 0.5, line: float = 3.0, mouth_open: bool = False) -> None:
        """Fill, turn with steps of shade and light, and ink the edge. `gloss` 0 is clay, 1 is wet glaze."""
        outline = self.outline(mouth_open)
        sheet.fill(outline, tone.base, angular=True)
        shade = tone.base
        for i in range(7):
            shade = mix(shade, tone.deep, 0.1 + 0.022 * i)
            sheet.fill(self.band(0.08 + 0.13 * i, 1.0), shade, angular=True)
        light = tone.base
        for i in range(3):
            light = mix(light, tone.light, 0.15)
            sheet.fill(self.band(-0.92 + 0.07 * i, -0.16 - 0.13 * i), light, angular=True)
        sheet.fill(self.band(-1.0, -0.93), mix(tone.base, tone.shade, 0.4), angular=True)
        if gloss > 0:
            span = self.top - self.bottom
            low, high = self.bottom + span * 0.3, self.bottom + span * 0.84
            sheet.fill(self.band(-0.7, -0.52, low, high), tone.glint, 0.55 * gloss)
            sheet.fill(self.band(-0.44, -0.39, low + span * 0.1, high - span * 0.06), tone.glint, 0.4 * gloss)
            sheet.fill(self.band(0.88, 0.94, low, high), tone.light, 0.4 * gloss)
        if line:
            sheet.contour(outline, tone.line, line)
