"""What comes off: spread to the fen, borne by somebody, never more than there is, whatever cart and offers meet."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promotions.pricing import Offers, discounts_of, group_discounts
from domain.promotions.proration import spread
from domain.promotions.suggesting import best_choice
from domain.promotions.terms import BundleTerms, CouponKind, CouponTerms, FlashTerms, Goods, GroupTerms, Scope, Source

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def goods(variant_id: int = 1, price: int = 1000, quantity: int = 1, workshop: int = 1, **values: int) -> Goods:
    return Goods(variant_id, values.get("product", variant_id), workshop, 1, "hong", price, quantity)


def coupon(
    key: int = 1, off: int = 500, threshold: int = 0, funder: int | None = None, **values: object
) -> CouponTerms:
    defaults = {
        "kind": CouponKind.FULL_REDUCTION,
        "off_basis_points": 0,
        "cap_fen": None,
        "scope": Scope.ALL,
        "scope_ref": "",
    }
    return CouponTerms(
        id=key, title=f"券{key}", threshold_fen=threshold, off_fen=off, funded_by_workshop_id=funder, valid_until=LATER,
        **(defaults | values),  # type: ignore[arg-type]
    )  # fmt: skip


@st.composite
def carts(draw: st.DrawFn) -> list[Goods]:
    keys = draw(st.lists(st.integers(1, 9), min_size=1, max_size=8, unique=True))
    return [
        Goods(
            key,
            key,
            key % 3,
            key % 2,
            "hong" if key % 2 else "xian",
            draw(st.integers(1, 20_000)),
            draw(st.integers(1, 99)),
        )
        for key in keys
    ]


@st.composite
def coupons(draw: st.DrawFn) -> CouponTerms:
    scope = draw(st.sampled_from(list(Scope)))
    ref = {Scope.ALL: "", Scope.BRAND: draw(st.sampled_from(["hong", "xian"]))}.get(scope, str(draw(st.integers(0, 9))))
    return coupon(
        draw(st.integers(1, 30)), draw(st.integers(0, 100_000)), draw(st.integers(0, 50_000)),
        draw(st.none() | st.integers(0, 2)), kind=draw(st.sampled_from(list(CouponKind))),
        off_basis_points=draw(st.integers(0, 9900)), cap_fen=draw(st.none() | st.integers(1, 5000)), scope=scope, scope_ref=ref,
    )  # fmt: skip


@st.composite
def offers(draw: st.DrawFn) -> Offers:
    funder = st.none() | st.integers(0, 2)
    flash = st.builds(
        FlashTerms,
        st.integers(1, 5),
        st.integers(1, 9),
        st.integers(1, 20_000),
        st.integers(0, 5),
        st.just(LATER),
        funder,
    )
    items = st.dictionaries(st.integers(1, 9), st.integers(1, 3), min_size=1, max_size=3).map(
        lambda d: tuple(d.items())
    )
    bundle = st.builds(BundleTerms, st.integers(1, 5), st.just("组合"), st.integers(1, 40_000), items, funder)
    return Offers(tuple(draw(st.lists(flash, max_size=4))), tuple(draw(st.lists(bundle, max_size=3))))


@given(cart=carts(), held=st.lists(coupons(), max_size=5, unique_by=lambda each: each.id), on=offers())
def test_discounts_add_up_whatever_meets(cart: list[Goods], held: list[CouponTerms], on: Offers) -> None:
    discounts = discounts_of(cart, on, held)
    amounts = {line.variant_id: line.amount_fen for line in cart}
    off: Counter[int] = Counter()
    for discount in discounts:
        assert discount.amount_fen > 0
        off[discount.variant_id] += discount.amount_fen
    assert all(0 <= off[key] <= amounts[key] for key in amounts)
    assert sum(amounts.values()) - sum(off.values()) >= 1
    # One coupon of the cluster and one of each workshop; a workshop's money goes to its own goods only.
    used = {(each.reference, each.funded_by_workshop_id) for each in discounts if each.source == Source.COUPON}
    assert len({funder for _, funder in used}) == len(used)
    makers = {line.variant_id: line.workshop_id for line in cart}
    assert all(
        each.funded_by_workshop_id in (None, makers[each.variant_id])
        for each in discounts
        if each.source == Source.COUPON
    )


@given(
    price=st.integers(1, 20_000), quantity=st.integers(1, 99), group_price=st.integers(1, 20_000),
    funder=st.none() | st.just(1),
)  # fmt: skip
def test_a_group_price_is_paid_for_every_packet(
    price: int, quantity: int, group_price: int, funder: int | None
) -> None:
    line = goods(price=price, quantity=quantity)
    discounts = group_discounts(line, GroupTerms(5, 1, group_price, 3, 24, 99, LATER, funder))
    assert line.amount_fen - sum(each.amount_fen for each in discounts) == min(price, group_price) * quantity >= 1
    assert len(discounts) == (price > group_price)
    for each in discounts:
        assert (each.source, each.reference, each.funded_by_workshop_id) == (Source.GROUP_BUY, "5", funder)


@given(remaining=st.lists(st.integers(0, 10_000), min_size=1, max_size=9), data=st.data())
def test_an_amount_is_spread_to_the_fen_within_each_line(remaining: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(remaining)))
    parts = spread(amount, remaining)
    assert sum(parts) == amount
    assert all(0 <= part <= most for part, most in zip(parts, remaining, strict=True))
    total = sum(remaining)
    if total:
        assert all(abs(part * total - amount * most) < total for part, most in zip(parts, remaining, strict=True))


@pytest.mark.parametrize(("amount", "lines"), [(-1, [5]), (6, [5]), (1, []), (1, [3, -1])])
def test_what_no_line_holds_is_refused(amount: int, lines: list[int]) -> None:
    with pytest.raises(ValueError, match="lines that hold it"):
        spread(amount, lines)


def test_a_flash_price_is_for_its_seats_only() -> None:
    flash = FlashTerms(7, 1, 600, 2, LATER, None)
    (discount,) = discounts_of([goods(quantity=5)], Offers(flash=(flash,)))
    assert (discount.amount_fen, discount.quantity, discount.reference) == (800, 2, "7")
    assert discounts_of([goods(price=600)], Offers(flash=(flash,))) == []


def test_a_bundle_counts_whole_sets_of_packets_that_no_flash_sale_took() -> None:
    bundle = BundleTerms(3, "一酒两糕", 2000, ((1, 1), (2, 2)), None)
    cart = [goods(1, 1500, 3), goods(2, 500, 5)]
    assert sum(each.amount_fen for each in discounts_of(cart, Offers(bundles=(bundle,)))) == 2 * 500
    flash = FlashTerms(7, 1, 1000, 2, LATER, None)
    both = discounts_of(cart, Offers((flash,), (bundle,)))
    assert Counter(each.source for each in both) == {Source.FLASH_SALE: 1, Source.BUNDLE: 2}
    assert sum(each.amount_fen for each in both) == 2 * 500 + 500


def test_a_threshold_is_measured_after_flash_prices_and_before_coupons() -> None:
    flash = FlashTerms(7, 1, 900, 9, LATER, None)
    cart, ten_off = [goods(1, 1000, 1), goods(2, 4000, 1, 2)], coupon(off=1000, threshold=5000)
    assert [each.source for each in discounts_of(cart, Offers(flash=(flash,)), [ten_off])] == [Source.FLASH_SALE]
    own = coupon(2, 4000, 4000, funder=2)
    taken = discounts_of(cart, Offers(), [ten_off, own])
    # The workshop's coupon takes its 40 yuan; the cluster's still counts, and leaves a fen of the other line.
    assert {each.reference: each.amount_fen for each in taken} == {"2": 4000, "1": 999}


def test_a_percentage_is_rounded_down_and_capped() -> None:
    tenth = coupon(kind=CouponKind.PERCENTAGE, off_basis_points=1000, off=0)
    assert discounts_of([goods(price=1999)], Offers(), [tenth])[0].amount_fen == 199
    capped = coupon(kind=CouponKind.PERCENTAGE, off_basis_points=5000, off=0, cap_fen=300)
    assert discounts_of([goods(price=1999)], Offers(), [capped])[0].amount_fen == 300


@given(cart=carts(), held=st.lists(coupons(), max_size=4, unique_by=lambda each: each.id))
def test_no_other_choice_of_coupons_is_cheaper(cart: list[Goods], held: list[CouponTerms]) -> None:
    def total(choice: tuple[CouponTerms, ...]) -> int:
        return -sum(each.amount_fen for each in discounts_of(cart, Offers(), choice))

    best = best_choice(held, total)
    assert all(total(best) <= total((each,)) for each in held)
    assert total(best) <= total(tuple(held))
    assert len({each.funded_by_workshop_id for each in best}) == len(best)
    assert all(total(tuple(other for other in best if other != each)) > total(best) for each in best)
