"""What is offered now: flash prices, group prices and bundles on some variants, and the coupons a person holds or may claim."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.orm import lazyload

from core.clock import now
from core.db import NOW, db
from domain.products.models import Variant
from domain.promotions.models import (
    Bundle,
    BundleItem,
    Coupon,
    CouponHolding,
    FlashBuyer,
    FlashSale,
    GroupBuy,
    GroupBuyer,
    PromotionStatus,
)
from domain.promotions.pricing import Offers
from domain.promotions.terms import CouponTerms, FlashTerms, GroupTerms, Scope


@dataclass(frozen=True, slots=True)
class HeldCoupon:
    """A coupon in somebody's hand. `left` is how often it may still be used."""

    coupon: Coupon
    left: int


def offers_on(variant_ids: Collection[int], account_id: int | None) -> Offers:
    """Flash prices and bundles that hold now for any of the variants, in three statements.

    A person who had seats of a flash sale has fewer left.
    """
    if not variant_ids:
        return Offers()
    return Offers(tuple(flash_terms(variant_ids, account_id)), tuple(row.terms for row in _bundles_now(variant_ids)))


def may_have_offers() -> ColumnElement[bool]:
    """The condition, over Variant, that `offers_on` has something to look at: most variants are in no flash sale or bundle."""
    flash = exists().where(
        FlashSale.variant_id == Variant.id, FlashSale.status == PromotionStatus.ACTIVE, FlashSale.ends_at > NOW
    )
    bundle = exists().where(
        BundleItem.variant_id == Variant.id, Bundle.id == BundleItem.bundle_id,
        Bundle.status == PromotionStatus.ACTIVE, Bundle.ends_at > NOW,
    )  # fmt: skip
    return or_(flash, bundle)


def may_have_coupons(account_id: SQLColumnExpression[int | None]) -> ColumnElement[bool]:
    """The condition that `usable_coupons` of the account has something to look at."""
    return exists().where(
        CouponHolding.account_id == account_id, CouponHolding.claimed_count > CouponHolding.used_count
    )


def flash_terms(variant_ids: Collection[int], account_id: int | None) -> list[FlashTerms]:
    """The flash prices of the variants that hold now, the lowest first; one without seats left is none."""
    at = now()
    mine = and_(FlashBuyer.flash_sale_id == FlashSale.id, FlashBuyer.account_id == account_id)
    left = func.least(
        FlashSale.seats - FlashSale.taken, FlashSale.per_person_limit - func.coalesce(FlashBuyer.taken, 0)
    )
    statement = (
        select(FlashSale, left)
        .outerjoin(FlashBuyer, mine)
        .where(FlashSale.variant_id.in_(variant_ids), FlashSale.status == PromotionStatus.ACTIVE)
        .where(FlashSale.starts_at <= at, FlashSale.ends_at > at, left > 0)
        .order_by(FlashSale.price_fen, FlashSale.id)
    )
    return [
        FlashTerms(sale.id, sale.variant_id, sale.price_fen, count, sale.ends_at, sale.funded_by_workshop_id)
        for sale, count in db.session.execute(statement)
    ]


def group_terms(variant_ids: Collection[int], account_id: int | None) -> list[GroupTerms]:
    """The group prices of the variants at which a group can be opened now, the lowest first."""
    at = now()
    return _group_terms(
        account_id, GroupBuy.variant_id.in_(variant_ids), GroupBuy.starts_at <= at, GroupBuy.ends_at > at
    )


def group_terms_of(group_buy_id: int, account_id: int | None, *, to_join: bool) -> GroupTerms | None:
    """The terms of one offer if the person may still have packets of it: in a new group, or in one that is open."""
    at = now()
    while_it_lasts = () if to_join else (GroupBuy.starts_at <= at, GroupBuy.ends_at > at)
    return next(iter(_group_terms(account_id, GroupBuy.id == group_buy_id, *while_it_lasts)), None)


def bundles_with(variant_ids: Collection[int]) -> list[Bundle]:
    """The bundles on offer now that hold any of the variants, each of whose parts is sold: for a product's page."""
    found = _bundles_now(variant_ids) if variant_ids else []
    return [bundle for bundle in found if all(item.variant.is_enabled for item in bundle.items)]


def held_coupons(account_id: int) -> list[HeldCoupon]:
    """What the person may still use, now or later, those that end soonest first."""
    left = CouponHolding.claimed_count - CouponHolding.used_count
    statement = (
        select(Coupon, left)
        .join(CouponHolding, CouponHolding.coupon_id == Coupon.id)
        .where(CouponHolding.account_id == account_id, left > 0)
        .where(Coupon.status == PromotionStatus.ACTIVE, Coupon.valid_until > now())
        .order_by(Coupon.valid_until, Coupon.id)
    )
    return [HeldCoupon(coupon, int(count)) for coupon, count in db.session.execute(statement)]


def spent_coupons(account_id: int, *, most: int = 30) -> list[Coupon]:
    """What the person used up or let pass, the newest first."""
    over = or_(
        CouponHolding.used_count >= CouponHolding.claimed_count,
        Coupon.valid_until <= now(),
        Coupon.status != PromotionStatus.ACTIVE,
    )
    statement = (
        select(Coupon)
        .join(CouponHolding, CouponHolding.coupon_id == Coupon.id)
        .where(CouponHolding.account_id == account_id, over)
        .order_by(CouponHolding.claimed_at.desc(), Coupon.id)
        .limit(most)
    )
    return list(db.session.scalars(statement))


def usable_coupons(account_id: int) -> list[CouponTerms]:
    """The coupons an order of this person may use now."""
    return [held.coupon.terms for held in held_coupons(account_id) if held.coupon.is_valid]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose coupons a page shows: of a product (with its brand, category and maker), of a workshop, or of all these goods."""

    workshop_ids: frozenset[int] = frozenset()
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    brands: frozenset[str] = frozenset()


def claimable_coupons(shelf: Shelf, account_id: int | None, *, most: int = 12) -> list[Coupon]:
    """The public coupons for goods of `shelf` that the person (or a visitor) may claim now."""
    at = now()
    scopes = [
        Coupon.scope == Scope.ALL,
        and_(Coupon.scope == Scope.WORKSHOP, Coupon.scope_ref.in_(map(str, shelf.workshop_ids))),
        and_(Coupon.scope == Scope.PRODUCT, Coupon.scope_ref.in_(map(str, shelf.product_ids))),
        and_(Coupon.scope == Scope.CATEGORY, Coupon.scope_ref.in_(map(str, shelf.category_ids))),
        and_(Coupon.scope == Scope.BRAND, Coupon.scope_ref.in_(shelf.brands)),
    ]
    mine = and_(CouponHolding.coupon_id == Coupon.id, CouponHolding.account_id == account_id)
    statement = (
        select(Coupon)
        .outerjoin(CouponHolding, mine)
        .where(or_(*scopes), Coupon.code.is_(None), Coupon.status == PromotionStatus.ACTIVE)
        .where(or_(Coupon.funded_by_workshop_id.is_(None), Coupon.funded_by_workshop_id.in_(shelf.workshop_ids)))
        .where(Coupon.valid_from <= at, Coupon.valid_until > at, Coupon.claimed_count < Coupon.total_limit)
        .where(func.coalesce(CouponHolding.claimed_count, 0) < Coupon.per_person_limit)
        .order_by(Coupon.valid_until, Coupon.id)
        .limit(most)
    )
    return list(db.session.scalars(statement))


def _group_terms(account_id: int | None, *conditions: ColumnElement[bool]) -> list[GroupTerms]:
    mine = and_(GroupBuyer.group_buy_id == GroupBuy.id, GroupBuyer.account_id == account_id)
    left = func.least(GroupBuy.seats - GroupBuy.taken, GroupBuy.per_person_limit - func.coalesce(GroupBuyer.taken, 0))
    statement = (
        select(GroupBuy, left)
        .outerjoin(GroupBuyer, mine)
        .where(GroupBuy.status == PromotionStatus.ACTIVE, left > 0, *conditions)
        .order_by(GroupBuy.price_fen, GroupBuy.id)
        .options(lazyload(GroupBuy.variant))
    )
    return [
        GroupTerms(
            row.id, row.variant_id, row.price_fen, row.size, row.hours, count, row.ends_at, row.funded_by_workshop_id
        )
        for row, count in db.session.execute(statement)
    ]


def _bundles_now(variant_ids: Collection[int]) -> list[Bundle]:
    at = now()
    having = select(BundleItem.bundle_id).where(BundleItem.variant_id.in_(variant_ids))
    statement = (
        select(Bundle)
        .where(Bundle.id.in_(having), Bundle.status == PromotionStatus.ACTIVE)
        .where(Bundle.starts_at <= at, Bundle.ends_at > at)
        .order_by(Bundle.id)
    )
    return list(db.session.scalars(statement))
