"""Amounts of money as whole fen (1 yuan = 100 fen)."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """`1280` → `"¥12.80"`; a negative amount keeps its sign in front."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100}.{abs(fen) % 100:02d}"


def prorate(amount_fen: int, weights: list[int]) -> list[int]:
    """Shares of `amount_fen` in proportion to `weights`, by largest remainder: they sum to `amount_fen` exactly.

    Ties go to the earlier place. All-zero weights share evenly. Raises ValueError for no weights or a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be a non-empty list of non-negative integers")
    if sum(weights) == 0:
        weights = [1] * len(weights)
    total = sum(weights)
    sign = -1 if amount_fen < 0 else 1
    shares = [abs(amount_fen) * weight // total for weight in weights]
    remainders = [abs(amount_fen) * weight % total for weight in weights]
    left = abs(amount_fen) - sum(shares)
    for place in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        shares[place] += 1
    return [sign * share for share in shares]
