"""The shares of the workshops add up to the order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.orders.splitting import Share, split_by_workshop

lines = st.lists(
    st.tuples(st.integers(1, 12), st.integers(100, 10_000_000), st.integers(0, 100)), min_size=1, max_size=60
)


@given(lines, st.dictionaries(st.integers(1, 12), st.integers(0, 100_000)))
def test_shares_add_up_to_the_order(line_amounts: list[tuple[int, int, int]], rates: dict[int, int]) -> None:
    workshops = {workshop_id for workshop_id, *_ in line_amounts}
    freights = {workshop_id: fen for workshop_id, fen in rates.items() if workshop_id in workshops}
    shares = split_by_workshop(line_amounts, freights)
    total = sum(amount - discount for _, amount, discount in line_amounts) + sum(freights.values())
    assert sum(share.goods_fen - share.discount_fen + share.freight_fen for share in shares) == total
    assert [share.workshop_id for share in shares] == sorted(workshops)


def test_each_share_is_the_sum_of_its_own_lines() -> None:
    shares = split_by_workshop([(7, 100, 10), (3, 20, 0), (7, 5, 1)], {7: 800, 3: 0})
    assert shares == [Share(3, 20, 0, 0), Share(7, 105, 800, 11)]
