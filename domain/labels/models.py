"""Package codes: one serial per packet of a batch, and each time somebody scanned it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped


class PackageCode(Model, Keyed, Timestamped):
    """The serial (GS1 AI 21) of one packet: 12 random characters, 60 bits, so that nobody can guess another."""

    __tablename__ = "package_codes"
    __table_args__ = (UniqueConstraint("batch_id", "serial"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    serial: Mapped[str] = mapped_column(unique=True)
    voided_at: Mapped[datetime | None]


class Scan(Model, Keyed):
    """One opening of a code's page by one visitor on one day. A visitor is a salted hash, no person."""

    __tablename__ = "scans"
    __table_args__ = (UniqueConstraint("package_code_id", "visitor_hash"),)

    package_code_id: Mapped[int] = mapped_column(ForeignKey("package_codes.id"))
    visitor_hash: Mapped[str]
    scanned_at: Mapped[datetime] = mapped_column(default=now)
