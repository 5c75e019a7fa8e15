"""What comes off a cart: flash prices, then bundles, then the workshops' coupons, then the cluster's. Pure.

Each step takes from what the steps before left of a line, so no line goes below nothing; and at least one fen of the goods
is always paid. A threshold of a coupon is measured before coupons, so which coupon comes first changes no threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.promotions.proration import spread
from domain.promotions.terms import (
    BundleTerms,
    CouponKind,
    CouponTerms,
    Discount,
    FlashTerms,
    Goods,
    GroupTerms,
    Source,
)

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Offers:
    """What holds now for these goods, without anybody choosing it."""

    flash: tuple[FlashTerms, ...] = ()
    bundles: tuple[BundleTerms, ...] = ()


@dataclass(slots=True)
class _Bill:
    """The lines while discounts are taken off."""

    goods: Sequence[Goods]
    remaining: list[int]
    free: list[int]
    """Packets that are in no flash sale and no bundle yet."""
    discounts: list[Discount] = field(default_factory=list)


def discounts_of(goods: Sequence[Goods], offers: Offers, coupons: Iterable[CouponTerms] = ()) -> list[Discount]:
    """Every discount on `goods`, none of it zero. A coupon whose threshold isn't reached gives nothing.

    Of several coupons of one funder only the first counts: one of the cluster and one of each workshop.
    """
    bill = _Bill(goods, [line.amount_fen for line in goods], [line.quantity for line in goods])
    _take_flash(bill, offers.flash)
    for bundle in sorted(offers.bundles, key=lambda each: (-_saving(bill, each), each.id)):
        _take_bundle(bill, bundle)
    before = list(bill.remaining)
    for coupon in _one_of_each(coupons):
        _take_coupon(bill, coupon, before)
    return bill.discounts


def group_discounts(goods: Goods, terms: GroupTerms) -> list[Discount]:
    """What a group's price takes off its one line, and nothing else does; none when the price fell below it meanwhile."""
    amount_fen = max(0, goods.unit_price_fen - terms.price_fen) * goods.quantity
    if not amount_fen:
        return []
    funder = terms.funded_by_workshop_id
    return [Discount(goods.variant_id, Source.GROUP_BUY, str(terms.id), "", funder, amount_fen, goods.quantity)]


def _take_flash(bill: _Bill, flash: Iterable[FlashTerms]) -> None:
    best: dict[int, FlashTerms] = {}
    for offer in sorted(flash, key=lambda each: (each.price_fen, each.id)):
        if offer.left > 0:
            best.setdefault(offer.variant_id, offer)
    for place, line in enumerate(bill.goods):
        found = best.get(line.variant_id)
        if found is None or found.price_fen >= line.unit_price_fen:
            continue
        count = min(line.quantity, found.left)
        amount_fen = (line.unit_price_fen - found.price_fen) * count
        bill.free[place] -= count
        bill.remaining[place] -= amount_fen
        bill.discounts.append(
            Discount(
                line.variant_id, Source.FLASH_SALE, str(found.id), "", found.funded_by_workshop_id, amount_fen, count
            )
        )


def _saving(bill: _Bill, bundle: BundleTerms) -> int:
    """What one set saves, or nothing when a part of it isn't there."""
    prices = {line.variant_id: line.unit_price_fen for line in bill.goods}
    if any(variant_id not in prices for variant_id, _ in bundle.items):
        return 0
    return max(0, sum(prices[variant_id] * count for variant_id, count in bundle.items) - bundle.price_fen)


def _take_bundle(bill: _Bill, bundle: BundleTerms) -> None:
    saving, places = _saving(bill, bundle), {line.variant_id: place for place, line in enumerate(bill.goods)}
    if not saving or not bundle.items:
        return
    sets = min(bill.free[places[variant_id]] // count for variant_id, count in bundle.items)
    if sets <= 0:
        return
    own = [places[variant_id] for variant_id, _ in bundle.items]
    full = [bill.goods[places[variant_id]].unit_price_fen * count * sets for variant_id, count in bundle.items]
    for place, (_, count), part in zip(own, bundle.items, spread(saving * sets, full), strict=True):
        bill.free[place] -= count * sets
        _take(bill, place, part, Source.BUNDLE, bundle)


def _take_coupon(bill: _Bill, coupon: CouponTerms, before: Sequence[int]) -> None:
    own = [place for place, line in enumerate(bill.goods) if coupon.covers(line)]
    base_fen, left_fen = sum(before[place] for place in own), sum(bill.remaining[place] for place in own)
    if not own or base_fen < coupon.threshold_fen:
        return
    off_fen = coupon.off_fen
    if coupon.kind == CouponKind.PERCENTAGE:
        off_fen = left_fen * coupon.off_basis_points // BASIS_POINTS
        off_fen = min(off_fen, coupon.cap_fen) if coupon.cap_fen is not None else off_fen
    # A fen of the goods is always paid: WeChat takes no payment of nothing.
    off_fen = max(0, min(off_fen, left_fen, sum(bill.remaining) - 1))
    for place, part in zip(own, spread(off_fen, [bill.remaining[place] for place in own]), strict=True):
        _take(bill, place, part, Source.COUPON, coupon)


def _take(bill: _Bill, place: int, amount_fen: int, source: Source, by: BundleTerms | CouponTerms) -> None:
    if amount_fen:
        bill.remaining[place] -= amount_fen
        variant_id = bill.goods[place].variant_id
        bill.discounts.append(Discount(variant_id, source, str(by.id), by.title, by.funded_by_workshop_id, amount_fen))


def _one_of_each(coupons: Iterable[CouponTerms]) -> list[CouponTerms]:
    """One coupon a funder, the workshops' in the order of their keys, the cluster's last."""
    chosen: dict[int | None, CouponTerms] = {}
    for coupon in coupons:
        chosen.setdefault(coupon.funded_by_workshop_id, coupon)
    return sorted(
        chosen.values(), key=lambda each: (each.funded_by_workshop_id is None, each.funded_by_workshop_id or 0)
    )
