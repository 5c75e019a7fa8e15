"""The packed table of a file's fragments: 48 bytes each. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.recordings.errors import FilmOutOfOrder

ROW = struct.Struct(">IIII32s")
"""Offset, length, start in ms after the file's start, duration in ms, SHA-256."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A group of pictures inside a file."""

    offset: int
    length: int
    started_at: datetime
    duration_ms: int
    sha256: bytes

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)


def pack_fragments(fragments: Sequence[Fragment], file_started_at: datetime) -> bytes:
    """The table of a file; times are kept to the millisecond. Raises FilmOutOfOrder if one begins before the file."""
    if any(fragment.started_at < file_started_at for fragment in fragments):
        raise FilmOutOfOrder
    return b"".join(
        ROW.pack(
            fragment.offset,
            fragment.length,
            round((fragment.started_at - file_started_at).total_seconds() * 1000),
            fragment.duration_ms,
            fragment.sha256,
        )
        for fragment in fragments
    )


def unpack_fragments(table: bytes, file_started_at: datetime) -> list[Fragment]:
    """What `pack_fragments` packed."""
    return [
        Fragment(offset, length, file_started_at + timedelta(milliseconds=start_ms), duration_ms, sha256)
        for offset, length, start_ms, duration_ms, sha256 in ROW.iter_unpack(table)
    ]
