"""Which of a buyer's coupons together save the most. Pure: whoever asks says what a choice would cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

from domain.promotions.terms import CouponTerms

MOST_TRIED = 400
Choice = tuple[CouponTerms, ...]


def best_choice(coupons: Sequence[CouponTerms], total_fen: Callable[[Choice], int]) -> Choice:
    """At most one coupon of the cluster and one of each workshop, so that `total_fen` is least.

    Exact while there are few combinations; with many, each funder's coupon is chosen in turn until nothing gets better.
    Among equals it is fewer coupons, then those that end soonest. A coupon that saves nothing is never in it.
    """
    funders: dict[int | None, list[CouponTerms | None]] = {}
    for coupon in sorted(coupons, key=lambda each: (each.valid_until, each.id)):
        funders.setdefault(coupon.funded_by_workshop_id, [None]).append(coupon)
    options = list(funders.values())

    def cost(picked: Sequence[CouponTerms | None]) -> tuple[int, int]:
        choice = tuple(coupon for coupon in picked if coupon is not None)
        return total_fen(choice), len(choice)

    if math.prod(len(each) for each in options) <= MOST_TRIED:
        best: Sequence[CouponTerms | None] = min(product(*options), key=cost)
    else:
        best = _in_turn(options, cost)
    return tuple(coupon for coupon in best if coupon is not None)


def _in_turn(
    options: Sequence[Sequence[CouponTerms | None]], cost: Callable[[Sequence[CouponTerms | None]], tuple[int, int]]
) -> Sequence[CouponTerms | None]:
    picked: list[CouponTerms | None] = [None] * len(options)
    for _ in range(2):
        for place, choices in enumerate(options):
            trials = [[*picked[:place], choice, *picked[place + 1 :]] for choice in choices]
            picked = min(trials, key=cost)
    return picked
