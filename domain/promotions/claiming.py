"""Claiming a coupon (领券), from a page or by its code. Limits hold whoever asks at once."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError, NotFound
from domain.promotions.models import Coupon, CouponHolding


class CouponGone(DomainError):
    """All were claimed."""

    message = "这张券已经领完了"


class CouponClaimedAlready(DomainError):
    """The person has as many of it as one may have."""

    message = "这张券你已经领过了"


class CouponOver(DomainError):
    """It was stopped, is over, or hasn't begun."""

    message = "这张券现在不能领"


def claim(account_id: int, coupon_id: int) -> Coupon:
    """One more of a public coupon for the person. NotFound for one that needs a code."""
    coupon = db.session.scalars(select(Coupon).filter_by(id=coupon_id, code=None)).first()
    if coupon is None:
        raise NotFound(what="coupon")
    return _claim(account_id, coupon)


def claim_by_code(account_id: int, code: str) -> Coupon:
    """The coupon of a code, for the person; however the code is written. NotFound when there is none."""
    coupon = db.session.scalars(select(Coupon).filter_by(code=normal_code(code))).first()
    if coupon is None:
        raise NotFound(what="coupon")
    return _claim(account_id, coupon)


def normal_code(code: str) -> str:
    """A code as it is kept: without blanks and dashes, in capitals."""
    return "".join(code.split()).replace("-", "").upper()


def _claim(account_id: int, coupon: Coupon) -> Coupon:
    if not coupon.is_valid:
        raise CouponOver
    row = insert(CouponHolding).values(account_id=account_id, coupon_id=coupon.id, claimed_at=now())
    held = db.session.execute(
        row.on_conflict_do_update(
            index_elements=["account_id", "coupon_id"],
            set_={"claimed_count": CouponHolding.claimed_count + 1},
            where=CouponHolding.claimed_count < coupon.per_person_limit,
        ).returning(CouponHolding.claimed_count)
    ).first()
    if held is None:
        raise CouponClaimedAlready
    # The row everybody wants comes last.
    taken = db.session.execute(
        update(Coupon)
        .where(Coupon.id == coupon.id, Coupon.claimed_count < Coupon.total_limit)
        .values(claimed_count=Coupon.claimed_count + 1)
        .returning(Coupon.id)
    ).first()
    if taken is None:
        raise CouponGone
    db.session.expire(coupon)
    return coupon
