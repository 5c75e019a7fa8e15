"""Promotions for tests: on offer now, until tomorrow."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from core.clock import now
from core.db import db
from domain.promotions import editing
from domain.promotions.claiming import claim
from domain.promotions.models import Bundle, Coupon, CouponHolding, FlashSale, GroupBuy
from domain.promotions.terms import CouponKind

_numbers = count(1)


def coupon_wish(**values: Any) -> editing.CouponWish:
    """¥10 off from ¥50 on, of the cluster, for everything, a hundred of them, one a person."""
    n = next(_numbers)
    defaults = {
        "title": f"测试券{n}", "kind": CouponKind.FULL_REDUCTION, "threshold_fen": 5000, "off_fen": 1000, "total_limit": 100,
        "valid_from": now() - timedelta(days=1), "valid_until": now() + timedelta(days=1),
    }  # fmt: skip
    return editing.CouponWish(**(defaults | values))


def make_coupon(*holders: int, **values: Any) -> Coupon:
    """A coupon, claimed once by each of the accounts."""
    coupon = editing.make_coupon(coupon_wish(**values), "test")
    for account_id in holders:
        if coupon.code is None:
            claim(account_id, coupon.id)
    return coupon


def make_flash_sale(variant_id: int, price_fen: int, **values: Any) -> FlashSale:
    """A flash sale of ten packets, two a person."""
    defaults = {
        "seats": 10, "per_person_limit": 2,
        "starts_at": now() - timedelta(hours=1), "ends_at": now() + timedelta(hours=1),
    }  # fmt: skip
    return editing.make_flash_sale(editing.FlashWish(variant_id, price_fen, **(defaults | values)), "test")


def make_group_buy(variant_id: int, price_fen: int, **values: Any) -> GroupBuy:
    """A group buy of groups of two, open for a day: a hundred packets, two a person."""
    defaults = {
        "size": 2, "hours": 24, "seats": 100, "per_person_limit": 2,
        "starts_at": now() - timedelta(hours=1), "ends_at": now() + timedelta(days=2),
    }  # fmt: skip
    return editing.make_group_buy(editing.GroupBuyWish(variant_id, price_fen, **(defaults | values)), "test")


def make_bundle(items: dict[int, int], price_fen: int, **values: Any) -> Bundle:
    defaults = {
        "title": "测试组合", "starts_at": now() - timedelta(hours=1), "ends_at": now() + timedelta(hours=1),
    }  # fmt: skip
    wish = editing.BundleWish(**(defaults | {"price_fen": price_fen, "items": items} | values))
    return editing.make_bundle(wish, "test")


def holding_of(coupon: Coupon, account_id: int) -> CouponHolding:
    return db.session.get_one(CouponHolding, (account_id, coupon.id), populate_existing=True)
