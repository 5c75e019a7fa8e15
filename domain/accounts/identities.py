"""From an account to the identity that guards and acts ask."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.clock import now
from core.db import db
from core.identity import Identity, Role
from core.secrets import decrypt
from domain.accounts.models import Account, RoleGrant, SignIn, StaffCredential
from domain.accounts.signing_in import hash_password, hash_session

_HOLDER = (
    select(Account.id, Account.display_name, RoleGrant.role, RoleGrant.workshop_id)
    .join(SignIn, SignIn.account_id == Account.id)
    .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None), SignIn.expires_at > bindparam("at"))
    .where(Account.is_active)
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's name, and their phone with the middle hidden."""

    display_name: str
    masked_phone: str


def identity_of_session(secret: str) -> Identity | None:
    """Who holds a session token, or None when it is unknown, expired or ended. One plain statement: each request asks."""
    rows = db.session.execute(_HOLDER, {"token_hash": hash_session(secret), "at": now()}).all()
    if not rows:
        return None
    roles = frozenset(Role(row.role) for row in rows if row.role is not None)
    workshop_ids = frozenset(row.workshop_id for row in rows if row.workshop_id is not None)
    return Identity(rows[0].id, rows[0].display_name, is_staff=bool(roles), roles=roles, workshop_ids=workshop_ids)


def profile_of(account_id: int) -> Profile:
    """What an account's own page shows."""
    account = db.session.get_one(Account, account_id)
    phone = decrypt(account.phone_encrypted) if account.phone_encrypted else ""
    return Profile(account.display_name, f"{phone[:3]}****{phone[-4:]}" if phone else "")


def create_staff(username: str, password: str, name: str, role: Role, workshop_id: int | None = None) -> Account:
    """A staff account in one role; an owner acts for `workshop_id`."""
    account = Account(display_name=name)
    db.session.add(account)
    db.session.flush()
    db.session.add(StaffCredential(account_id=account.id, username=username, password_hash=hash_password(password)))
    db.session.add(RoleGrant(account_id=account.id, role=role.value, workshop_id=workshop_id))
    db.session.flush()
    db.session.refresh(account)
    return account
