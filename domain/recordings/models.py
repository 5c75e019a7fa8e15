"""What the cameras recorded: one row for each camera and minute file, its fragments in one packed table.

A row a fragment would be millions a day; a row a file is a few thousand, and finding an hour of film reads sixty.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Keyed, Model
from domain.recordings.fragments import Fragment, unpack_fragments


class RecordingFile(Model, Keyed):
    """A closed file of fragmented MP4 in the object store: a header of `init_bytes`, then whole fragments."""

    __tablename__ = "recording_files"
    __table_args__ = (
        UniqueConstraint("camera_id", "started_at"),
        CheckConstraint("ended_at > started_at", name="end_after_start"),
    )

    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    stream_started_at: Mapped[datetime]
    """When the connection began that this file comes from: files of one connection share a timeline."""
    object_key: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    init_bytes: Mapped[int]
    init_sha256: Mapped[bytes]
    """Files with the same header hash can be decoded with one header."""
    fragments: Mapped[bytes]

    def fragment_table(self) -> list[Fragment]:
        """Its fragments in their order, with wall-clock times."""
        return unpack_fragments(self.fragments, self.started_at)
