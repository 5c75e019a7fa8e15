"""The access token that all processes share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model


class WechatAccessToken(Model):
    """The one token of an app. `token` is encrypted; `forced_at` is when a new one was last forced."""

    __tablename__ = "wechat_access_tokens"

    appid: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    expires_at: Mapped[datetime]
    forced_at: Mapped[datetime | None]
