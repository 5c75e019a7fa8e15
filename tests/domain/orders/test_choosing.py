"""Who makes a line: the same facts always choose the same workshop, by a rule that is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.orders.choosing import Candidate, Rule, choose

candidates = st.lists(
    st.builds(
        Candidate,
        workshop_id=st.integers(1, 9),
        stock=st.integers(0, 20),
        daily_capacity=st.integers(1, 20),
        given_today=st.integers(0, 30),
        given_lately=st.integers(0, 300),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each.workshop_id,
)


@given(st.integers(1, 15), candidates, st.randoms())
def test_the_order_of_asking_never_matters_and_stock_always_does(
    quantity: int, found: list[Candidate], mix: object
) -> None:
    chosen, rule = choose(quantity, found)
    shuffled = list(found)
    mix.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(quantity, shuffled) == (chosen, rule)
    able = [each for each in found if each.stock >= quantity]
    assert (rule in {Rule.FAIR_SHARE, Rule.OVER_CAPACITY}) == bool(able)
    if able:
        assert chosen in able
    if rule is Rule.FAIR_SHARE:
        assert chosen.capacity_left >= quantity
        assert all(chosen.share <= each.share for each in able if each.capacity_left >= quantity)


def test_turns_follow_capacity() -> None:
    """Twice the capacity, twice the packets."""
    given_to = {1: 0, 2: 0}
    for _ in range(30):
        found = [Candidate(key, 99, capacity, 0, given_to[key]) for key, capacity in ((1, 10), (2, 20))]
        chosen, _rule = choose(1, found)
        given_to[chosen.workshop_id] += 1
    assert given_to == {1: 10, 2: 20}


def test_each_rule_has_its_case() -> None:
    full = Candidate(1, 9, 10, 10, 10)
    free = Candidate(2, 9, 10, 0, 300)
    few = Candidate(3, 1, 10, 0, 0)
    none = Candidate(4, 0, 10, 0, 0)
    assert choose(3, [full, free, few]) == (free, Rule.FAIR_SHARE)
    assert choose(3, [full, few]) == (full, Rule.OVER_CAPACITY)
    assert choose(3, [few, none]) == (few, Rule.MOST_STOCK)
    assert choose(3, [none]) == (none, Rule.OUT_OF_STOCK)
