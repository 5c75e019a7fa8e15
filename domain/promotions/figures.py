"""How promotions do: what coupons have taken off, how many people bought at a flash price."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from core.db import db
from domain.promotions.models import CouponRedemption, FlashBuyer


def given_away(coupon_ids: Collection[int]) -> dict[int, int]:
    """What each coupon has taken off orders that stand, in fen; a coupon nobody used is left out."""
    statement = (
        select(CouponRedemption.coupon_id, func.sum(CouponRedemption.amount_fen))
        .where(CouponRedemption.coupon_id.in_(coupon_ids), CouponRedemption.returned_at.is_(None))
        .group_by(CouponRedemption.coupon_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def people_at(flash_sale_ids: Collection[int]) -> dict[int, int]:
    """How many people have seats of each flash sale; one without any is left out."""
    statement = (
        select(FlashBuyer.flash_sale_id, func.count())
        .where(FlashBuyer.flash_sale_id.in_(flash_sale_ids), FlashBuyer.taken > 0)
        .group_by(FlashBuyer.flash_sale_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}
