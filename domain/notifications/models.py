"""What a buyer or a workshop is told: kept here to be read, and sent through WeChat where they accepted it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Keyed, Model, Timestamped


class Notification(Model, Keyed, Timestamped):
    """One message. `key` names what happened, so that it is told once; `text` is translated where it is shown."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (workshop_id IS NULL)", name="one_reader"),
        Index("ix_notifications_account", "account_id", "id"),
        Index("ix_notifications_workshop", "workshop_id", "id"),
    )

    key: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    path: Mapped[str]
    read_at: Mapped[datetime | None]


class SubscribeQuota(Model):
    """How many messages of a template a person still accepts: each tap on 允许 is one."""

    __tablename__ = "subscribe_quotas"
    __table_args__ = (CheckConstraint("remaining >= 0", name="remaining_not_negative"),)

    openid: Mapped[str] = mapped_column(primary_key=True)
    template_id: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int]


class MessageSending(Model):
    """What came of sending a notification through WeChat. Append-only."""

    __tablename__ = "message_sendings"

    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id"), primary_key=True)
    template_id: Mapped[str]
    status: Mapped[str]
    errcode: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(default=now)
