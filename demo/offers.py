"""What is cheaper in the demo: coupons of the cluster and of workshops, one flash sale, one group buy, one bundle;
freight by region."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.clock import now
from core.db import db
from domain.products.models import Product, Variant
from domain.promotions import editing
from domain.promotions.terms import CouponKind, Scope
from domain.shipping.templates import USUAL, RuleTerms, save_template
from domain.workshops.models import Workshop

FAR = ("西藏", "新疆", "青海", "内蒙古")
TOGETHER, GROUP_SIZE = "shige-warm-dry", 2
UNSERVED = ("香港", "澳门", "台湾")


def give_freight(workshop: Workshop) -> None:
    """The usual rule, dearer far away, not overseas; whoever comes by may fetch."""
    rules = [
        USUAL,
        RuleTerms(FAR, base_fen=2000, base_units=1000, extra_fen=1200, extra_units=1000),
        RuleTerms(UNSERVED, is_served=False),
    ]
    save_template(workshop.id, rules, pickup_place=f"{workshop.address}，每天 8:00–17:00")


def make_offers(by: str) -> None:
    """Coupons for everybody to claim, a flash sale of two days, a bundle."""
    begin, end = now() - timedelta(hours=1), now() + timedelta(days=60)
    editing.make_coupon(
        editing.CouponWish("坂里见面礼", CouponKind.FULL_REDUCTION, 5000, begin, end, threshold_fen=9900, off_fen=1000),
        by,
    )
    editing.make_coupon(
        editing.CouponWish(
            "坂里红尝新", CouponKind.PERCENTAGE, 2000, begin, end, threshold_fen=5000, off_basis_points=1000, cap_fen=3000,
            scope=Scope.BRAND, scope_ref="hong",
        ),
        by,
    )  # fmt: skip
    workshop = db.session.scalars(select(Workshop).filter_by(slug="sidatong")).first()
    if workshop is not None:
        wish = editing.CouponWish(
            "四大桶老客券", CouponKind.FULL_REDUCTION, 500, begin, end, threshold_fen=6000, off_fen=600,
            funded_by_workshop_id=workshop.id,
        )  # fmt: skip
        editing.make_coupon(wish, by)
    dearest = _variants()
    if len(dearest) > 3:
        flash, one, two = dearest[0], dearest[-1], dearest[-2]
        editing.make_flash_sale(
            editing.FlashWish(flash.id, flash.price_fen * 8 // 10, 30, 2, begin, now() + timedelta(days=2)), by
        )
        together = (one.price_fen + two.price_fen) * 9 // 10
        editing.make_bundle(editing.BundleWish("早市一篮", together, {one.id: 1, two.id: 1}, begin, end), by)
    grouped = db.session.scalars(select(Variant).join(Product).where(Product.slug == TOGETHER, Variant.position == 0))
    for variant in grouped:
        price_fen = variant.price_fen * 3 // 4
        editing.make_group_buy(editing.GroupBuyWish(variant.id, price_fen, GROUP_SIZE, 24, 60, 2, begin, end), by)


def _variants() -> list[Variant]:
    """One variant of each of the fresh goods, the dearest first."""
    statement = select(Variant).join(Product).where(Product.brand == "xian", Variant.position == 0)
    return list(db.session.scalars(statement.order_by(Variant.price_fen.desc(), Variant.id)))
