"""A recorded file read back: where its header ends, and place, time and length of each fragment."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gateways.video.boxes import Box, BoxesBroken, boxes_in, find_box
from gateways.video.feed import TICKS_PER_SECOND
from gateways.video.fmp4 import SECONDS_1900_TO_1970


@dataclass(frozen=True, slots=True)
class Fragment:
    """A whole fragment (`prft`, `moof`, `mdat`) inside a file."""

    offset: int
    length: int
    started_seconds: float
    """Since 1970."""
    start_ticks: int
    """On the stream's own timeline."""
    duration_ticks: int


@dataclass(frozen=True, slots=True)
class FileIndex:
    init_length: int
    fragments: list[Fragment]
    whole_length: int
    """Up to here the file is whole; what follows was cut off while it was written."""


def index_file(data: bytes | memoryview) -> FileIndex:
    """Read a file of our own writer; a fragment that is not whole ends it. Raises BoxesBroken without a header."""
    moov = find_box(data, b"moov")
    fragments: list[Fragment] = []
    reference: Box | None = None
    moof: Box | None = None
    whole = moov.end
    try:
        for found in boxes_in(data, moov.end):
            if found.kind == b"prft":
                reference = found
            elif found.kind == b"moof":
                moof = found
            elif found.kind == b"mdat" and reference is not None and moof is not None:
                fragments.append(_fragment(data, reference, moof, found))
                whole = found.end
    except BoxesBroken:
        pass
    return FileIndex(moov.end, fragments, whole)


def _fragment(data: bytes | memoryview, reference: Box, moof: Box, mdat: Box) -> Fragment:
    _, ntp, start_ticks = struct.unpack_from(">IQQ", data, reference.content + 4)
    run = find_box(data, b"traf", b"trun", within=moof)
    flags, count = struct.unpack_from(">II", data, run.content)
    row = 16 if flags & 0x800 else 12
    first = run.content + 12
    duration = sum(struct.unpack_from(">I", data, first + row * number)[0] for number in range(count))
    seconds = (ntp >> 32) - SECONDS_1900_TO_1970 + (ntp & 0xFFFFFFFF) / (1 << 32)
    return Fragment(reference.start, mdat.end - reference.start, seconds, start_ticks, duration)


def milliseconds(ticks: int) -> int:
    return round(ticks * 1000 / TICKS_PER_SECOND)
