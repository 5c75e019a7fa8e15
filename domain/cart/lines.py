"""The lines of a cart as they are now: names, prices, stock, what is wrong with each, and what comes off it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, select

from core.db import db
from core.errors import Phrase
from domain.cart.holding import Holder
from domain.cart.models import Cart, CartLine
from domain.catalog.listing import is_on_sale
from domain.products.models import Product, Variant
from domain.promotions.offers import may_have_coupons, may_have_offers
from domain.promotions.terms import Discount, Goods, Source
from domain.stock.availability import free_packets, most_of_one_maker
from domain.stock.models import Stock
from domain.workshops.models import Workshop


class LineProblem(StrEnum):
    """Why a line can't be ordered as it is. `too_many_at_once`: there are so many, but no workshop alone has them."""

    OFF_SALE = "off_sale"
    SOLD_OUT = "sold_out"
    TOO_MANY = "too_many"
    TOO_MANY_AT_ONCE = "too_many_at_once"
    NOT_SERVED = "not_served"


PROBLEM_TEXTS = {
    LineProblem.OFF_SALE: "已下架",
    LineProblem.SOLD_OUT: "已售罄",
    LineProblem.TOO_MANY: "库存不够",
    LineProblem.TOO_MANY_AT_ONCE: "由一家作坊做，一单最多 %(most)s 件",
    LineProblem.NOT_SERVED: "不送到%(place)s",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One variant in the cart. Discounts are in fen and take effect in their order."""

    workshop_id: int
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str
    product_id: int
    product_slug: str
    product_name: str
    product_name_en: str
    category_id: int
    brand: str
    variant_id: int
    variant_name: str
    sku: str
    picture: str
    price_fen: int
    weight_grams: int
    quantity: int
    available: int
    is_perishable: bool
    commission_basis_points: int
    problem: LineProblem | None
    place: str = ""
    """Where it isn't sent, when that is the problem."""
    discounts: tuple[Discount, ...] = ()
    flash_ends_at: datetime | None = None

    @property
    def amount_fen(self) -> int:
        """Before discounts."""
        return self.price_fen * self.quantity

    @property
    def discount_fen(self) -> int:
        return sum(discount.amount_fen for discount in self.discounts)

    @property
    def paid_fen(self) -> int:
        return self.amount_fen - self.discount_fen

    @property
    def flash_count(self) -> int:
        """How many packets are at the flash price; the others are not."""
        return sum(each.quantity for each in self.discounts if each.source == Source.FLASH_SALE)

    @property
    def flash_price_fen(self) -> int | None:
        for each in self.discounts:
            if each.source == Source.FLASH_SALE:
                return self.price_fen - each.amount_fen // each.quantity
        return None

    @property
    def problem_text(self) -> Phrase | None:
        if self.problem is None:
            return None
        if self.problem is LineProblem.TOO_MANY_AT_ONCE:
            return Phrase(PROBLEM_TEXTS[self.problem], most=self.available)
        return Phrase(PROBLEM_TEXTS[self.problem], **({"place": self.place} if self.place else {}))

    @property
    def goods(self) -> Goods:
        """The line as promotions see it."""
        return Goods(
            self.variant_id,
            self.product_id,
            self.workshop_id,
            self.category_id,
            self.brand,
            self.price_fen,
            self.quantity,
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a cart. `may_have_offers`: some of it is in a flash sale or bundle, now or soon; `may_have_coupons`: the
    holder has coupons left. Most carts have neither, and nobody need look."""

    lines: list[Line]
    may_have_offers: bool
    may_have_coupons: bool


def read_contents(holder: Holder) -> Contents:
    """The lines of a cart in the order in which they were put in, without discounts; one statement."""
    chosen = _OF_ACCOUNT if holder.account_id is not None else _OF_VISITOR
    rows = db.session.execute(chosen, {"holder": holder.account_id or holder.visitor_hash}).all()
    return Contents([_line(row) for row in rows], any(row.offers for row in rows), any(row.coupons for row in rows))


def _contents() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CartLine.quantity, Variant.id.label("variant_id"), Variant.sku, Variant.name.label("variant_name"),
            Variant.price_fen, Variant.weight_grams, Product.id.label("product_id"), Product.slug.label("product_slug"),
            Product.name.label("product_name"), Product.name_en.label("product_name_en"), Product.pictures, Product.is_perishable,
            Product.category_id, Product.brand,
            Workshop.id.label("workshop_id"), Workshop.slug.label("workshop_slug"),
            Workshop.name.label("workshop_name"), Workshop.name_en.label("workshop_name_en"),
            Workshop.commission_basis_points, and_(is_on_sale(), Variant.is_enabled).label("on_sale"),
            Variant.picture,
            func.coalesce(free_packets(), 0).label("available"), most_of_one_maker().label("most"),
            may_have_offers().label("offers"),
            may_have_coupons(Cart.account_id).label("coupons"),
        )
        .select_from(Cart)
        .join(CartLine, CartLine.cart_id == Cart.id)
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .order_by(CartLine.added_at, Variant.id)
    )  # fmt: skip


_OF_ACCOUNT = _contents().where(Cart.account_id == bindparam("holder"))
_OF_VISITOR = _contents().where(Cart.visitor_hash == bindparam("holder"))


def _line(row: Row[Any]) -> Line:
    problem, available = None, max(0, row.available)
    if not row.on_sale:
        problem = LineProblem.OFF_SALE
    elif row.available <= 0:
        problem = LineProblem.SOLD_OUT
    elif row.available < row.quantity:
        problem = LineProblem.TOO_MANY
    elif row.most is not None and row.most < row.quantity:
        problem, available = LineProblem.TOO_MANY_AT_ONCE, row.most
    return Line(
        workshop_id=row.workshop_id, workshop_slug=row.workshop_slug, workshop_name=row.workshop_name,
        workshop_name_en=row.workshop_name_en, product_id=row.product_id, product_slug=row.product_slug,
        product_name=row.product_name, product_name_en=row.product_name_en, category_id=row.category_id, brand=row.brand,
        variant_id=row.variant_id, variant_name=row.variant_name, sku=row.sku,
        picture=row.picture or (row.pictures[0] if row.pictures else ""), price_fen=row.price_fen, weight_grams=row.weight_grams,
        quantity=row.quantity, available=available, is_perishable=row.is_perishable,
        commission_basis_points=row.commission_basis_points, problem=problem,
    )  # fmt: skip
