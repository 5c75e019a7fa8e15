"""Still pictures from what was recorded: made once when first asked for, then kept beside the film."""

from __future__ import annotations

import hashlib
from datetime import datetime

from domain.recordings.errors import FootageMissing
from domain.recordings.finding import files_between
from domain.recordings.fragments import Fragment
from domain.recordings.models import RecordingFile
from domain.recordings.playlists import pieces_between
from gateways.object_storage.contract import ObjectStore
from gateways.object_storage.errors import ObjectMissing
from gateways.video.pictures import PictureUnreadable, poster


def poster_of_interval(store: ObjectStore, camera_id: int, start_at: datetime, end_at: datetime) -> bytes:
    """A JPEG of the first key frame of an interval; FootageMissing if there is none."""
    piece = next(pieces_between(files_between(camera_id, start_at, end_at), start_at, end_at), None)
    if piece is None:
        raise FootageMissing
    key = f"posters/{piece.fragment.sha256.hex()}.jpg"
    try:
        return store.read(key)
    except ObjectMissing:
        jpeg = _drawn(store, piece.file, piece.fragment)
    store.put(key, jpeg, content_type="image/jpeg", sha256=hashlib.sha256(jpeg).digest())
    return jpeg


def _drawn(store: ObjectStore, file: RecordingFile, fragment: Fragment) -> bytes:
    try:
        init = store.read(file.object_key, 0, file.init_bytes)
        return poster(init, store.read(file.object_key, fragment.offset, fragment.length))
    except (ObjectMissing, PictureUnreadable):
        raise FootageMissing from None
