"""A sheet of SVG that is drawn on with fills and brush lines, and the picture that a few sheets make."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from demo.illustrations import geometry, palette
from demo.illustrations.geometry import Outline, Point


class Sheet:
    """One transparent layer; shapes are painted in the order of the calls. The same seed draws the same lines."""

    def __init__(self, width: int, height: int, seed: str) -> None:
        self.width, self.height = width, height
        self.rng = random.Random(seed)  # noqa: S311 - a draftsman's hand, not a secret
        self._shapes: list[str] = []
        self._view = (0.0, 0.0, float(width), float(height))

    def focus(self, cx: float, cy: float, zoom: float) -> None:
        """Look closer: (cx, cy) comes to the middle, everything `zoom` times as large."""
        width, height = self.width / zoom, self.height / zoom
        self._view = (cx - width / 2, cy - height / 2, width, height)

    def fill(self, outline: Sequence[Point], color: str, opacity: float = 1.0, angular: bool = False) -> None:
        """Paint the inside of an outline, smooth unless `angular`."""
        path = geometry.straight(outline) if angular else geometry.smooth(outline)
        self.path(path, color, opacity)

    def path(self, data: str, color: str, opacity: float = 1.0) -> None:
        """Paint raw path data."""
        faint = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
        self._shapes.append(f'<path d="{data}" fill="{color}"{faint}/>')

    def brush(self, line: Sequence[Point], color: str, width: float, opacity: float = 1.0, taper: float = 0.7) -> None:
        """A stroke of the brush along a line, thinner at its ends."""
        self.path(geometry.smooth(geometry.ribbon(line, width, self.rng, taper)), color, opacity)

    def thread(
        self, line: Sequence[Point], color: str, width: float, opacity: float = 1.0, round_ends: bool = True
    ) -> None:
        """An even line: noodles, string, bamboo strips."""
        self.path(geometry.straight(geometry.tube(line, width, round_ends)), color, opacity)

    def shade(self, base: str, toward: str, steps: list[tuple[Outline, float]], angular: bool = False) -> None:
        """Nested shapes on one flat ground, each a step further toward a color. Opaque, so cheap however large."""
        for outline, share in steps:
            base = palette.mix(base, toward, share)
            self.fill(outline, base, angular=angular)

    def contour(self, outline: Sequence[Point], color: str, width: float = 3.0) -> None:
        """The inked edge of a closed form: heavier below and to the right, away from the light."""
        n = len(outline)
        cut = max(range(n), key=lambda i: -outline[i][0] - 1.3 * outline[i][1])
        line = [outline[(cut + i) % n] for i in range(n + 1)]
        self.path(geometry.smooth(geometry.ribbon(line, width, self.rng, 0.75)), color)

    @contextmanager
    def transformed(self, matrix: str) -> Iterator[None]:
        """Draw everything inside through an SVG transform."""
        self._shapes.append(f'<g transform="{matrix}">')
        yield
        self._shapes.append("</g>")

    def empty(self) -> bool:
        """Whether nothing has been drawn."""
        return not self._shapes

    def svg(self, background: str | None = None) -> str:
        """The whole sheet as an SVG document."""
        ground = f'<rect width="{self.width}" height="{self.height}" fill="{background}"/>' if background else ""
        view = " ".join(f"{number:g}" for number in self._view)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="{view}">{ground}{"".join(self._shapes)}</svg>\n'
        )


@dataclass
class Picture:
    """A backdrop by name, what stands far behind, soft shadows, the things themselves, and the air (steam) before them."""

    backdrop: str
    seed: str
    width: int = 800
    height: int = 800
    behind: Sheet = field(init=False)
    shadows: Sheet = field(init=False)
    things: Sheet = field(init=False)
    air: Sheet = field(init=False)

    def __post_init__(self) -> None:
        self.behind = Sheet(self.width, self.height, self.seed + "/behind")
        self.shadows = Sheet(self.width, self.height, self.seed + "/shadows")
        self.things = Sheet(self.width, self.height, self.seed)
        self.air = Sheet(self.width, self.height, self.seed + "/air")

    def focus(self, cx: float, cy: float, zoom: float) -> None:
        """Look closer at the things with their shadows and steam; the backdrop stays where it is."""
        for sheet in (self.shadows, self.things, self.air):
            sheet.focus(cx, cy, zoom)

    @contextmanager
    def placed(self, dx: float, dy: float, scale: float) -> Iterator[None]:
        """Draw a whole arrangement elsewhere and at another size."""
        matrix = f"translate({dx:g} {dy:g}) scale({scale:g})"
        with ExitStack() as stack:
            for sheet in (self.shadows, self.things, self.air):
                stack.enter_context(sheet.transformed(matrix))
            yield

    @property
    def rng(self) -> random.Random:
        """The picture's own chance, the same at every run."""
        return self.things.rng

    def ground(self, cx: float, cy: float, radius: float, height: float = 60, strength: float = 0.5) -> None:
        """The shadow a thing of that foot and height throws: dark at the foot, long to the lower right."""
        self.shadows.fill(geometry.disc(cx + radius * 0.06, cy + 4, radius * 1.05), palette.DUSK, strength)
        reach = height * 0.62
        far = geometry.disc(cx + reach, cy + reach * 0.28, radius * 0.94)
        near = geometry.disc(cx, cy, radius)
        self.shadows.fill(_hull(near + far), palette.DUSK, strength * 0.8, angular=True)

    def steam(self, cx: float, base: float, height: float, wisps: int = 3, strength: float = 0.5) -> None:
        """Steam rising from a hot thing."""
        rng = self.air.rng
        for i in range(wisps):
            x = cx + (i - (wisps - 1) / 2) * 74 + rng.uniform(-8, 8)
            top = height * (1.0 if i % 2 else 0.74)
            sway = (15 + height * 0.045) * rng.uniform(0.9, 1.15)
            turns = ((0.0, 0.0), (0.2, 1.0), (0.42, -0.7), (0.66, 0.9), (0.86, -0.2), (1.0, 0.6))
            line = geometry.curve([(x + sway * side + height * 0.1 * up, base - top * up) for up, side in turns])
            self.air.brush(line, "#FFFFFF", 52, strength * 0.3, taper=1.0)
            self.air.brush(line, "#FFFFFF", 24, strength * 0.7, taper=1.0)


@dataclass(frozen=True)
class Scene:
    """How a picture comes about: its backdrop, what draws it, and where to look how closely (x, y, zoom)."""

    backdrop: str
    draw: Callable[[Picture], None]
    focus: tuple[float, float, float] = (400, 400, 1)


def _hull(points: Outline) -> Outline:
    ordered = sorted(points)
    return _chain(ordered)[:-1] + _chain(ordered[::-1])[:-1]


def _chain(points: Outline) -> Outline:
    chain: Outline = []
    for p in points:
        while len(chain) > 1 and _turns_right(chain[-2], chain[-1], p):
            chain.pop()
        chain.append(p)
    return chain


def _turns_right(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0
