"""WeChat Pay's platform certificates, as all processes know them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Model


class WechatPayCertificate(Model):
    """The public key of one of a merchant's platform certificates, and from when until when it proves anything."""

    __tablename__ = "wechat_pay_certificates"

    mchid: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[str]
    """PEM."""
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(default=now)
