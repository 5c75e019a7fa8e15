"""What promotions speak of, as plain values: goods with amounts, and the terms of what is offered on them.

Promotions know no cart and no order: whoever has lines turns them into goods, and gets discounts per variant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CouponKind(StrEnum):
    """满减: so much off from an amount on. 折扣: a share off, up to a cap."""

    FULL_REDUCTION = "full_reduction"
    PERCENTAGE = "percentage"


def taken_off(tenths: float) -> int:
    """What a share takes off, in 1/10000, as people say it: 9 折 is nine tenths of the price, 1000."""
    return 10_000 - round(tenths * 1000)


class Scope(StrEnum):
    """Which goods a coupon is for. All but `all` name theirs: a brand's code, or a key."""

    ALL = "all"
    BRAND = "brand"
    WORKSHOP = "workshop"
    CATEGORY = "category"
    PRODUCT = "product"


class Source(StrEnum):
    """What gave a discount, in the order in which discounts are taken off."""

    FLASH_SALE = "flash_sale"
    BUNDLE = "bundle"
    COUPON = "coupon"
    GROUP_BUY = "group_buy"
    """Alone: an order at a group's price has no other discount."""


@dataclass(frozen=True, slots=True)
class Goods:
    """One variant in some quantity, one line of a cart."""

    variant_id: int
    product_id: int
    workshop_id: int
    category_id: int
    brand: str
    unit_price_fen: int
    quantity: int

    @property
    def amount_fen(self) -> int:
        return self.unit_price_fen * self.quantity


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon as it counts. `off_basis_points` of a percentage is what is taken off, in 1/10000."""

    id: int
    title: str
    kind: CouponKind
    threshold_fen: int
    off_fen: int
    off_basis_points: int
    cap_fen: int | None
    scope: Scope
    scope_ref: str
    funded_by_workshop_id: int | None
    valid_until: datetime

    def covers(self, goods: Goods) -> bool:
        """Whether a line is of this coupon's goods. A workshop's coupon never reaches beyond its own."""
        if self.funded_by_workshop_id not in (None, goods.workshop_id):
            return False
        own = {
            Scope.ALL: self.scope_ref,
            Scope.BRAND: goods.brand,
            Scope.WORKSHOP: str(goods.workshop_id),
            Scope.CATEGORY: str(goods.category_id),
            Scope.PRODUCT: str(goods.product_id),
        }
        return own[self.scope] == self.scope_ref


@dataclass(frozen=True, slots=True)
class FlashTerms:
    """A flash price of a variant: for at most `left` packets (of all seats, and of this person's share)."""

    id: int
    variant_id: int
    price_fen: int
    left: int
    ends_at: datetime
    funded_by_workshop_id: int | None


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """A price of a variant for `size` people who buy together within `hours`; for at most `left` packets of this person."""

    id: int
    variant_id: int
    price_fen: int
    size: int
    hours: int
    left: int
    ends_at: datetime
    funded_by_workshop_id: int | None


@dataclass(frozen=True, slots=True)
class BundleTerms:
    """A set of variants for one price. `items` are packets per variant."""

    id: int
    title: str
    price_fen: int
    items: tuple[tuple[int, int], ...]
    funded_by_workshop_id: int | None


@dataclass(frozen=True, slots=True)
class Discount:
    """A part of a line's discount: what gave it, and who bears it (a workshop, or the cluster if none)."""

    variant_id: int
    source: Source
    reference: str
    title: str
    funded_by_workshop_id: int | None
    amount_fen: int
    quantity: int = 0
    """Of a flash sale: how many packets took a seat."""
