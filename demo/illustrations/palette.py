"""The house's colors, and how a color turns in shade and light. Light is warm and comes from the upper left."""

from dataclasses import dataclass

LACQUER = "#A31D2A"
BAMBOO = "#2E7D5B"
PAPER = "#FAF6EF"
INK = "#24201C"
SOY = "#7A5C45"
STEAM = "#E9E2D6"

DUSK = "#2B1216"  # what shade tends to
SUN = "#FFF1D2"  # what light tends to


@dataclass(frozen=True)
class Tone:
    """One material's five values, from its contour line to its glint."""

    line: str
    deep: str
    shade: str
    base: str
    light: str
    glint: str


def tone(base: str, shade_to: str = DUSK, light_to: str = SUN) -> Tone:
    """The values of a material from its middle color."""
    return Tone(
        line=mix(base, "#1E0E0C", 0.6),
        deep=mix(base, shade_to, 0.52),
        shade=mix(base, shade_to, 0.26),
        base=base,
        light=mix(base, light_to, 0.38),
        glint=mix(base, light_to, 0.8),
    )


def mix(first: str, second: str, share: float) -> str:
    """The color `share` of the way from the first to the second."""
    a, b = _channels(first), _channels(second)
    return "#" + "".join(f"{round(x + (y - x) * share):02X}" for x, y in zip(a, b, strict=True))


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
