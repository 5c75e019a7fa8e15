"""Which scene a camera shows: by its zone, in production also by what the workshop makes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from PIL import Image

from cameras.scenes import board, jars, raw, steamer, tofu, washing

Draw = Callable[[float], Image.Image]
SCENES: dict[str, Draw] = {
    "raw": raw.draw,
    "washing": washing.draw,
    "jars": jars.draw,
    "steamer": steamer.draw,
    "board": board.draw,
    "tofu": tofu.draw,
}
PRODUCTION = {
    "wine": "jars",
    "sauce": "jars",
    "pickle": "jars",
    "tofu": "tofu",
    "cake": "steamer",
    "rice": "steamer",
    "meatball": "board",
    "noodle": "board",
}


def scene_for(slug: str, zone: str, kind: str | None = None) -> str | None:
    """The scene of a workshop's zone, or None for a zone that no camera watches.

    `kind` is what the workshop makes. Without one the slug decides, always alike.
    """
    if zone in ("raw", "washing"):
        return zone
    if zone != "production":
        return None
    if kind in PRODUCTION:
        return PRODUCTION[kind]
    for word, scene in PRODUCTION.items():
        if word in slug:
            return scene
    return ("steamer", "jars", "board")[hashlib.sha256(slug.encode()).digest()[0] % 3]
