"""The box structure of MP4 (ISO/IEC 14496-12): how boxes are written, and how they are found again."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import InvalidInput


class BoxesBroken(InvalidInput):
    """The bytes are no sequence of MP4 boxes, or end inside one."""

    message = "视频文件已损坏"

    def __init__(self, why: str) -> None:
        super().__init__({"file": why})


@dataclass(frozen=True, slots=True)
class Box:
    kind: bytes
    start: int
    content: int
    """Where its content begins, behind the header."""
    end: int


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def boxes_in(data: bytes | memoryview, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes side by side between two places. Raises BoxesBroken at a box that is not whole."""
    end = len(data) if end is None else end
    while start < end:
        if start + 8 > end:
            raise BoxesBroken(f"half a header at {start}")
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        if size < content - start or start + size > end:
            raise BoxesBroken(f"box {kind!r} at {start} is not whole")
        yield Box(kind, start, content, start + size)
        start += size


def find_box(data: bytes | memoryview, *path: bytes, within: Box | None = None) -> Box:
    """The first box at a path such as `b"moof", b"traf", b"tfdt"`. Raises BoxesBroken if there is none."""
    place = within
    for kind in path:
        inside = boxes_in(data) if place is None else boxes_in(data, place.content, place.end)
        place = next((found for found in inside if found.kind == kind), None)
        if place is None:
            raise BoxesBroken(f"no box {kind!r}")
    assert place is not None
    return place
