"""A camera is put up over a zone, and taken down again."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError

from core.db import db
from core.errors import InvalidInput
from core.secrets import encrypt
from core.states import check_transition
from domain.cameras.models import TRANSITIONS, Camera, CameraHistory, CameraStatus
from domain.workshops.models import ZoneKind

LONGEST_NAME = 40
LONGEST_ADDRESS = 500


def register_camera(*, workshop_id: int, zone: str, name: str, address: str, by: str) -> Camera:
    """A new camera, `pending` until its first picture. InvalidInput names `zone`, `name` or `address`."""
    faults = _faults(zone, name, address)
    if faults:
        raise InvalidInput(faults)
    camera = Camera(workshop_id=workshop_id, zone=zone, name=name, address_encrypted=encrypt(address))
    try:
        with db.session.begin_nested():
            db.session.add(camera)
    except IntegrityError:
        raise InvalidInput({"name": "这个作坊已有同名的摄像头"}) from None
    _note(camera, None, by, "")
    return camera


def retire_camera(camera: Camera, *, by: str, reason: str) -> None:
    """Stop recording it for good; what was recorded stays."""
    move_camera(camera, CameraStatus.RETIRED, by=by, reason=reason)


def move_camera(camera: Camera, to: CameraStatus, *, by: str, reason: str) -> None:
    """Change its status along the transition table and note it; TransitionRefused otherwise."""
    before = CameraStatus(camera.status)
    check_transition(TRANSITIONS, before, to)
    camera.status = to
    _note(camera, before, by, reason)


def _note(camera: Camera, before: CameraStatus | None, by: str, reason: str) -> None:
    row = CameraHistory(camera_id=camera.id, by=by, from_status=before, to_status=camera.status, reason=reason)
    db.session.add(row)
    db.session.flush()


def _faults(zone: str, name: str, address: str) -> dict[str, str]:
    faults = {}
    if zone not in set(ZoneKind):
        faults["zone"] = "没有这个分区"
    if not 1 <= len(name) <= LONGEST_NAME:
        faults["name"] = "名称需要 1 到 40 个字"
    if not _is_rtsp(address):
        faults["address"] = "请填写 rtsp:// 开头的地址"
    return faults


def _is_rtsp(address: str) -> bool:
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme == "rtsp" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
