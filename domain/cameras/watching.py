"""Looking cameras up, and noting which of them give a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from core.clock import now
from core.db import db
from core.errors import NotFound
from domain.cameras.models import Camera, CameraStatus
from domain.cameras.registering import move_camera
from domain.workshops.models import Workshop, ZoneKind

DARK_AFTER = timedelta(seconds=20)
ZONE_ORDER = {zone.value: place for place, zone in enumerate(ZoneKind)}
_SIGHTINGS = text(
    "UPDATE cameras SET last_frame_at = seen.at "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[])) AS seen(id, at) "
    "WHERE cameras.id = seen.id AND (cameras.last_frame_at IS NULL OR cameras.last_frame_at < seen.at)"
)


@dataclass(frozen=True, slots=True)
class WatchedCamera:
    """What the recorder needs to know."""

    id: int
    address: str


def find_camera(camera_id: int) -> Camera:
    """The camera, or NotFound."""
    camera = db.session.get(Camera, camera_id)
    if camera is None:
        raise NotFound(what="camera")
    return camera


def watched_cameras() -> list[WatchedCamera]:
    """Every camera that is to be recorded, with its address decrypted."""
    cameras = db.session.scalars(select(Camera).where(Camera.status != CameraStatus.RETIRED).order_by(Camera.id))
    return [WatchedCamera(camera.id, camera.address) for camera in cameras]


def cameras_of(workshop_ids: Iterable[int]) -> dict[int, list[Camera]]:
    """The cameras of each workshop that are not retired: raw material first, then washing, then production."""
    found = select(Camera).where(Camera.workshop_id.in_(list(workshop_ids)), Camera.status != CameraStatus.RETIRED)
    cameras: dict[int, list[Camera]] = {}
    for camera in sorted(db.session.scalars(found), key=lambda camera: (ZONE_ORDER[camera.zone], camera.id)):
        cameras.setdefault(camera.workshop_id, []).append(camera)
    return cameras


def find_public_camera(camera_id: int) -> Camera:
    """A camera that everybody may watch: one of a member of the cluster, not retired. NotFound otherwise."""
    found = (
        select(Camera)
        .join(Workshop, Workshop.id == Camera.workshop_id)
        .where(Camera.id == camera_id, Camera.status != CameraStatus.RETIRED, Workshop.is_member)
    )
    camera = db.session.scalars(found).first()
    if camera is None:
        raise NotFound(what="camera")
    return camera


def note_sightings(last_frames: Mapping[int, datetime], faults: Mapping[int, str]) -> None:
    """Keep when each camera gave its last picture, in one statement; then move those that turned dark or came back.

    `faults` says why a camera gives none, for its history.
    """
    if last_frames:
        values = {"ids": list(last_frames), "times": list(last_frames.values())}
        db.session.execute(_SIGHTINGS, values)
    limit = now() - DARK_AFTER
    shows = Camera.last_frame_at >= limit
    came_back = shows & Camera.status.in_([CameraStatus.PENDING, CameraStatus.DARK])
    went_dark = ~shows & (Camera.status == CameraStatus.ACTIVE)
    changed = select(Camera).where(came_back | went_dark).order_by(Camera.id).with_for_update()
    for camera in db.session.scalars(changed.execution_options(populate_existing=True)).all():
        has_picture = camera.last_frame_at is not None and camera.last_frame_at >= limit
        to = CameraStatus.ACTIVE if has_picture else CameraStatus.DARK
        move_camera(camera, to, by="recorder", reason="" if has_picture else faults.get(camera.id, "no picture"))
