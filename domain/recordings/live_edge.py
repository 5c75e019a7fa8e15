"""The live edge: the newest fragments of each camera as small files in memory, with their playlist and a poster.

Everything in a camera's folder is written under another name first, so that a reader always sees a whole file.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import deque
from datetime import datetime
from pathlib import Path

from core.settings import settings
from domain.recordings.errors import LiveUnavailable
from domain.recordings.playlists import LiveFragment, live_playlist

KEPT = 6
STALE_SECONDS = 25.0
NUMBERS_FROM = 1_735_689_600  # 2025-01-01: numbers keep growing over restarts
_NAMES = re.compile(r"live\.m3u8|poster\.jpg|init-[0-9a-f]{12}\.mp4|[0-9]{1,12}\.m4s")


def live_folder() -> Path:
    """LIVE_DIR, or else a folder in shared memory that belongs to this VAR_DIR, or else one on disk."""
    chosen = settings().live_dir
    if chosen is not None:
        return chosen
    memory = Path("/dev/shm")  # noqa: S108 -- shared memory, not a folder for temporary files
    var_dir = settings().var_dir
    if memory.is_dir():
        return memory / f"banli-{hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]}"
    return var_dir / "live"


def live_file(camera_id: int, name: str) -> Path:
    """A file of a camera's live edge; LiveUnavailable if it is not there, or the playlist has stood still."""
    path = live_folder() / str(camera_id) / name
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        raise LiveUnavailable from None
    if not _NAMES.fullmatch(name) or (name == "live.m3u8" and age > STALE_SECONDS):
        raise LiveUnavailable
    return path


class LiveEdge:
    """One camera's live edge; only the recorder writes it."""

    def __init__(self, folder: Path, started_seconds: float) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "live.m3u8").unlink(missing_ok=True)
        for old in folder.glob("*.m4s"):
            old.unlink(missing_ok=True)
        self._number = int(started_seconds - NUMBERS_FROM) * 2
        self._fragments: deque[LiveFragment] = deque()
        self._gone: deque[int] = deque()
        self._gone_discontinuities = int(started_seconds - NUMBERS_FROM)
        self._init_name = ""
        self._is_new = True

    def begin_stream(self, init: bytes) -> None:
        """A connection begins: its header is put beside the fragments."""
        self._init_name = f"init-{hashlib.sha256(init).hexdigest()[:12]}.mp4"
        self._write(self._init_name, init)
        self._is_new = True

    def append(self, data: bytes, started_at: datetime, duration_ms: int) -> None:
        """A new fragment: it is in the playlist on return, the oldest is not."""
        self._number += 1
        self._write(f"{self._number}.m4s", data)
        self._fragments.append(LiveFragment(self._number, started_at, duration_ms, self._init_name, self._is_new))
        self._is_new = False
        if len(self._fragments) > KEPT:
            self._drop(self._fragments.popleft())
        self._write("live.m3u8", live_playlist(list(self._fragments), self._gone_discontinuities).encode())

    def put_poster(self, jpeg: bytes) -> None:
        self._write("poster.jpg", jpeg)

    def _drop(self, old: LiveFragment) -> None:
        """It leaves the playlist now, its file a little later: somebody may still be fetching it."""
        if self._fragments[0].is_new_stream:
            self._gone_discontinuities += 1
        self._gone.append(old.number)
        if len(self._gone) > KEPT:
            (self._folder / f"{self._gone.popleft()}.m4s").unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(data)
        unfinished.replace(self._folder / name)
