"""Writes the collection as WebP, and only what has changed since the last time."""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from demo.illustrations import backdrops, collection, rendering
from demo.illustrations.collection import Subject
from demo.illustrations.sheet import Picture

DIRECTORY = Path(__file__).parents[2] / "static" / "generated"
RECORD = "illustrations.json"
QUALITY = 82


def write_all(directory: Path = DIRECTORY) -> list[Path]:
    """Bring every file of the collection up to date below `directory`; returns the paths of all of them.

    The record beside the files keeps the digest of each picture's source. While no source file of the drawing room has
    changed and no picture is missing, nothing is drawn at all.
    """
    source = _source_digest()
    record = _read_record(directory)
    files = [directory / subject.file(width) for subject in collection.subjects() for width in subject.widths]
    if record.get("source") == source and all(file.exists() for file in files):
        return files
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        subjects = list(collection.subjects())
        written = pool.map(lambda subject: _write(subject, directory, record), subjects)
        digests = {subject.file(0): current for subject, current in zip(subjects, written, strict=True)}
    (directory / RECORD).write_text(json.dumps({"source": source, **digests}, indent=1), encoding="utf-8")
    return files


def digest(picture: Picture) -> str:
    """What a picture is made of: its sheets, its backdrop, and the way it is rendered."""
    sheets = [picture.behind, picture.shadows, picture.things, picture.air]
    if picture.backdrop:
        backdrop = backdrops.paint(picture.backdrop, picture.width, picture.height)
        sheets += [backdrop.ground, backdrop.light, backdrop.dusk]
    parts = [*(sheet.svg().encode() for sheet in sheets), Path(rendering.__file__).read_bytes(), str(QUALITY).encode()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _write(subject: Subject, directory: Path, record: dict[str, str]) -> str:
    files = {width: directory / subject.file(width) for width in subject.widths}
    picture = subject.paint()
    current = digest(picture)
    if record.get(subject.file(0)) == current and all(file.exists() for file in files.values()):
        return current
    image = rendering.render(picture)
    for width, file in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        height = round(subject.height * width / subject.width)
        sized = image if width == subject.width else image.resize((width, height), Image.Resampling.LANCZOS)
        unfinished = file.with_suffix(".part")
        sized.save(unfinished, "WEBP", quality=QUALITY, method=2)
        unfinished.replace(file)
    return current


def _read_record(directory: Path) -> dict[str, str]:
    try:
        record = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return record if isinstance(record, dict) else {}


def _source_digest() -> str:
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
