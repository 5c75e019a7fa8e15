"""Cameras, and film recorded from them: real fragmented MP4, drawn and coded once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from core.clock import now
from core.db import db
from domain.cameras.models import Camera, CameraStatus
from domain.cameras.registering import register_camera
from domain.recordings.fragments import Fragment
from domain.recordings.keeping import ClosedFile, record_file
from domain.recordings.models import RecordingFile
from gateways import registry
from gateways.video.feed import Gop
from gateways.video.fmp4 import fragment, init_segment
from gateways.video.gops import GopCollector
from gateways.video.reading import milliseconds
from gateways.video.wall_clock import WallClock
from tests.factories.workshops import make_workshop
from tests.gateways.video.drawn_film import film

_names = count(1)
GOP_SECONDS = 1
"""Each fragment of the drawn film lasts so long."""


def make_camera(**values: Any) -> Camera:
    """A camera over the production zone of a member; give `status`, `zone`, `workshop_id`, `address` as needed."""
    workshop_id = values.pop("workshop_id", None) or make_workshop().id
    status = values.pop("status", CameraStatus.ACTIVE)
    defaults = {"zone": "production", "name": f"镜头{next(_names)}", "address": "rtsp://cam:pw@10.0.0.1/live"}
    camera = register_camera(workshop_id=workshop_id, by="test", **(defaults | values))
    camera.status = status
    camera.last_frame_at = now() if status == CameraStatus.ACTIVE else None
    db.session.flush()
    return camera


def make_recording(
    camera: Camera, started_at: datetime, seconds: int = 4, stream_started_at: datetime | None = None, skip: int = 0
) -> RecordingFile:
    """A recorded file of `seconds` fragments of one second; `skip` fragments of its stream lie before it."""
    init, parts = drawn_fragments(skip + seconds)
    data, fragments = init, []
    for place, part in enumerate(parts[skip:]):
        digest = hashlib.sha256(part).digest()
        at = started_at + timedelta(seconds=place * GOP_SECONDS)
        fragments.append(Fragment(len(data), len(part), at, GOP_SECONDS * 1000, digest))
        data += part
    closed = ClosedFile(
        path=None,  # type: ignore[arg-type]  # only its bytes matter here
        camera_id=camera.id,
        stream_started_at=stream_started_at or started_at,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).digest(),
        init_bytes=len(init),
        init_sha256=hashlib.sha256(init).digest(),
        fragments=tuple(fragments),
    )
    registry.object_store().put(closed.object_key, data, content_type="video/mp4", sha256=closed.sha256)
    record_file(closed)
    return db.session.query(RecordingFile).filter_by(camera_id=camera.id, started_at=started_at).one()


@cache
def drawn_fragments(seconds: int) -> tuple[bytes, list[bytes]]:
    """The header and the first `seconds` fragments of one stream."""
    gops = drawn_gops(seconds)
    parts = [fragment(gop, number, gops[0].start_ticks) for number, gop in enumerate(gops, 1)]
    return init_segment(gops[0].format), parts


def drawn_gops(seconds: int, started_seconds: float = 1_795_000_000.0) -> list[Gop]:
    """Groups of pictures of a second each, the first taken at `started_seconds`."""
    clock = WallClock()
    units = film(10 * seconds)
    clock.observe(units[0].ticks, started_seconds)
    collector = GopCollector(clock, None)
    gops = [gop for unit in units if (gop := collector.push(unit))]
    last = collector.flush()
    assert last is not None
    gops.append(last)
    assert [milliseconds(gop.duration_ticks) for gop in gops] == [1000] * seconds
    return [replace(gop) for gop in gops]
