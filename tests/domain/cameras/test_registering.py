"""Putting cameras up and taking them down."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput
from core.states import TransitionRefused
from domain.cameras.models import Camera, CameraHistory, CameraStatus
from domain.cameras.registering import move_camera, register_camera, retire_camera
from tests.factories.cameras import make_camera
from tests.factories.workshops import make_workshop

ADDRESS = "rtsp://admin:geheim@192.168.1.9:554/Streaming/Channels/101"
DB = scoped_session[Session]


def test_a_new_camera_is_pending_and_its_address_is_not_readable(session: DB) -> None:
    camera = register_camera(workshop_id=make_workshop().id, zone="raw", name="原料区", address=ADDRESS, by="owner")
    stored = session.execute(text("SELECT address_encrypted FROM cameras WHERE id = :id"), {"id": camera.id}).scalar()
    assert "geheim" not in str(stored)
    assert "192.168" not in str(stored)
    assert camera.address == ADDRESS
    assert camera.status == CameraStatus.PENDING
    (row,) = session.scalars(select(CameraHistory).filter_by(camera_id=camera.id))
    assert (row.from_status, row.to_status, row.by) == (None, "pending", "owner")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"zone": "roof"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"name": ""}, "name"),
        ({"name": "长" * 41}, "name"),
        ({"address": "http://10.0.0.1/x"}, "address"),
        ({"address": "rtsp:///nowhere"}, "address"),
        ({"address": ""}, "address"),
        ({"address": "rtsp://10.0.0.1/" + "x" * 600}, "address"),
        ({"address": "rtsp://10.0.0.1:99999/x"}, "address"),
        ({"address": "rtsp://10.0.0.1/a b"}, "address"),
        ({"address": "rtsp://10.0.0.1/a\r\nTEARDOWN"}, "address"),
        ({"address": "rtsp://[::1/x"}, "address"),
    ],
)
def test_what_cannot_be_a_camera_is_refused_by_field(session: DB, values: dict[str, str], field: str) -> None:
    workshop = make_workshop()
    good = {"zone": "raw", "name": "原料区", "address": ADDRESS}
    with pytest.raises(InvalidInput) as refusal:
        register_camera(workshop_id=workshop.id, by="owner", **(good | values))
    assert set(refusal.value.fields) == {field}
    assert session.scalar(select(func.count(Camera.id)).filter_by(workshop_id=workshop.id)) == 0


def test_two_cameras_of_a_workshop_have_two_names(session: DB) -> None:
    camera = make_camera(name="原料区")
    with pytest.raises(InvalidInput) as refusal:
        make_camera(name="原料区", workshop_id=camera.workshop_id)
    assert set(refusal.value.fields) == {"name"}
    assert make_camera(name="原料区").id != camera.id
    assert session.scalar(select(func.count(Camera.id)).filter_by(workshop_id=camera.workshop_id)) == 1


def test_a_retired_camera_stays_retired(session: DB) -> None:
    camera = make_camera()
    retire_camera(camera, by="operator", reason="sold")
    assert not camera.is_watched
    for status in (CameraStatus.ACTIVE, CameraStatus.DARK, CameraStatus.PENDING):
        with pytest.raises(TransitionRefused):
            move_camera(camera, status, by="operator", reason="")
    last = session.scalars(
        select(CameraHistory).filter_by(camera_id=camera.id).order_by(CameraHistory.id.desc())
    ).first()
    assert last is not None
    assert (last.from_status, last.to_status, last.reason) == ("active", "retired", "sold")


def test_history_cannot_be_rewritten(session: DB) -> None:
    make_camera()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text("UPDATE camera_history SET reason = 'x'"))
