"""Clock, numbers, cursors, statuses and secrets: each promise of the small modules everything stands on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest
import time_machine
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.errors import DomainError, InvalidInput
from core.identity import Identity, Role
from core.numbers import ALPHABET, order_number, random_code, token
from core.paging import Page, decode_cursor, encode_cursor
from core.secrets import decrypt, encrypt
from core.settings import settings
from core.states import TransitionRefused, check_transition


def test_now_is_utc_and_today_is_the_workshops_day() -> None:
    with time_machine.travel(datetime(2026, 5, 24, 16, 30, tzinfo=UTC), tick=False):
        assert clock.now() == datetime(2026, 5, 24, 16, 30, tzinfo=UTC)
        assert clock.now().utcoffset() is not None
        # Half past midnight in Zhangzhou.
        assert clock.today() == date(2026, 5, 25)
        assert clock.local(clock.now()).isoformat() == "2026-05-25T00:30:00+08:00"


def test_codes_can_be_read_aloud_and_not_guessed() -> None:
    assert not set("ILOU") & set(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    codes = {random_code(10) for _ in range(2000)}
    assert len(codes) == 2000
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) for code in codes)
    # Every character comes up at every place.
    assert all(len({code[place] for code in codes}) == 32 for place in range(10))


def test_an_order_number_begins_with_its_day() -> None:
    number = order_number(date(2026, 5, 4))
    assert number.startswith("260504")
    assert len(number) == 16
    assert number != order_number(date(2026, 5, 4))


def test_a_token_has_256_bits() -> None:
    assert len(base64.urlsafe_b64decode(token() + "=")) == 32
    assert token() != token()


@pytest.mark.parametrize(
    ("total", "size", "pages"), [(0, 20, 1), (1, 20, 1), (20, 20, 1), (21, 20, 2), (40, 20, 2), (41, 20, 3)]
)
def test_numbered_pages(total: int, size: int, pages: int) -> None:
    first, last = Page([], 1, size, total), Page([], pages, size, total)
    assert first.pages == pages
    assert not first.has_previous
    assert not last.has_next
    assert first.has_next is (pages > 1)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**63 - 1))
def test_a_cursor_round_trips(text: str, number: int, key: int) -> None:
    cursor = encode_cursor(text, number, key)
    assert decode_cursor(cursor, (str, int, int)) == [text, number, key]
    assert cursor.isascii()
    assert "=" not in cursor


def coded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!!!", "💥", "a" * 1001, "AAAA", coded(None), coded(7), coded("text"), coded({}), coded([]), coded([1]),
     coded([1, 2, 3]), coded(["1", 2]), coded([1, "2"]), coded([1.5, 2]), coded([True, 2]), coded([None, 2]), coded([[1], 2]),
     coded([1, 2**63]), coded([-(2**63) - 1, 2]), coded([10**400, 2]), base64.urlsafe_b64encode(b"[" * 5000).decode(),
     base64.urlsafe_b64encode(b'{"a":' * 5000).decode(), base64.urlsafe_b64encode(b"[1, NaN]").decode(),
     base64.urlsafe_b64encode(b"\xff\xfe").decode(), encode_cursor(1, 2) + "x", encode_cursor(1, 2)[:-2]],
    ids=lambda cursor: str(cursor)[:20],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_named(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(cursor, (int, int))
    assert list(refused.value.fields) == ["cursor"]


def test_a_cursors_text_holds_nothing_the_database_can_not() -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(coded(["a\0b", 1]), (str, int))


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


MOVES: Mapping[Light, frozenset[Light]] = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset()}


def test_only_moves_of_the_table_are_allowed() -> None:
    check_transition(MOVES, Light.RED, Light.GREEN)
    for now, to in ((Light.GREEN, Light.RED), (Light.RED, Light.RED), (Light.GREEN, Light.GREEN)):
        with pytest.raises(TransitionRefused) as refused:
            check_transition(MOVES, now, to)
        assert refused.value.params == {"now": now.value, "to": to.value}
        assert refused.value.status == 409


@given(st.text(max_size=200))
def test_what_is_encrypted_comes_back(text: str) -> None:
    sealed = encrypt(text)
    assert decrypt(sealed) == text
    assert encrypt(text) != sealed
    assert not text or text not in sealed or len(text) < 8


def test_another_key_or_another_text_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = encrypt("13800138000")
    with pytest.raises(InvalidToken):
        decrypt(sealed[:-4] + "AAA=")
    monkeypatch.setenv("ENCRYPTION_KEY", "another-key-of-at-least-32-characters")
    settings.cache_clear()
    try:
        with pytest.raises(InvalidToken):
            decrypt(sealed)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert decrypt(sealed) == "13800138000"


def test_an_error_is_named_after_its_fact() -> None:
    class StockNearlyGone(DomainError):
        message = "还剩 %(count)s 件"

    error = StockNearlyGone(count=3)
    assert (error.code, error.text, error.status) == ("stock_nearly_gone", "还剩 3 件", 409)


def test_who_may_touch_a_workshop() -> None:
    owner = Identity(1, "作坊主", True, frozenset({Role.OWNER}), frozenset({7}))
    assert (owner.may_touch(7), owner.may_touch(8)) == (True, False)
    for role in (Role.OPERATOR, Role.REGULATOR):
        assert Identity(2, "", True, frozenset({role})).may_touch(8)
    assert not Identity(3, "", True, frozenset({Role.LABORATORY})).may_touch(7)
    assert not Identity(4, "顾客", False).may_touch(7)
