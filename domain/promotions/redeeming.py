"""What an order uses up of promotions: coupons, once each, and seats of flash sales; and giving them back.

Rows are taken in the order of their keys, a person's own before those that everybody wants. Call `take` near the end of a
transaction, before the stock.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError
from domain.promotions.models import (
    Coupon,
    CouponHolding,
    CouponRedemption,
    FlashBuyer,
    FlashSale,
    FlashSeat,
    PromotionStatus,
)
from domain.promotions.terms import Discount, Source


class CouponUnusable(DomainError):
    """It was used, stopped or is over since the buyer chose it, or was never theirs."""

    message = "选的优惠券已经用过或过期了，请重新选择"


class FlashSeatsGone(DomainError):
    """Others took the last packets at the flash price, or the person has had their share."""

    message = "秒杀名额刚刚被抢完，请确认新的合计"


def take(order_number: str, account_id: int, discounts: Sequence[Discount]) -> None:
    """The coupons and flash seats behind `discounts` belong to the order, once. Raises CouponUnusable or FlashSeatsGone."""
    _take_coupons(order_number, account_id, _summed(discounts, Source.COUPON))
    seats: dict[int, int] = {}
    for discount in discounts:
        if discount.source == Source.FLASH_SALE:
            seats[int(discount.reference)] = seats.get(int(discount.reference), 0) + discount.quantity
    _take_seats(order_number, account_id, seats)


def give_back(order_number: str) -> None:
    """The order was given up, or all of its money goes back: its coupons may be used again (while they last), its flash
    seats are free. Once, whatever is repeated."""
    returned = db.session.execute(
        update(CouponRedemption)
        .where(CouponRedemption.order_number == order_number, CouponRedemption.returned_at.is_(None))
        .values(returned_at=now())
        .returning(CouponRedemption.coupon_id, CouponRedemption.account_id)
    )
    used = sorted((row[0], row[1]) for row in returned)
    for coupon_id, account_id in used:
        own = update(CouponHolding).filter_by(coupon_id=coupon_id, account_id=account_id)
        db.session.execute(own.values(used_count=CouponHolding.used_count - 1))
    for coupon_id, _ in used:
        db.session.execute(update(Coupon).filter_by(id=coupon_id).values(used_count=Coupon.used_count - 1))
    _free_seats(order_number)


def _summed(discounts: Sequence[Discount], source: Source) -> dict[int, int]:
    sums: dict[int, int] = {}
    for discount in discounts:
        if discount.source == source:
            sums[int(discount.reference)] = sums.get(int(discount.reference), 0) + discount.amount_fen
    return dict(sorted(sums.items()))


def _take_coupons(order_number: str, account_id: int, amounts: dict[int, int]) -> None:
    at = now()
    for coupon_id in amounts:
        own = update(CouponHolding).where(
            CouponHolding.coupon_id == coupon_id, CouponHolding.account_id == account_id,
            CouponHolding.used_count < CouponHolding.claimed_count,
        )  # fmt: skip
        used = own.values(used_count=CouponHolding.used_count + 1).returning(CouponHolding.coupon_id)
        if db.session.execute(used).first() is None:
            raise CouponUnusable
    for coupon_id, amount_fen in amounts.items():
        valid = update(Coupon).where(
            Coupon.id == coupon_id, Coupon.status == PromotionStatus.ACTIVE, Coupon.valid_from <= at,
            Coupon.valid_until > at, Coupon.used_count < Coupon.claimed_count,
        )  # fmt: skip
        counted = valid.values(used_count=Coupon.used_count + 1).returning(Coupon.funded_by_workshop_id)
        funder = db.session.execute(counted).first()
        if funder is None:
            raise CouponUnusable
        db.session.add(
            CouponRedemption(
                order_number=order_number, coupon_id=coupon_id, account_id=account_id, amount_fen=amount_fen,
                funded_by_workshop_id=funder[0],
            )
        )  # fmt: skip
    db.session.flush()


def _take_seats(order_number: str, account_id: int, seats: dict[int, int]) -> None:
    at = now()
    for sale_id, quantity in sorted(seats.items()):
        limit = select(FlashSale.per_person_limit).filter_by(id=sale_id).scalar_subquery()
        row = insert(FlashBuyer).values(flash_sale_id=sale_id, account_id=account_id, taken=quantity)
        own = row.on_conflict_do_update(
            index_elements=["flash_sale_id", "account_id"],
            set_={"taken": FlashBuyer.taken + quantity},
        ).returning(FlashBuyer.taken <= limit)
        if not db.session.scalar(own):
            raise FlashSeatsGone
    for sale_id, quantity in sorted(seats.items()):
        open_seats = update(FlashSale).where(
            FlashSale.id == sale_id, FlashSale.status == PromotionStatus.ACTIVE, FlashSale.starts_at <= at,
            FlashSale.ends_at > at, FlashSale.seats - FlashSale.taken >= quantity,
        )  # fmt: skip
        taken = open_seats.values(taken=FlashSale.taken + quantity).returning(FlashSale.id)
        if db.session.execute(taken).first() is None:
            raise FlashSeatsGone
        db.session.add(
            FlashSeat(order_number=order_number, flash_sale_id=sale_id, account_id=account_id, quantity=quantity)
        )
    db.session.flush()


def _free_seats(order_number: str) -> None:
    freed = db.session.execute(
        update(FlashSeat)
        .where(FlashSeat.order_number == order_number, FlashSeat.released_at.is_(None))
        .values(released_at=now())
        .returning(FlashSeat.flash_sale_id, FlashSeat.account_id, FlashSeat.quantity)
    )
    seats = sorted((row[0], row[1], row[2]) for row in freed)
    for sale_id, account_id, quantity in seats:
        own = update(FlashBuyer).filter_by(flash_sale_id=sale_id, account_id=account_id)
        db.session.execute(own.values(taken=FlashBuyer.taken - quantity))
    for sale_id, _, quantity in seats:
        db.session.execute(update(FlashSale).filter_by(id=sale_id).values(taken=FlashSale.taken - quantity))
