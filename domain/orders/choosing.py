"""Which workshop makes a line. Pure: the same candidates always give the same choice, and the choice says by which rule.

1. Whoever has all packets in stock and enough capacity left today; of several the one whose turn it is: the fewest packets
   given to it in the last thirty days for each packet of its daily capacity.
2. Nobody has capacity left: whoever has all packets and is least over its capacity.
3. Nobody has all packets: whoever has most of them.
4. Nobody has any: whose turn it is.
Equal ones: the workshop with the lower key. Docs: docs/decisions/0012-who-makes-it.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

FAIR_SHARE_DAYS = 30


class Rule(StrEnum):
    """By which rule a workshop was chosen."""

    ONLY_MAKER = "only_maker"
    FAIR_SHARE = "fair_share"
    OVER_CAPACITY = "over_capacity"
    MOST_STOCK = "most_stock"
    OUT_OF_STOCK = "out_of_stock"


RULE_TEXTS = {
    Rule.ONLY_MAKER: "只有这一家做",
    Rule.FAIR_SHARE: "有货、今天还有产能，轮到这一家",
    Rule.OVER_CAPACITY: "今天的产能都满了，这一家有货且超得最少",
    Rule.MOST_STOCK: "没有一家货够，这一家最多",
    Rule.OUT_OF_STOCK: "都没有货，轮到这一家",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workshop with what decides: its unsold packets, capacity and what it was given today and of late."""

    workshop_id: int
    stock: int
    daily_capacity: int
    given_today: int
    given_lately: int

    @property
    def capacity_left(self) -> int:
        return self.daily_capacity - self.given_today

    @property
    def share(self) -> Fraction:
        """Packets of late for each packet of daily capacity; who has no capacity has had its share."""
        return Fraction(self.given_lately, self.daily_capacity) if self.daily_capacity else Fraction(2**62)

    def facts(self) -> dict[str, int]:
        """What was looked at, to be kept."""
        return {
            "workshop_id": self.workshop_id,
            "stock": self.stock,
            "capacity_left": self.capacity_left,
            "daily_capacity": self.daily_capacity,
            "given_lately": self.given_lately,
        }


def choose(quantity: int, candidates: Sequence[Candidate]) -> tuple[Candidate, Rule]:
    """The workshop for `quantity` packets, and why. There is at least one candidate."""
    stocked = [each for each in candidates if each.stock >= quantity]
    free = [each for each in stocked if each.capacity_left >= quantity]
    if free:
        return min(free, key=lambda each: (each.share, each.workshop_id)), Rule.FAIR_SHARE
    if stocked:
        return min(stocked, key=lambda each: (-each.capacity_left, each.share, each.workshop_id)), Rule.OVER_CAPACITY
    if any(each.stock for each in candidates):
        return min(candidates, key=lambda each: (-each.stock, each.share, each.workshop_id)), Rule.MOST_STOCK
    return min(candidates, key=lambda each: (each.share, each.workshop_id)), Rule.OUT_OF_STOCK
