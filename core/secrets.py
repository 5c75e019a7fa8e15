"""Encryption of what is stored but must not be readable in a copy of the database (camera passwords, tokens)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet

from core.settings import settings


def encrypt(text: str) -> str:
    """`text` as a Fernet token under ENCRYPTION_KEY."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text of a token made by `encrypt`; raises cryptography's InvalidToken under another key."""
    return _fernet().decrypt(token.encode()).decode()


def _fernet() -> Fernet:
    key = hashlib.sha256(settings().encryption_key.get_secret_value().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
