"""The pretend persons: one unionid across the three appids, another openid in each."""

import base64
import hashlib
import re

from sandbox.keyring import Keyring
from sandbox.rows import Person
from sandbox.store import Store

BUILT_IN = (("顾客甲", "13900000001"), ("顾客乙", "13900000002"), ("顾客丙", "13900000003"))
NICKNAME_LONGEST = 20


class BadPerson(ValueError):
    """The nickname or the phone number cannot be."""


def settle_in(store: Store, keys: Keyring) -> None:
    """Make the built-in persons where they are missing."""
    for nickname, phone in BUILT_IN:
        if find_by_nickname(store, nickname) is None:
            _move_in(store, keys, nickname, phone)


def everybody(store: Store) -> list[Person]:
    return store.all(Person)


def find_by_nickname(store: Store, nickname: str) -> Person | None:
    return next((person for person in everybody(store) if person.nickname == nickname), None)


def find_by_openid(store: Store, appid: str, openid: str) -> Person | None:
    return next((person for person in everybody(store) if person.openids.get(appid) == openid), None)


def find_by_any(store: Store, mark: str) -> Person | None:
    """By unionid, nickname or any openid."""
    return next(
        (each for each in everybody(store) if mark in (each.unionid, each.nickname, *each.openids.values())), None
    )


def welcome(store: Store, keys: Keyring, nickname: str, phone: str = "") -> Person:
    """The person of that nickname, made now if new."""
    nickname = nickname.strip()
    if not nickname or len(nickname) > NICKNAME_LONGEST:
        raise BadPerson(f"nickname: 1 to {NICKNAME_LONGEST} characters")
    if phone and not re.fullmatch(r"1\d{10}", phone):
        raise BadPerson("phone: 11 digits starting with 1")
    with store.lock:
        known = find_by_nickname(store, nickname)
        return known or _move_in(store, keys, nickname, phone or _next_phone(store))


def _move_in(store: Store, keys: Keyring, nickname: str, phone: str) -> Person:
    person = Person(
        unionid="oU" + _mark(26, keys.mchid, "union", nickname),
        nickname=nickname,
        phone=phone,
        openids={app.appid: "o" + _mark(27, keys.mchid, app.appid, nickname) for app in keys.apps},
    )
    store.save(person)
    return person


def _next_phone(store: Store) -> str:
    return f"1390000{len(everybody(store)) + 1:04d}"


def _mark(length: int, *words: str) -> str:
    """A stable identifier, so that an emptied journal still knows its old friends."""
    return base64.urlsafe_b64encode(hashlib.sha256("\n".join(words).encode()).digest()).decode()[:length]
