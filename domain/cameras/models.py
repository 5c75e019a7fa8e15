"""Cameras: which zone of which workshop each watches, where its stream is, and whether it gives a picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped
from core.secrets import decrypt
from domain.workshops.models import ZONE_NAMES, ZoneKind


class CameraStatus(StrEnum):
    """`pending` until its first picture, `active` while pictures come, `dark` when they stopped, `retired` for good."""

    PENDING = "pending"
    ACTIVE = "active"
    DARK = "dark"
    RETIRED = "retired"


TRANSITIONS: Mapping[CameraStatus, frozenset[CameraStatus]] = {
    CameraStatus.PENDING: frozenset({CameraStatus.ACTIVE, CameraStatus.RETIRED}),
    CameraStatus.ACTIVE: frozenset({CameraStatus.DARK, CameraStatus.RETIRED}),
    CameraStatus.DARK: frozenset({CameraStatus.ACTIVE, CameraStatus.RETIRED}),
    CameraStatus.RETIRED: frozenset(),
}


class Camera(Model, Keyed, Timestamped):
    """A camera over one zone. Its address holds a password, so it is stored encrypted."""

    __tablename__ = "cameras"
    __table_args__ = (UniqueConstraint("workshop_id", "name"),)

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    zone: Mapped[str]
    name: Mapped[str]
    address_encrypted: Mapped[str]
    status: Mapped[str] = mapped_column(default=CameraStatus.PENDING)
    last_frame_at: Mapped[datetime | None]

    @property
    def zone_name(self) -> str:
        """`原料区`, `洗手消毒区` or `生产加工区`."""
        return ZONE_NAMES[ZoneKind(self.zone)]

    @property
    def address(self) -> str:
        """The RTSP address with its credentials: for the recorder only, never for a page or a log."""
        return decrypt(self.address_encrypted)

    @property
    def is_live(self) -> bool:
        return self.status == CameraStatus.ACTIVE

    @property
    def is_watched(self) -> bool:
        """Whether the recorder should keep trying it."""
        return self.status != CameraStatus.RETIRED


class CameraHistory(Model, Keyed):
    """Who or what moved a camera from one status to another, when and why."""

    __tablename__ = "camera_history"

    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
