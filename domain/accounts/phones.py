"""The phone number WeChat vouches for: kept encrypted, shown masked."""

from __future__ import annotations

from core.db import db
from core.secrets import encrypt
from domain.accounts.models import Account


def keep_phone(account_id: int, country_code: str, number: str) -> None:
    """Keep a number of an account in place of the one before; a number from abroad with its country's code."""
    account = db.session.get_one(Account, account_id)
    account.phone_encrypted = encrypt(number if country_code == "86" else f"+{country_code}{number}")
    db.session.flush()
