"""Promotions as pages and the API show them: what a coupon is worth in words, what came off, what is on offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from core.money import yuan
from core.web.language import is_english, say, told
from domain.cart import totals
from domain.products.models import BRAND_NAMES, Brand, Product, Variant
from domain.promotions.models import Bundle, Coupon
from domain.promotions.offers import Shelf, bundles_with, claimable_coupons, flash_terms
from domain.promotions.terms import CouponKind, CouponTerms, FlashTerms, Scope, Source
from domain.workshops.directory import workshops_by_id


@dataclass(frozen=True, slots=True)
class CouponShape:
    """A coupon on a page. `left` is how often its holder may still use it."""

    id: int
    title: str
    worth: str
    condition: str
    reach: str
    valid_until: datetime
    left: int = 1
    is_valid: bool = True


@dataclass(frozen=True, slots=True)
class BundleShape:
    """A set for one price. `full_fen` is what its parts cost one by one."""

    title: str
    parts: list[tuple[str, int]]
    price_fen: int
    full_fen: int
    ends_at: datetime


def coupon_shapes(coupons: Iterable[tuple[Coupon, int]]) -> list[CouponShape]:
    """Coupons with how many of each, in one query for the workshops they name."""
    rows = list(coupons)
    makers = workshops_by_id({row.funded_by_workshop_id for row, _ in rows if row.funded_by_workshop_id is not None})
    return [
        CouponShape(
            row.id, row.title, worth(row.terms), condition(row.terms),
            reach(row.terms, told(makers[row.funded_by_workshop_id]) if row.funded_by_workshop_id else ""),
            row.valid_until, count, row.is_valid,
        )
        for row, count in rows
    ]  # fmt: skip


def worth(coupon: CouponTerms) -> str:
    """`¥10` or `9 折` (10% off)."""
    if coupon.kind == CouponKind.FULL_REDUCTION:
        return yuan(coupon.off_fen).removesuffix(".00")
    if is_english():
        return f"{coupon.off_basis_points / 100:g}% off"
    return gettext("%(tenths)s 折", tenths=f"{(10_000 - coupon.off_basis_points) / 1000:g}")


def condition(coupon: CouponTerms) -> str:
    """From which amount on, and up to what."""
    if not coupon.threshold_fen:
        start = gettext("无门槛")
    else:
        start = gettext("满 %(amount)s 可用", amount=yuan(coupon.threshold_fen).removesuffix(".00"))
    if coupon.cap_fen is None:
        return start
    return gettext("%(start)s，最多减 %(cap)s", start=start, cap=yuan(coupon.cap_fen).removesuffix(".00"))


def reach(coupon: CouponTerms, maker: str) -> str:
    """What it is for, in words."""
    if maker:
        return gettext("%(name)s的商品", name=maker) if coupon.scope in {Scope.ALL, Scope.WORKSHOP} else maker
    if coupon.scope == Scope.BRAND and coupon.scope_ref in BRAND_NAMES:
        return gettext("限%(name)s", name=say(BRAND_NAMES[Brand(coupon.scope_ref)]))
    words = {
        Scope.ALL: gettext("全场通用"), Scope.BRAND: gettext("限指定品牌"), Scope.WORKSHOP: gettext("限指定作坊"),
        Scope.CATEGORY: gettext("限指定分类"), Scope.PRODUCT: gettext("限指定商品"),
    }  # fmt: skip
    return words[coupon.scope]


def offered_on(products: Sequence[Product], account_id: int | None) -> list[CouponShape]:
    """The coupons one may claim now for any of these products."""
    return offered_for(
        Shelf(
            frozenset(each.workshop_id for each in products),
            frozenset(each.id for each in products),
            frozenset(each.category_id for each in products),
            frozenset(each.brand for each in products),
        ),
        account_id,
    )


def offered_for(shelf: Shelf, account_id: int | None) -> list[CouponShape]:
    return coupon_shapes((coupon, 1) for coupon in claimable_coupons(shelf, account_id))


def shelf_of(basket: totals.Totals) -> Shelf:
    """Everything in a cart."""
    lines = basket.lines
    return Shelf(
        frozenset(line.workshop_id for line in lines),
        frozenset(line.product_id for line in lines),
        frozenset(line.category_id for line in lines),
        frozenset(line.brand for line in lines),
    )


@dataclass(frozen=True, slots=True)
class CouponChoice:
    """A funder's coupons at checkout: one of them, or none."""

    funder: str
    options: list[tuple[int, str]]
    chosen: int | None


def coupon_choices(basket: totals.Totals) -> list[CouponChoice]:
    """What the buyer may choose between: the cluster's coupons, then each workshop's."""
    names = {group.workshop_id: told(group, "workshop_name") for group in basket.groups}
    by_funder: dict[int | None, list[CouponTerms]] = {}
    for coupon in basket.usable:
        by_funder.setdefault(coupon.funded_by_workshop_id, []).append(coupon)
    return [
        CouponChoice(
            names.get(funder, "") if funder is not None else gettext("平台券"),
            [(each.id, f"{each.title} · {worth(each)} · {condition(each)}") for each in own],
            next((each.id for each in own if each.id in basket.coupon_ids), None),
        )
        for funder, own in sorted(by_funder.items(), key=lambda pair: (pair[0] is not None, pair[0] or 0))
    ]


def flash_of(variants: Sequence[Variant], account_id: int | None) -> dict[str, FlashTerms]:
    """The flash price of each variant that has one now, by SKU."""
    skus, offers = {row.id: row.sku for row in variants}, flash_terms({row.id for row in variants}, account_id)
    return {skus[offer.variant_id]: offer for offer in reversed(offers)}


def bundle_shapes(variants: Sequence[Variant]) -> list[BundleShape]:
    """The bundles with any of these variants."""
    return [_bundle(row) for row in bundles_with({variant.id for variant in variants})]


def _bundle(row: Bundle) -> BundleShape:
    parts = [(f"{item.variant.product.name} {item.variant.name}", item.quantity) for item in row.items]
    return BundleShape(row.title, parts, row.price_fen, row.apart_fen, row.ends_at)


def savings_of(sums: Iterable[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """What came off, by what gave it: `(source, title, fen)` → `(words, fen)`."""
    words = {
        Source.FLASH_SALE: gettext("秒杀价"), Source.BUNDLE: gettext("组合价"), Source.COUPON: gettext("优惠券"),
        Source.GROUP_BUY: gettext("拼团价"),
    }  # fmt: skip
    return [(title or words[Source(source)], fen) for source, title, fen in sums]
