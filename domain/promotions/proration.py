"""Spreading an amount over lines: by largest remainder, never a fen more or less, no line below nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.money import prorate


def spread(amount_fen: int, remaining: Sequence[int]) -> list[int]:
    """Parts of `amount_fen` in proportion to what `remaining` holds, at most as much for each; they sum to it exactly.

    Raises ValueError when the amount is negative or more than all lines together still hold.
    """
    if not 0 <= amount_fen <= sum(remaining) or min(remaining, default=0) < 0:
        raise ValueError("an amount can be spread only over lines that hold it")
    # A share never passes its line: only a line with a remainder is rounded up, and to no more than it holds.
    return prorate(amount_fen, list(remaining)) if amount_fen else [0] * len(remaining)
