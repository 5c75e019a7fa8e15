"""The file a camera is being recorded into, on this machine's own disk, until it is whole and can be kept.

A file explains itself: each fragment carries its wall-clock time, the name carries the rest. So what a killed recorder
leaves behind is closed and kept by the next one; at most the fragment that was being written is lost.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from domain.recordings.errors import IngestAlreadyRunning
from domain.recordings.fragments import Fragment
from domain.recordings.keeping import ClosedFile
from gateways.video.boxes import BoxesBroken
from gateways.video.reading import index_file, milliseconds

_NAME = re.compile(r"([0-9]+)-([0-9]+)-([0-9]+)\.mp4")


class SpoolFile:
    """A file under way. Written without a buffer of ours: what was appended outlives a killed process.

    It is flushed to the disk when it is put into the store, so a power cut can cost the current file.
    """

    def __init__(
        self, folder: Path, camera_id: int, stream_started_at: datetime, started_at: datetime, init: bytes
    ) -> None:
        self.camera_id, self.started_at, self.init = camera_id, started_at, init
        self._stream_started_at = stream_started_at
        self.path = folder / f"{camera_id}-{_ms(stream_started_at)}-{_ms(started_at)}.mp4"
        self._file = self.path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._fragments: list[Fragment] = []
        self._size = 0
        self._write(init)

    def append(self, data: bytes, started_at: datetime, duration_ms: int) -> None:
        """Add a fragment, whole or (if the disk is full) not at all."""
        offset = self._size
        self._write(data)
        digest = hashlib.sha256(data).digest()
        self._fragments.append(Fragment(offset, len(data), started_at, duration_ms, digest))

    def close(self) -> ClosedFile | None:
        """The file is whole now and will not be written to any more; None, and gone, if nothing is in it."""
        self._file.close()
        if not self._fragments:
            self.path.unlink()
            return None
        return ClosedFile(
            self.path,
            self.camera_id,
            self._stream_started_at,
            self._size,
            self._hash.digest(),
            len(self.init),
            hashlib.sha256(self.init).digest(),
            tuple(self._fragments),
        )

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError:
            os.ftruncate(self._file.fileno(), self._size)
            os.lseek(self._file.fileno(), self._size, os.SEEK_SET)
            raise
        self._hash.update(data)
        self._size += len(data)


class Spool:
    """The folder of files under way; one recorder at a time may use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise IngestAlreadyRunning from None

    def release(self) -> None:
        self._lock.close()

    def left_over(self) -> Iterator[ClosedFile]:
        """Close what an earlier recorder left; files without a whole fragment are removed."""
        for path in sorted(self.folder.glob("*.mp4")):
            closed = recovered(path)
            if closed is None:
                path.unlink()
            else:
                yield closed

    @staticmethod
    def set_aside(closed: ClosedFile) -> None:
        """Keep a file out of the way that cannot be recorded: its camera is unknown, or its times make no sense."""
        closed.path.rename(closed.path.with_suffix(".orphan"))


def recovered(path: Path) -> ClosedFile | None:
    """Close a file from its own content, cutting off a fragment that is not whole. None if there is nothing in it."""
    match = _NAME.fullmatch(path.name)
    data = path.read_bytes()
    try:
        index = index_file(data)
    except BoxesBroken:
        return None
    if match is None or not index.fragments:
        return None
    if index.whole_length < len(data):
        os.truncate(path, index.whole_length)
        data = data[: index.whole_length]
    fragments = tuple(
        Fragment(
            part.offset,
            part.length,
            wall_time(part.started_seconds),
            milliseconds(part.duration_ticks),
            hashlib.sha256(data[part.offset : part.offset + part.length]).digest(),
        )
        for part in index.fragments
    )
    return ClosedFile(
        path,
        int(match[1]),
        datetime.fromtimestamp(int(match[2]) / 1000, UTC),
        len(data),
        hashlib.sha256(data).digest(),
        index.init_length,
        hashlib.sha256(data[: index.init_length]).digest(),
        fragments,
    )


def wall_time(seconds: float) -> datetime:
    """Seconds since 1970 as an instant, to the millisecond: as exact as a file's times are kept."""
    return datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
