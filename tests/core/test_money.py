from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import prorate, yuan


@pytest.mark.parametrize(("fen", "text"), [(0, "¥0.00"), (5, "¥0.05"), (1280, "¥12.80"), (-199, "-¥1.99")])
def test_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_proration_creates_and_loses_no_fen(amount: int, weights: list[int]) -> None:
    shares = prorate(amount, weights)
    assert sum(shares) == amount
    if sum(weights):
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - amount * weight / sum(weights)) <= 1


def test_proration_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="weights"):
        prorate(100, [])
    with pytest.raises(ValueError, match="weights"):
        prorate(100, [1, -1])
