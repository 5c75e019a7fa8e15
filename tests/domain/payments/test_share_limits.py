"""The arithmetic of sharing: never above the cap, never above what one wanted, in proportion to the fen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments.share_limits import (
    ShareReceiverTwice,
    ShareReceiverUnknown,
    ShareTooEarly,
    ShareWindowOver,
    TooManyShareReceivers,
    TooManyShareRequests,
    cap_fen,
    check_request,
    check_window,
    divide,
)

PAID_AT = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.dictionaries(st.integers(1, 60), st.integers(-5000, 50_000)), st.integers(-10, 100_000))
def test_divide(wanted: dict[int, int], most_fen: int) -> None:
    given_fen = divide(wanted, most_fen)
    wishes = {key: fen for key, fen in wanted.items() if fen > 0}
    total = sum(wishes.values())
    assert sum(given_fen.values()) == max(0, min(total, most_fen))
    for key, fen in given_fen.items():
        assert 0 < fen <= wishes[key]
        assert abs(fen - wishes[key] * min(total, most_fen) / total) < 1


def test_the_largest_remainder_gets_the_last_fen_and_ties_go_by_key() -> None:
    assert divide({1: 100, 2: 100, 3: 100}, 100) == {1: 34, 2: 33, 3: 33}
    assert divide({1: 10, 2: 19, 3: 71}, 50) == {1: 5, 2: 10, 3: 35}
    assert divide({1: 7}, 50) == {1: 7}


@pytest.mark.parametrize(
    ("paid", "fee", "points", "cap"), [(1280, 8, 3000, 381), (100, 1, 3000, 29), (3, 0, 3000, 0), (0, 5, 3000, 0)]
)
def test_the_cap_is_of_what_the_fee_leaves_rounded_down(paid: int, fee: int, points: int, cap: int) -> None:
    assert cap_fen(paid, fee, points) == cap


def test_the_window() -> None:
    with pytest.raises(ShareTooEarly):
        check_window(PAID_AT, PAID_AT + timedelta(seconds=59))
    check_window(PAID_AT, PAID_AT + timedelta(seconds=60))
    check_window(PAID_AT, PAID_AT + timedelta(days=29, hours=23))
    with pytest.raises(ShareWindowOver):
        check_window(PAID_AT, PAID_AT + timedelta(days=30))


def test_a_request() -> None:
    known = {f"16000{place:05d}" for place in range(60)}
    many = sorted(known)
    check_request(many[:50], known, 49)
    with pytest.raises(TooManyShareRequests):
        check_request(many[:1], known, 50)
    for wrong in ([], many[:51]):
        with pytest.raises(TooManyShareReceivers):
            check_request(wrong, known, 0)
    with pytest.raises(ShareReceiverTwice):
        check_request(many[:1] * 2, known, 0)
    with pytest.raises(ShareReceiverUnknown):
        check_request(["1999999999"], known, 0)
