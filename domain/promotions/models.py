"""What is offered for less, for a while: coupons, flash and group prices, bundles; who holds and used them, counted exactly.

They know accounts, workshops and variants, but no cart and no order: a use is keyed by the order's number.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model, Timestamped
from domain.products.models import Variant
from domain.promotions.terms import BundleTerms, CouponKind, CouponTerms, Scope


class PromotionStatus(StrEnum):
    """Stopped for good: nobody gets it any more, what was ordered keeps it."""

    ACTIVE = "active"
    STOPPED = "stopped"


TRANSITIONS = {
    PromotionStatus.ACTIVE: frozenset({PromotionStatus.STOPPED}),
    PromotionStatus.STOPPED: frozenset[PromotionStatus](),
}


class Coupon(Model, Keyed, Timestamped):
    """A coupon that people claim (领券) or get by a code, then use once for each time they claimed it."""

    __tablename__ = "coupons"
    __table_args__ = (
        CheckConstraint(
            "off_fen >= 0 AND off_basis_points BETWEEN 0 AND 9900 AND threshold_fen >= 0", name="amounts_in_range"
        ),
        CheckConstraint("claimed_count BETWEEN 0 AND total_limit", name="claimed_within_limit"),
        CheckConstraint("used_count BETWEEN 0 AND claimed_count", name="used_within_claimed"),
        CheckConstraint("valid_from < valid_until", name="valid_for_a_while"),
    )

    title: Mapped[str]
    kind: Mapped[str]
    threshold_fen: Mapped[int] = mapped_column(default=0)
    off_fen: Mapped[int] = mapped_column(default=0)
    off_basis_points: Mapped[int] = mapped_column(default=0)
    """Of a percentage: what is taken off, in 1/10000."""
    cap_fen: Mapped[int | None]
    scope: Mapped[str] = mapped_column(default=Scope.ALL)
    scope_ref: Mapped[str] = mapped_column(default="")
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"), index=True)
    """Who bears it; the cluster if none."""
    code: Mapped[str | None] = mapped_column(unique=True)
    """With a code it isn't shown to be claimed."""
    total_limit: Mapped[int]
    per_person_limit: Mapped[int] = mapped_column(default=1)
    claimed_count: Mapped[int] = mapped_column(default=0)
    used_count: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=PromotionStatus.ACTIVE)

    @property
    def terms(self) -> CouponTerms:
        return CouponTerms(
            self.id, self.title, CouponKind(self.kind), self.threshold_fen, self.off_fen, self.off_basis_points,
            self.cap_fen, Scope(self.scope), self.scope_ref, self.funded_by_workshop_id, self.valid_until,
        )  # fmt: skip

    @property
    def is_valid(self) -> bool:
        """Whether an order may use it now."""
        return self.status == PromotionStatus.ACTIVE and self.valid_from <= now() < self.valid_until


class CouponHolding(Model):
    """How often a person claimed a coupon, and used it."""

    __tablename__ = "coupon_holdings"
    __table_args__ = (CheckConstraint("used_count BETWEEN 0 AND claimed_count", name="used_within_claimed"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons.id"), primary_key=True, index=True)
    claimed_count: Mapped[int] = mapped_column(default=1)
    used_count: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime] = mapped_column(default=now)


class CouponRedemption(Model, Keyed):
    """One use of a coupon, bound to an order: one of the cluster and one of each workshop in an order, for ever."""

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        UniqueConstraint("order_number", "coupon_id"),
        UniqueConstraint(
            "order_number", "funded_by_workshop_id", name="uq_coupon_redemptions_one_a_funder",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )  # fmt: skip

    order_number: Mapped[str]
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    amount_fen: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(default=now)
    returned_at: Mapped[datetime | None]


class FlashSale(Model, Keyed, Timestamped):
    """A price of one variant for a while and for so many packets (秒杀)."""

    __tablename__ = "flash_sales"
    __table_args__ = (
        CheckConstraint("taken BETWEEN 0 AND seats", name="seats_never_oversold"),
        CheckConstraint("price_fen > 0 AND per_person_limit > 0", name="amounts_positive"),
        CheckConstraint("starts_at < ends_at", name="lasts_a_while"),
        Index("ix_flash_sales_variant_time", "variant_id", "ends_at"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    price_fen: Mapped[int]
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    per_person_limit: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    status: Mapped[str] = mapped_column(default=PromotionStatus.ACTIVE)

    variant: Mapped[Variant] = relationship(lazy="selectin")


class FlashBuyer(Model):
    """How many seats of a flash sale a person has."""

    __tablename__ = "flash_buyers"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_positive"),)

    flash_sale_id: Mapped[int] = mapped_column(ForeignKey("flash_sales.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    taken: Mapped[int]


class FlashSeat(Model, Keyed):
    """The seats an order took in a flash sale, until it is given up."""

    __tablename__ = "flash_seats"
    __table_args__ = (
        UniqueConstraint("order_number", "flash_sale_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    order_number: Mapped[str]
    flash_sale_id: Mapped[int] = mapped_column(ForeignKey("flash_sales.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    quantity: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(default=now)
    released_at: Mapped[datetime | None]


class GroupBuy(Model, Keyed, Timestamped):
    """A price of one variant for people who buy it together (拼团): so many people to a group, so many packets in all."""

    __tablename__ = "group_buys"
    __table_args__ = (
        CheckConstraint("taken BETWEEN 0 AND seats", name="seats_never_oversold"),
        CheckConstraint("price_fen > 0 AND per_person_limit > 0", name="amounts_positive"),
        CheckConstraint("size BETWEEN 2 AND 20", name="size_in_range"),
        CheckConstraint("hours BETWEEN 1 AND 24", name="hours_in_range"),
        CheckConstraint("starts_at < ends_at", name="lasts_a_while"),
        Index("ix_group_buys_variant_time", "variant_id", "ends_at"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    price_fen: Mapped[int]
    size: Mapped[int]
    """How many people make a group full."""
    hours: Mapped[int]
    """How long a group stays open."""
    seats: Mapped[int]
    """Packets, of all groups together."""
    taken: Mapped[int] = mapped_column(default=0)
    per_person_limit: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """From then on no group is opened; those that are open may still be filled."""
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    status: Mapped[str] = mapped_column(default=PromotionStatus.ACTIVE)

    variant: Mapped[Variant] = relationship(lazy="selectin")


class GroupBuyer(Model):
    """How many packets of a group-buy offer a person has, in all groups."""

    __tablename__ = "group_buyers"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_positive"),)

    group_buy_id: Mapped[int] = mapped_column(ForeignKey("group_buys.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    taken: Mapped[int]


class Bundle(Model, Keyed, Timestamped):
    """A fixed set of variants for one price (组合价)."""

    __tablename__ = "bundles"
    __table_args__ = (
        CheckConstraint("price_fen > 0", name="price_positive"),
        CheckConstraint("starts_at < ends_at", name="lasts_a_while"),
    )

    title: Mapped[str]
    price_fen: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    status: Mapped[str] = mapped_column(default=PromotionStatus.ACTIVE)

    items: Mapped[list[BundleItem]] = relationship(order_by="BundleItem.variant_id", lazy="selectin")

    @property
    def terms(self) -> BundleTerms:
        items = tuple((item.variant_id, item.quantity) for item in self.items)
        return BundleTerms(self.id, self.title, self.price_fen, items, self.funded_by_workshop_id)

    @property
    def apart_fen(self) -> int:
        """What its parts cost apart, as their prices are now."""
        return sum(item.variant.price_fen * item.quantity for item in self.items)


class BundleItem(Model):
    """So many packets of a variant in a bundle."""

    __tablename__ = "bundle_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    bundle_id: Mapped[int] = mapped_column(ForeignKey("bundles.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True, index=True)
    quantity: Mapped[int]

    variant: Mapped[Variant] = relationship()


Promotion = Coupon | FlashSale | GroupBuy | Bundle


class PromotionHistory(Model, Keyed):
    """Who made, changed or stopped a promotion, and what it was then. Append-only."""

    __tablename__ = "promotion_history"
    __table_args__ = (Index("ix_promotion_history_promotion", "kind", "promotion_id"),)

    kind: Mapped[str]
    promotion_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    act: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    terms: Mapped[str]
    """What held from then on, as JSON."""
    reason: Mapped[str] = mapped_column(default="")
