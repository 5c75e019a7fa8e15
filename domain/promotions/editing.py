"""Making, changing and stopping coupons, flash sales, group buys and bundles: checked, and written down for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.states import check_transition
from domain.products.models import Brand, Category, Product, Variant
from domain.promotions.claiming import normal_code
from domain.promotions.models import (
    TRANSITIONS,
    Bundle,
    BundleItem,
    Coupon,
    FlashSale,
    GroupBuy,
    Promotion,
    PromotionHistory,
    PromotionStatus,
)
from domain.promotions.terms import CouponKind, Scope
from domain.workshops.models import Workshop

MOST_PEOPLE = 20
MOST_HOURS = 24


class CodeTaken(DomainError):
    message = "这个券码已经有了，换一个"


class PromotionOver(DomainError):
    message = "已经结束，不能再改；要再来一次请新做一个"


@dataclass(frozen=True, slots=True)
class CouponWish:
    """A coupon as it is asked for."""

    title: str
    kind: CouponKind
    total_limit: int
    valid_from: datetime
    valid_until: datetime
    threshold_fen: int = 0
    off_fen: int = 0
    off_basis_points: int = 0
    cap_fen: int | None = None
    scope: Scope = Scope.ALL
    scope_ref: str = ""
    per_person_limit: int = 1
    code: str | None = None
    funded_by_workshop_id: int | None = None


@dataclass(frozen=True, slots=True)
class FlashWish:
    """A flash sale as it is asked for."""

    variant_id: int
    price_fen: int
    seats: int
    per_person_limit: int
    starts_at: datetime
    ends_at: datetime
    funded_by_workshop_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupBuyWish:
    """A group buy as it is asked for: `size` people to a group, which stays open for `hours`; `seats` packets in all."""

    variant_id: int
    price_fen: int
    size: int
    hours: int
    seats: int
    per_person_limit: int
    starts_at: datetime
    ends_at: datetime
    funded_by_workshop_id: int | None = None


@dataclass(frozen=True, slots=True)
class BundleWish:
    """A bundle as it is asked for: packets per variant."""

    title: str
    price_fen: int
    items: Mapping[int, int]
    starts_at: datetime
    ends_at: datetime
    funded_by_workshop_id: int | None = None


def make_coupon(wish: CouponWish, by: str) -> Coupon:
    """A new coupon, claimable from `valid_from` on. Raises InvalidInput or CodeTaken."""
    wish = _checked_coupon(wish)
    row = insert(Coupon).values(asdict(wish) | {"status": PromotionStatus.ACTIVE})
    coupon = db.session.scalar(row.on_conflict_do_nothing(index_elements=["code"]).returning(Coupon))
    if coupon is None:
        raise CodeTaken
    _write_down(coupon, by, "made", asdict(wish))
    return coupon


def change_coupon(coupon_id: int, wish: CouponWish, by: str, reason: str = "") -> Coupon:
    """The coupon is worth this from now on. Its funder and code stay; its limit never falls below what was claimed.

    Raises InvalidInput; TransitionRefused when it was stopped; NotFound.
    """
    coupon = _held(Coupon, coupon_id)
    check_transition(TRANSITIONS, PromotionStatus(coupon.status), PromotionStatus.STOPPED)
    kept = replace(wish, code=coupon.code, funded_by_workshop_id=coupon.funded_by_workshop_id)
    wish = _checked_coupon(kept)
    if wish.total_limit < coupon.claimed_count:
        raise InvalidInput({"total_limit": "已经领走的比这个多"})
    changed: Coupon = _changed(coupon, asdict(wish), by, reason)
    return changed


def make_flash_sale(wish: FlashWish, by: str) -> FlashSale:
    """A new flash sale. Raises InvalidInput: its price must be lower than the variant's, one sale of a variant at a time."""
    _check_flash_sale(wish)
    sale = FlashSale(**asdict(wish))
    db.session.add(sale)
    db.session.flush()
    _write_down(sale, by, "made", asdict(wish))
    return sale


def make_group_buy(wish: GroupBuyWish, by: str) -> GroupBuy:
    """A new group buy. Raises InvalidInput: its price must be lower than the variant's, one offer of a variant at a time.

    A group is open for a day at most, since WeChat counts the 48 hours in which a parcel has to leave from the payment.
    """
    _check_group_buy(wish)
    offer = GroupBuy(**asdict(wish))
    db.session.add(offer)
    db.session.flush()
    _write_down(offer, by, "made", asdict(wish))
    return offer


def change_group_buy(offer_id: int, wish: GroupBuyWish, by: str, reason: str = "") -> GroupBuy:
    """The offer has these seats, this limit and this end from now on. What open groups were promised stays: its variant,
    price, size, hours and funder; and its beginning once it has begun. Its seats never fall below those taken.

    Raises InvalidInput; TransitionRefused when it was stopped, PromotionOver when it has ended; NotFound.
    """
    variant_id = db.session.scalar(select(GroupBuy.variant_id).filter_by(id=offer_id))
    if variant_id is None:
        raise NotFound(what="promotion")
    _held_variant(variant_id)
    offer = _held_to_change(GroupBuy, offer_id)
    wish = GroupBuyWish(
        variant_id=variant_id, price_fen=offer.price_fen, size=offer.size, hours=offer.hours, seats=wish.seats,
        per_person_limit=wish.per_person_limit, ends_at=wish.ends_at,
        starts_at=offer.starts_at if offer.starts_at <= now() else wish.starts_at,
        funded_by_workshop_id=offer.funded_by_workshop_id,
    )  # fmt: skip
    _check_group_buy(wish, but=offer_id)
    if wish.seats < offer.taken:
        raise InvalidInput({"seats": "已经抢走的比这个多"})
    return _changed(offer, asdict(wish), by, reason)


def change_flash_sale(sale_id: int, wish: FlashWish, by: str, reason: str = "") -> FlashSale:
    """The sale is this from now on; orders keep the price they have. Its variant and funder stay, and its beginning once
    it has begun; its seats never fall below those taken.

    Raises InvalidInput; TransitionRefused when it was stopped, PromotionOver when it has ended; NotFound.
    """
    variant_id = db.session.scalar(select(FlashSale.variant_id).filter_by(id=sale_id))
    if variant_id is None:
        raise NotFound(what="promotion")
    _held_variant(variant_id)
    sale = _held_to_change(FlashSale, sale_id)
    starts_at = sale.starts_at if sale.starts_at <= now() else wish.starts_at
    wish = replace(wish, variant_id=variant_id, starts_at=starts_at, funded_by_workshop_id=sale.funded_by_workshop_id)
    _check_flash_sale(wish, but=sale_id)
    if wish.seats < sale.taken:
        raise InvalidInput({"seats": "已经抢走的比这个多"})
    return _changed(sale, asdict(wish), by, reason)


def make_bundle(wish: BundleWish, by: str) -> Bundle:
    """A new bundle of at least two packets, cheaper than its parts. Raises InvalidInput."""
    _check_bundle(wish)
    values = {name: value for name, value in asdict(wish).items() if name != "items"}
    bundle = Bundle(**values, items=[BundleItem(variant_id=key, quantity=n) for key, n in sorted(wish.items.items())])
    db.session.add(bundle)
    db.session.flush()
    _write_down(bundle, by, "made", values | {"items": {str(key): n for key, n in wish.items.items()}})
    return bundle


def change_bundle(bundle_id: int, wish: BundleWish, by: str, reason: str = "") -> Bundle:
    """The bundle has this title, price and time from now on; what is in it and who bears it stay, and its beginning once
    it has begun.

    Raises InvalidInput; TransitionRefused when it was stopped, PromotionOver when it has ended; NotFound.
    """
    bundle = _held_to_change(Bundle, bundle_id)
    starts_at = bundle.starts_at if bundle.starts_at <= now() else wish.starts_at
    items = {item.variant_id: item.quantity for item in bundle.items}
    wish = replace(wish, items=items, starts_at=starts_at, funded_by_workshop_id=bundle.funded_by_workshop_id)
    _check_bundle(wish)
    return _changed(bundle, {name: value for name, value in asdict(wish).items() if name != "items"}, by, reason)


def stop(promotion: Promotion, by: str, reason: str) -> None:
    """Nobody gets it any more, from now on and for good; orders that have it keep it. Raises TransitionRefused."""
    held = _held(type(promotion), promotion.id)
    was = PromotionStatus(held.status)
    check_transition(TRANSITIONS, was, PromotionStatus.STOPPED)
    held.status = PromotionStatus.STOPPED
    db.session.flush()
    _write_down(held, by, "stopped", {}, was=was, reason=reason)


def _held(model: type[Any], promotion_id: int) -> Any:
    statement = select(model).filter_by(id=promotion_id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(statement).first()
    if found is None:
        raise NotFound(what="promotion")
    return found


def _held_to_change(model: type[Any], promotion_id: int) -> Any:
    """Held, not stopped, not over."""
    held = _held(model, promotion_id)
    check_transition(TRANSITIONS, PromotionStatus(held.status), PromotionStatus.STOPPED)
    if held.ends_at <= now():
        raise PromotionOver
    return held


def _changed(held: Any, values: Mapping[str, Any], by: str, reason: str) -> Any:
    for name, value in values.items():
        setattr(held, name, value)
    db.session.flush()
    _write_down(held, by, "changed", values, reason=reason)
    return held


def _held_variant(variant_id: int) -> Variant:
    """Held, so that two offers on one variant can't both find the time free."""
    variant = db.session.scalars(select(Variant).filter_by(id=variant_id).with_for_update(key_share=True)).first()
    if variant is None:
        raise InvalidInput({"variant_id": "没有这个规格"})
    return variant


def _overlaps(model: type[FlashSale | GroupBuy], wish: FlashWish | GroupBuyWish, but: int | None) -> bool:
    overlapping = select(model.id).where(
        model.variant_id == wish.variant_id, model.status == PromotionStatus.ACTIVE,
        model.id != (but or 0), model.starts_at < wish.ends_at, model.ends_at > wish.starts_at,
    )  # fmt: skip
    return db.session.scalar(overlapping.limit(1)) is not None


def _check_group_buy(wish: GroupBuyWish, *, but: int | None = None) -> None:
    """Holds the variant; `but` is the offer that is being changed."""
    variant = _held_variant(wish.variant_id)
    _check_time(wish.starts_at, wish.ends_at)
    if not 1 <= wish.price_fen < variant.price_fen:
        raise InvalidInput({"price_fen": "拼团价要低于原价"})
    if not 2 <= wish.size <= MOST_PEOPLE:
        raise InvalidInput({"size": "一个团 2 到 20 人"})
    if not 1 <= wish.hours <= MOST_HOURS:
        raise InvalidInput({"hours": "一个团最多开 24 小时"})
    if wish.per_person_limit < 1 or wish.seats < wish.per_person_limit:
        raise InvalidInput({"per_person_limit": "每人限购不能多于名额"})
    if wish.seats < wish.size:
        raise InvalidInput({"seats": "名额要够拼成一个团"})
    _check_funder(wish.funded_by_workshop_id, {variant.product.workshop_id})
    if _overlaps(GroupBuy, wish, but):
        raise InvalidInput({"starts_at": "这个规格那时已有拼团"})


def _check_flash_sale(wish: FlashWish, *, but: int | None = None) -> None:
    """Holds the variant; `but` is the sale that is being changed."""
    variant = _held_variant(wish.variant_id)
    _check_time(wish.starts_at, wish.ends_at)
    if not 1 <= wish.price_fen < variant.price_fen:
        raise InvalidInput({"price_fen": "秒杀价要低于原价"})
    if wish.seats < 1 or not 1 <= wish.per_person_limit <= wish.seats:
        raise InvalidInput({"per_person_limit": "每人限购不能多于名额"})
    _check_funder(wish.funded_by_workshop_id, {variant.product.workshop_id})
    if _overlaps(FlashSale, wish, but):
        raise InvalidInput({"starts_at": "这个规格那时已有秒杀"})


def _check_bundle(wish: BundleWish) -> None:
    _check_time(wish.starts_at, wish.ends_at)
    if not 1 <= len(wish.title.strip()) <= 40:
        raise InvalidInput({"title": "请写 1 到 40 个字"})
    rows = db.session.scalars(select(Variant).where(Variant.id.in_(wish.items)))
    variants = {row.id: row for row in rows}
    if len(variants) != len(wish.items) or not 2 <= sum(wish.items.values()) <= 99 or min(wish.items.values()) < 1:
        raise InvalidInput({"items": "组合要有两件以上在册的规格"})
    if not 1 <= wish.price_fen < sum(variants[key].price_fen * count for key, count in wish.items.items()):
        raise InvalidInput({"price_fen": "组合价要低于分开买"})
    _check_funder(wish.funded_by_workshop_id, {row.product.workshop_id for row in variants.values()})


def _checked_coupon(wish: CouponWish) -> CouponWish:
    """The coupon as it is kept; InvalidInput naming each field that can't be."""
    wrong: dict[str, str] = {}
    if not 1 <= len(wish.title.strip()) <= 40:
        wrong["title"] = "请写 1 到 40 个字"
    if wish.kind == CouponKind.FULL_REDUCTION and not 1 <= wish.off_fen <= wish.threshold_fen:
        wrong["off_fen"] = "减的钱不能多于满的钱"
    if wish.kind == CouponKind.PERCENTAGE and not 1 <= wish.off_basis_points <= 9900:
        wrong["off_basis_points"] = "折扣要在 0.1 折到 9.9 折之间"
    if wish.cap_fen is not None and wish.cap_fen < 1:
        wrong["cap_fen"] = "封顶金额要大于零"
    if wish.threshold_fen < 0:
        wrong["threshold_fen"] = "不能小于 0"
    if wish.total_limit < 1 or not 1 <= wish.per_person_limit <= wish.total_limit:
        wrong["per_person_limit"] = "每人张数不能多于总张数"
    if wrong:
        raise InvalidInput(wrong)
    _check_time(wish.valid_from, wish.valid_until, "valid_until")
    _check_scope(wish)
    percentage = wish.kind == CouponKind.PERCENTAGE
    return replace(
        wish,
        title=wish.title.strip(),
        off_fen=0 if percentage else wish.off_fen,
        off_basis_points=wish.off_basis_points if percentage else 0,
        cap_fen=wish.cap_fen if percentage else None,
        scope_ref="" if wish.scope == Scope.ALL else wish.scope_ref,
        code=normal_code(wish.code) or None if wish.code else None,
    )


def _check_scope(wish: CouponWish) -> None:
    tables: dict[Scope, type[Any]] = {Scope.WORKSHOP: Workshop, Scope.CATEGORY: Category, Scope.PRODUCT: Product}
    if wish.scope == Scope.BRAND and wish.scope_ref not in set(Brand):
        raise InvalidInput({"scope_ref": "没有这个品牌"})
    found = None
    if wish.scope in tables:
        is_key = wish.scope_ref.isascii() and wish.scope_ref.isdigit() and len(wish.scope_ref) < 19
        found = db.session.get(tables[wish.scope], int(wish.scope_ref)) if is_key else None
        if found is None:
            raise InvalidInput({"scope_ref": "没有这个对象"})
    funder = wish.funded_by_workshop_id
    strange = (isinstance(found, Product) and found.workshop_id != funder) or (
        isinstance(found, Workshop) and found.id != funder
    )
    if funder is not None and strange:
        raise InvalidInput({"scope_ref": "作坊的券只能用在自己的商品上"})


def _check_time(begins_at: datetime, ends_at: datetime, field: str = "ends_at") -> None:
    if begins_at >= ends_at:
        raise InvalidInput({field: "结束要晚于开始"})


def _check_funder(funder: int | None, makers: set[int]) -> None:
    if funder is not None and makers != {funder}:
        raise InvalidInput({"funded_by_workshop_id": "作坊只能给自己的商品让利"})


def _write_down(
    promotion: Promotion, by: str, act: str, terms: Mapping[str, Any], *, was: str | None = None, reason: str = ""
) -> None:
    db.session.add(
        PromotionHistory(
            kind=promotion.__tablename__, promotion_id=promotion.id, by=by, act=act, from_status=was,
            to_status=promotion.status, terms=orjson.dumps(dict(terms)).decode(), reason=reason,
        )
    )  # fmt: skip
    db.session.flush()
