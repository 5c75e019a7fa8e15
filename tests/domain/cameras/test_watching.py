"""Which cameras give a picture."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.errors import NotFound
from domain.cameras.models import CameraHistory, CameraStatus
from domain.cameras.watching import cameras_of, find_public_camera, note_sightings, watched_cameras
from tests.factories.cameras import make_camera
from tests.factories.workshops import make_workshop

DB = scoped_session[Session]


def test_the_first_picture_makes_a_camera_active(session: DB) -> None:
    camera = make_camera(status=CameraStatus.PENDING)
    at = now()
    note_sightings({camera.id: at}, {})
    session.refresh(camera)
    assert (camera.status, camera.last_frame_at) == ("active", at)


def test_a_camera_without_pictures_turns_dark_and_its_history_says_why(session: DB) -> None:
    camera, other = make_camera(), make_camera()
    camera.last_frame_at = now() - timedelta(seconds=21)
    session.flush()
    note_sightings({other.id: now()}, {camera.id: "camera_silent: nothing for 8 s"})
    assert (camera.status, other.status) == ("dark", "active")
    row = session.scalars(
        select(CameraHistory).filter_by(camera_id=camera.id).order_by(CameraHistory.id.desc())
    ).first()
    assert row is not None
    assert (row.by, row.reason) == ("recorder", "camera_silent: nothing for 8 s")
    note_sightings({camera.id: now()}, {})
    assert camera.status == "active"


def test_noting_again_changes_nothing(session: DB) -> None:
    camera = make_camera()
    before = session.scalars(select(CameraHistory.id).filter_by(camera_id=camera.id)).all()
    for _ in range(3):
        note_sightings({camera.id: now()}, {})
    assert session.scalars(select(CameraHistory.id).filter_by(camera_id=camera.id)).all() == before


def test_an_older_sighting_does_not_turn_time_back(session: DB) -> None:
    camera = make_camera()
    newest = now()
    note_sightings({camera.id: newest}, {})
    note_sightings({camera.id: newest - timedelta(minutes=1)}, {})
    session.refresh(camera)
    assert camera.last_frame_at == newest


def test_pending_and_retired_cameras_do_not_turn_dark(session: DB) -> None:
    pending, retired = make_camera(status=CameraStatus.PENDING), make_camera(status=CameraStatus.RETIRED)
    note_sightings({}, {})
    assert (pending.status, retired.status) == ("pending", "retired")


def test_the_recorder_is_told_every_camera_but_retired_ones(session: DB) -> None:
    shown = [make_camera(status=status) for status in (CameraStatus.ACTIVE, CameraStatus.DARK, CameraStatus.PENDING)]
    retired = make_camera(status=CameraStatus.RETIRED)
    addresses = {camera.id: camera.address for camera in watched_cameras()}
    assert {camera.id for camera in shown} <= addresses.keys()
    assert retired.id not in addresses
    assert set(addresses.values()) == {"rtsp://cam:pw@10.0.0.1/live"}


def test_a_workshops_cameras_come_in_the_order_of_its_zones(session: DB) -> None:
    workshop = make_workshop()
    for zone in ("production", "raw", "washing"):
        make_camera(zone=zone, workshop_id=workshop.id)
    make_camera(zone="raw", workshop_id=workshop.id, status=CameraStatus.RETIRED)
    assert [camera.zone for camera in cameras_of([workshop.id])[workshop.id]] == ["raw", "washing", "production"]
    assert cameras_of([]) == {}


def test_only_members_cameras_are_public(session: DB) -> None:
    member, outsider = make_camera(), make_camera(workshop_id=make_workshop(is_member=False).id)
    retired = make_camera(status=CameraStatus.RETIRED)
    assert find_public_camera(member.id) is member
    for camera_id in (outsider.id, retired.id, 999_999_999):
        with pytest.raises(NotFound):
            find_public_camera(camera_id)
