"""A closed file goes into the object store, then into the index. Both may be done again without harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from core.db import db
from domain.recordings.fragments import Fragment, pack_fragments
from domain.recordings.models import RecordingFile
from gateways.object_storage.contract import ObjectStore

CONTENT_TYPE = "video/mp4"


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A whole file in the spool, ready to be kept."""

    path: Path
    camera_id: int
    stream_started_at: datetime
    size_bytes: int
    sha256: bytes
    init_bytes: int
    init_sha256: bytes
    fragments: tuple[Fragment, ...]

    @property
    def started_at(self) -> datetime:
        return self.fragments[0].started_at

    @property
    def ended_at(self) -> datetime:
        return max(fragment.ended_at for fragment in self.fragments)

    @property
    def object_key(self) -> str:
        """By camera and day, e.g. `footage/12/2025-11-22/093000123.mp4` (UTC)."""
        return f"footage/{self.camera_id}/{self.started_at:%Y-%m-%d/%H%M%S}{self.started_at.microsecond // 1000:03}.mp4"


def store_file(store: ObjectStore, closed: ClosedFile) -> None:
    """Put its bytes into the object store; safe on return. Raises what the store raises."""
    store.put(closed.object_key, closed.path, content_type=CONTENT_TYPE, sha256=closed.sha256)


def record_file(closed: ClosedFile) -> None:
    """Note a stored file in the index; noting it again changes nothing. An unknown camera is an IntegrityError."""
    values = {
        "camera_id": closed.camera_id,
        "started_at": closed.started_at,
        "ended_at": closed.ended_at,
        "stream_started_at": closed.stream_started_at,
        "object_key": closed.object_key,
        "size_bytes": closed.size_bytes,
        "sha256": closed.sha256,
        "init_bytes": closed.init_bytes,
        "init_sha256": closed.init_sha256,
        "fragments": pack_fragments(closed.fragments, closed.started_at),
    }
    db.session.execute(insert(RecordingFile).values(values).on_conflict_do_nothing())
