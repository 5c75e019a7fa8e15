"""Promotions as those who run them look them up: one, all of a kind, a workshop's coupons, what was done to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from core.db import db
from core.errors import NotFound
from domain.promotions.models import Bundle, Coupon, FlashSale, GroupBuy, Promotion, PromotionHistory

P = TypeVar("P", Coupon, FlashSale, GroupBuy, Bundle)


def history_of(promotion: Promotion) -> list[PromotionHistory]:
    """What was done to a promotion, oldest first."""
    statement = select(PromotionHistory).filter_by(kind=promotion.__tablename__, promotion_id=promotion.id)
    return list(db.session.scalars(statement.order_by(PromotionHistory.id)))


def every(model: type[P], *, most: int = 200) -> Sequence[P]:
    """All promotions of a kind, the newest first."""
    return db.session.scalars(select(model).order_by(model.id.desc()).limit(most)).all()


def find(kind: str, promotion_id: int) -> Promotion:
    """The promotion of a kind (its table's name) and key, or NotFound."""
    models: dict[str, type[Any]] = {model.__tablename__: model for model in (Coupon, FlashSale, GroupBuy, Bundle)}
    found: Promotion | None = db.session.get(models[kind], promotion_id) if kind in models else None
    if found is None:
        raise NotFound(what="promotion")
    return found


def coupons_of(workshop_id: int | None) -> Sequence[Coupon]:
    """All coupons a workshop (or, without one, the cluster) bears, the newest first."""
    statement = select(Coupon).where(Coupon.funded_by_workshop_id.is_not_distinct_from(workshop_id))
    return db.session.scalars(statement.order_by(Coupon.id.desc()).limit(200)).all()


def find_coupon_of(coupon_id: int, workshop_ids: frozenset[int]) -> Coupon:
    """The coupon if one of these workshops bears it, else NotFound."""
    statement = select(Coupon).where(Coupon.id == coupon_id, Coupon.funded_by_workshop_id.in_(workshop_ids))
    coupon = db.session.scalars(statement).first()
    if coupon is None:
        raise NotFound(what="coupon")
    return coupon
