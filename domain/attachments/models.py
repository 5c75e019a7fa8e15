"""Uploaded pictures, kept in the object store in the sizes pages show."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Keyed, Model, Timestamped


class Picture(Model, Keyed, Timestamped):
    """One uploaded picture. Its object keys are `pictures/<sha256>-<width>.webp`."""

    __tablename__ = "pictures"

    sha256: Mapped[str] = mapped_column(unique=True)
    width: Mapped[int]
    height: Mapped[int]
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
