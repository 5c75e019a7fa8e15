"""What was recorded when: files by camera and time, always from the index, never from folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from core.db import db
from domain.recordings.errors import FootageMissing
from domain.recordings.models import RecordingFile
from domain.recordings.playlists import recorded_playlist

LONGEST_FILE = timedelta(minutes=11)
LONGEST_INTERVAL = timedelta(hours=24)


def files_between(camera_id: int, start_at: datetime, end_at: datetime) -> Sequence[RecordingFile]:
    """The files that show any moment of an interval, in the order of time."""
    found = (
        select(RecordingFile)
        .where(
            RecordingFile.camera_id == camera_id,
            RecordingFile.started_at > start_at - LONGEST_FILE,  # lets the index find the beginning
            RecordingFile.started_at < end_at,
            RecordingFile.ended_at > start_at,
        )
        .order_by(RecordingFile.started_at)
    )
    return db.session.scalars(found).all()


def has_footage(intervals: Mapping[int, tuple[datetime, datetime]]) -> set[int]:
    """The cameras among `intervals` (camera: from, to) that recorded anything then."""
    return {camera_id for camera_id, (start, end) in intervals.items() if files_between(camera_id, start, end)}


def playlist_between(camera_id: int, start_at: datetime, end_at: datetime) -> str:
    """The HLS playlist of an interval of at most 24 hours; FootageMissing if nothing was recorded in it."""
    end_at = min(end_at, start_at + LONGEST_INTERVAL)
    playlist = recorded_playlist(files_between(camera_id, start_at, end_at), start_at, end_at)
    if playlist is None:
        raise FootageMissing
    return playlist


def find_file(file_id: int, camera_id: int, start_at: datetime, end_at: datetime) -> RecordingFile:
    """A file by its id, if it shows a moment of that interval of that camera; FootageMissing otherwise."""
    file = db.session.get(RecordingFile, file_id)
    if file is None or file.camera_id != camera_id or file.started_at >= end_at or file.ended_at <= start_at:
        raise FootageMissing
    return file
