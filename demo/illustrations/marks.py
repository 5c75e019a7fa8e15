"""The drawings that pages use as SVG files, kept in `static/img/`; `python -m demo.illustrations marks` writes them."""

from pathlib import Path

from demo.illustrations import icons, seal
from demo.illustrations.sheet import Sheet

DIRECTORY = Path(__file__).parents[2] / "static" / "img"


def marks() -> dict[str, Sheet]:
    """Every mark by its file name below `static/img/`."""
    drawn = {"seal.svg": seal.paint(), "avatar.svg": icons.avatar()}
    drawn |= {f"categories/{slug}.svg": draw() for slug, draw in icons.ICONS.items()}
    drawn |= {f"empty/{name}.svg": draw() for name, draw in icons.EMPTY.items()}
    return drawn


def write_marks(directory: Path = DIRECTORY) -> list[Path]:
    """Write every mark; returns the paths."""
    written = []
    for name, sheet in marks().items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sheet.svg(), encoding="utf-8")
        written.append(path)
    return written
