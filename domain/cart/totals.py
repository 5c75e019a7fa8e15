"""What is in a cart, grouped by workshop, with today's prices, what is wrong with a line, and the freight.

Every amount is computed here from the catalogue; none ever comes from a client.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select

from core.db import db
from domain.cart.holding import Holder, find_cart
from domain.cart.models import CartLine
from domain.catalog.listing import is_on_sale
from domain.products.models import Product, Variant
from domain.shipping.freight import freight_fen, freight_rules
from domain.stock.availability import free_packets
from domain.stock.models import Stock
from domain.workshops.models import Workshop


class LineProblem(StrEnum):
    """Why a line can't be ordered as it is."""

    OFF_SALE = "off_sale"
    SOLD_OUT = "sold_out"
    TOO_MANY = "too_many"


PROBLEM_TEXTS = {
    LineProblem.OFF_SALE: "已下架",
    LineProblem.SOLD_OUT: "已售罄",
    LineProblem.TOO_MANY: "库存不够",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One variant in the cart."""

    workshop_id: int
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str
    product_id: int
    product_slug: str
    product_name: str
    product_name_en: str
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

    @property
    def amount_fen(self) -> int:
        return self.price_fen * self.quantity


@dataclass(frozen=True, slots=True)
class Group:
    """One workshop's part, with the freight of its parcel."""

    workshop_id: int
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str
    lines: list[Line]
    freight_fen: int

    @property
    def goods_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)


@dataclass(frozen=True, slots=True)
class Totals:
    """A cart as it would be ordered now."""

    groups: list[Group]

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def goods_fen(self) -> int:
        return sum(group.goods_fen for group in self.groups)

    @property
    def freight_fen(self) -> int:
        return sum(group.freight_fen for group in self.groups)

    @property
    def total_fen(self) -> int:
        return self.goods_fen + self.freight_fen

    @property
    def has_problems(self) -> bool:
        return any(line.problem for line in self.lines)

    @property
    def has_perishables(self) -> bool:
        return any(line.is_perishable for line in self.lines)


def cart_totals(holder: Holder, skus: set[str] | None = None) -> Totals:
    """The cart's lines (only those of `skus` when told), in two statements."""
    cart = find_cart(holder)
    if cart is None:
        return Totals([])
    return _grouped([_line(row) for row in _rows(cart.id) if skus is None or row.sku in skus])


def _rows(cart_id: int) -> list[Row[Any]]:
    statement = (
        select(
            CartLine.quantity, Variant.id.label("variant_id"), Variant.sku, Variant.name.label("variant_name"),
            Variant.price_fen, Variant.weight_grams, Product.id.label("product_id"), Product.slug.label("product_slug"),
            Product.name.label("product_name"), Product.name_en.label("product_name_en"), Product.pictures, Product.is_perishable,
            Workshop.id.label("workshop_id"), Workshop.slug.label("workshop_slug"),
            Workshop.name.label("workshop_name"), Workshop.name_en.label("workshop_name_en"),
            Workshop.commission_basis_points, is_on_sale().label("on_sale"),
            func.coalesce(free_packets(), 0).label("available"),
        )
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .where(CartLine.cart_id == cart_id)
        .order_by(CartLine.added_at, Variant.id)
    )  # fmt: skip
    return list(db.session.execute(statement))


def _line(row: Row[Any]) -> Line:
    problem = None
    if not row.on_sale:
        problem = LineProblem.OFF_SALE
    elif row.available <= 0:
        problem = LineProblem.SOLD_OUT
    elif row.available < row.quantity:
        problem = LineProblem.TOO_MANY
    return Line(
        workshop_id=row.workshop_id, workshop_slug=row.workshop_slug, workshop_name=row.workshop_name,
        workshop_name_en=row.workshop_name_en, product_id=row.product_id, product_slug=row.product_slug,
        product_name=row.product_name, product_name_en=row.product_name_en,
        variant_id=row.variant_id, variant_name=row.variant_name, sku=row.sku,
        picture=row.pictures[0] if row.pictures else "", price_fen=row.price_fen, weight_grams=row.weight_grams,
        quantity=row.quantity, available=max(0, row.available), is_perishable=row.is_perishable,
        commission_basis_points=row.commission_basis_points, problem=problem,
    )  # fmt: skip


def _grouped(lines: list[Line]) -> Totals:
    by_workshop: dict[int, list[Line]] = {}
    for line in lines:
        by_workshop.setdefault(line.workshop_id, []).append(line)
    rules = freight_rules(set(by_workshop))
    groups = []
    for workshop_id, own in by_workshop.items():
        goods_fen = sum(line.amount_fen for line in own)
        weight_grams = sum(line.weight_grams * line.quantity for line in own)
        freight = freight_fen(rules.get(workshop_id), goods_fen, weight_grams)
        first = own[0]
        names = (first.workshop_slug, first.workshop_name, first.workshop_name_en)
        groups.append(Group(workshop_id, *names, own, freight))
    return Totals(groups)
