"""Numbers people read aloud and codes nobody can guess."""

from __future__ import annotations

import secrets
from datetime import date

# Crockford's base 32: no I, L, O, U, so that a number read over the phone arrives as it left.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_code(length: int) -> str:
    """A random string of `length` characters of Crockford's base 32 (5 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def order_number(on: date) -> str:
    """A number for an order placed `on` a day: 6 digits of date and 10 random characters (50 bits)."""
    return f"{on:%y%m%d}{random_code(10)}"


def token() -> str:
    """A secret of 256 bits for a session or a bearer token, URL-safe."""
    return secrets.token_urlsafe(32)
