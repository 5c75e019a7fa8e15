"""From an account to the identity that guards and acts ask."""

from __future__ import annotations

from dataclasses import dataclass

from core.db import db
from core.identity import Identity, Role
from core.secrets import decrypt
from domain.accounts.models import Account, RoleGrant, StaffCredential
from domain.accounts.signing_in import account_of_session, hash_password


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's name, and their phone with the middle hidden."""

    display_name: str
    masked_phone: str


def identity_of(account: Account) -> Identity:
    """What the account may do: its roles, and as an owner its workshops."""
    roles = frozenset(Role(grant.role) for grant in account.grants)
    workshop_ids = frozenset(grant.workshop_id for grant in account.grants if grant.workshop_id is not None)
    return Identity(account.id, account.display_name, is_staff=bool(roles), roles=roles, workshop_ids=workshop_ids)


def identity_of_session(secret: str) -> Identity | None:
    """Who holds a session token, or None."""
    account = account_of_session(secret)
    return identity_of(account) if account else None


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
