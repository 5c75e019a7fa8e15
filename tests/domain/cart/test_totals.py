"""What a cart comes to: prices of now, freight per workshop, and what is wrong with a line."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from core.db import db
from domain.cart import holding, totals
from domain.cart.holding import Holder
from domain.products.makers import set_maker
from domain.products.models import ListingStatus, Product
from domain.shipping.freight import freight_fen
from domain.shipping.models import FreightRule
from domain.stock.models import Stock
from tests.factories.accounts import make_buyer
from tests.factories.makers import make_shared_variant
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop


def test_lines_are_grouped_by_workshop_and_freight_is_per_parcel(session: Any) -> None:
    holder, winery, bakery = Holder(account_id=make_buyer().id), make_workshop(), make_workshop()
    wine = make_variant(make_product(winery), price_fen=6800, weight_grams=2000)
    rice = make_variant(make_product(winery), price_fen=900, weight_grams=4001)
    cake = make_variant(make_product(bakery), price_fen=9900, weight_grams=9000)
    for variant in (wine, cake, rice):
        holding.add(holder, variant.sku, 1)
    basket = totals.cart_totals(holder)
    assert [[line.sku for line in group.lines] for group in basket.groups] == [[wine.sku, rice.sku], [cake.sku]]
    # 6,001 g: 800 fen for 3 kg, then 200 for each of four started kilograms; the bakery sends free over 99 yuan.
    assert [group.freight_fen for group in basket.groups] == [800 + 4 * 200, 0]
    assert basket.total_fen == 6800 + 900 + 9900 + 1600
    assert basket.count == 3


def test_each_problem_of_a_line_is_named(session: Any) -> None:
    holder = Holder(account_id=make_buyer().id)
    gone, empty, few, fine = (make_variant(stock=5) for _ in range(4))
    for variant in (gone, empty, few, fine):
        holding.add(holder, variant.sku, 5)
    db.session.execute(update(Product).where(Product.id == gone.product_id).values(status=ListingStatus.OFF_SALE))
    db.session.execute(update(Stock).where(Stock.variant_id == empty.id).values(on_hand=0))
    db.session.execute(update(Stock).where(Stock.variant_id == few.id).values(on_hand=4))
    problems = {line.sku: line.problem for line in totals.cart_totals(holder).lines}
    assert problems == {
        gone.sku: totals.LineProblem.OFF_SALE,
        empty.sku: totals.LineProblem.SOLD_OUT,
        few.sku: totals.LineProblem.TOO_MANY,
        fine.sku: None,
    }


def test_more_than_one_workshop_has_is_not_ordered_at_once(session: Any) -> None:
    """A line is made by one workshop: what another has besides doesn't help it."""
    variant, makers = make_shared_variant(4, 6, 9)
    set_maker(variant.id, makers[2].id, daily_capacity=10, is_active=False)
    holder = Holder(account_id=make_buyer().id)
    holding.add(holder, variant.sku, 7)
    [line] = totals.cart_totals(holder).lines
    assert (line.problem, line.available) == (totals.LineProblem.TOO_MANY_AT_ONCE, 6)
    assert str(line.problem_text) == "由一家作坊做，一单最多 6 件"
    holding.set_quantity(holder, variant.sku, 6)
    assert totals.cart_totals(holder).lines[0].problem is None


def test_chosen_lines_only(session: Any) -> None:
    holder, one, two = Holder(account_id=make_buyer().id), make_variant(), make_variant()
    for variant in (one, two):
        holding.add(holder, variant.sku, 1)
    assert [line.sku for line in totals.cart_totals(holder, {two.sku}).lines] == [two.sku]
    assert totals.cart_totals(Holder(account_id=make_buyer().id)).groups == []


@given(
    base=st.integers(0, 5000), per_kilogram=st.integers(0, 1000), weight=st.integers(0, 200_000),
    free_over=st.none() | st.integers(0, 50_000), goods=st.integers(0, 100_000),
)  # fmt: skip
def test_freight_is_never_negative_and_grows_with_weight(
    base: int, per_kilogram: int, weight: int, free_over: int | None, goods: int
) -> None:
    rule = FreightRule(
        base_fen=base, base_units=3000, extra_fen=per_kilogram, extra_units=1000, free_over_fen=free_over
    )
    fen = freight_fen(rule, goods, weight)
    if free_over is not None and goods >= free_over:
        assert fen == 0
    else:
        assert base <= fen <= freight_fen(rule, goods, weight + 1)
    assert freight_fen(None, goods, weight) == 0
