"""People: buyers who come from WeChat, and staff who sign in with a password and act in roles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Keyed, Model, Timestamped


class Account(Model, Keyed, Timestamped):
    """One person, whichever way they sign in."""

    __tablename__ = "accounts"

    display_name: Mapped[str]
    phone_encrypted: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    grants: Mapped[list[RoleGrant]] = relationship(lazy="selectin")


class WechatIdentity(Model):
    """How WeChat knows an account: an openid per app, a unionid across apps of one Open Platform account."""

    __tablename__ = "wechat_identities"

    appid: Mapped[str] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(primary_key=True)
    unionid: Mapped[str | None] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)


class StaffCredential(Model):
    """A staff member's user name and argon2 hash."""

    __tablename__ = "staff_credentials"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]


class RoleGrant(Model, Keyed):
    """A role an account acts in; an owner's grant names the workshop."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("account_id", "role", "workshop_id", postgresql_nulls_not_distinct=True),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[str]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))


class SignIn(Model, Keyed, Timestamped):
    """A session of the web or the API: only the token's SHA-256 is kept, so a copy of the table opens nothing."""

    __tablename__ = "sign_ins"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
