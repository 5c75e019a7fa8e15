"""Signing in and out: a WeChat person or a password becomes an account, an account a session token."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.numbers import token
from domain.accounts.models import Account, SignIn, StaffCredential, WechatIdentity

BUYER_DAYS = 30
STAFF_HOURS = 12
_OPENID = (
    select(WechatIdentity.openid)
    .where(WechatIdentity.account_id == bindparam("account"), WechatIdentity.appid == bindparam("appid"))
    .limit(1)
)
_hasher = PasswordHasher()
# Checked when the user name is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash(token())


class SignInRefused(DomainError):
    """Wrong user name or password; which of the two is not said."""

    status = 401
    message = "用户名或密码不对"


class AccountDeactivated(DomainError):
    """The right person, whose account was closed."""

    status = 403
    message = "这个账号已停用，请联系集群运营"


@dataclass(frozen=True, slots=True)
class WechatPerson:
    """A person as WeChat names them to one of our apps."""

    appid: str
    openid: str
    unionid: str | None
    nickname: str = ""


def account_of_wechat(person: WechatPerson) -> Account:
    """The account of a WeChat person, made at the first visit; the same unionid is the same account in every app."""
    # One person signing in twice at once must become one account: the two wait for each other here.
    key = person.unionid or f"{person.appid}:{person.openid}"
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": key})
    known = db.session.get(WechatIdentity, (person.appid, person.openid))
    if known is None and person.unionid:
        known = db.session.scalars(select(WechatIdentity).filter_by(unionid=person.unionid).limit(1)).first()
    if known is None:
        account = Account(display_name=person.nickname or "微信用户")
        db.session.add(account)
        db.session.flush()
    else:
        account = db.session.get_one(Account, known.account_id)
    link = insert(WechatIdentity).values(
        appid=person.appid, openid=person.openid, unionid=person.unionid, account_id=account.id
    )
    db.session.execute(link.on_conflict_do_nothing())
    return account


def openid_of(account_id: int, appid: str) -> str | None:
    """The account's openid in the app `appid`, or None when it never signed in there."""
    return db.session.scalar(_OPENID, {"account": account_id, "appid": appid})


def check_password(username: str, password: str) -> Account:
    """The staff account of a right pair; SignInRefused for a wrong one, AccountDeactivated for one that was closed."""
    credential = db.session.scalars(select(StaffCredential).filter_by(username=username)).first()
    try:
        _hasher.verify(credential.password_hash if credential else _NOBODY, password)
    except VerificationError:
        raise SignInRefused from None
    if credential is None:
        raise SignInRefused
    account = db.session.get_one(Account, credential.account_id)
    require_active(account)
    return account


def require_active(account: Account) -> None:
    """AccountDeactivated unless the account may be used. Who proved to be its owner may know."""
    if not account.is_active:
        raise AccountDeactivated


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt."""
    return _hasher.hash(password)


def open_session(account: Account, channel: str) -> str:
    """A new session's token. It is shown once; the database keeps its hash. AccountDeactivated."""
    require_active(account)
    secret = token()
    lifetime = timedelta(hours=STAFF_HOURS) if account.grants else timedelta(days=BUYER_DAYS)
    db.session.add(
        SignIn(account_id=account.id, token_hash=hash_session(secret), channel=channel, expires_at=now() + lifetime)
    )
    db.session.flush()
    return secret


def end_session(secret: str) -> None:
    """From now on the token opens nothing."""
    sign_in = db.session.scalars(select(SignIn).filter_by(token_hash=hash_session(secret))).first()
    if sign_in is not None and sign_in.ended_at is None:
        sign_in.ended_at = now()


def hash_session(secret: str) -> str:
    """How the database knows a session's token."""
    return hashlib.sha256(secret.encode()).hexdigest()
