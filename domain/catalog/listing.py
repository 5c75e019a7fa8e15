"""What buyers see: products on sale of workshops that may sell, filtered, searched, sorted and paged.

The conditions of selling are in the query itself: a suspended workshop or an expired certificate takes its goods away.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Row, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import load_only

from core.clock import today
from core.db import db
from core.errors import NotFound
from core.paging import Page
from domain.products.models import Brand, Category, ListingStatus, Product, Variant
from domain.stock.models import Stock
from domain.workshops.models import Certificate, Workshop, WorkshopStatus


class Sort(StrEnum):
    """Orders of the product list."""

    DEFAULT = "default"
    NEWEST = "newest"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class Query:
    """What a buyer looks for; None leaves a filter out."""

    brand: Brand | None = None
    category: str | None = None
    workshop: str | None = None
    text: str | None = None
    sort: Sort = Sort.DEFAULT


@dataclass(frozen=True, slots=True)
class Card:
    """A product as a list shows it. Prices in fen; `picture` is an address without width and ending."""

    id: int
    slug: str
    name: str
    tagline: str
    brand: str
    workshop_slug: str
    workshop_name: str
    picture: str
    price_fen: int
    max_price_fen: int
    available: int

    @property
    def is_sold_out(self) -> bool:
        return self.available <= 0


def list_cards(query: Query, *, number: int = 1, size: int = 20) -> Page[Card]:
    """One page of what matches `query`, in two statements."""
    statement = _matching(_cards(), query)
    total = db.session.scalar(_matching(select(func.count(Product.id)), query)) or 0
    rows = db.session.execute(statement.order_by(*_order(query.sort)).offset((number - 1) * size).limit(size))
    return Page([_card(row) for row in rows], number, size, total)


def find_product(slug: str) -> Product:
    """A product that is on sale now, or NotFound."""
    statement = (
        select(Product).join(Workshop, Workshop.id == Product.workshop_id).where(Product.slug == slug, is_on_sale())
    )
    product = db.session.scalars(statement).first()
    if product is None:
        raise NotFound(what="product")
    return product


def list_categories() -> list[Category]:
    """The shelves of the shop, in their order."""
    return list(db.session.scalars(select(Category).order_by(Category.position, Category.id)))


def selling_workshops() -> list[Workshop]:
    """Workshops with something on sale, for the filter."""
    statement = (
        select(Workshop)
        .where(exists().where(Product.workshop_id == Workshop.id, Product.status == ListingStatus.ON_SALE))
        .where(workshop_may_sell())
        .options(load_only(Workshop.slug, Workshop.name))
        .order_by(Workshop.id)
    )
    return list(db.session.scalars(statement))


def is_on_sale() -> ColumnElement[bool]:
    """The condition, over Product and Workshop, under which goods may be sold."""
    return and_(Product.status == ListingStatus.ON_SALE, workshop_may_sell())


def workshop_may_sell() -> ColumnElement[bool]:
    """The condition, over Workshop: active, with a certificate valid today."""
    valid = exists().where(
        Certificate.workshop_id == Workshop.id, Certificate.issued_on <= today(), Certificate.expires_on >= today()
    )
    return and_(Workshop.status == WorkshopStatus.ACTIVE, valid)


def _cards() -> Select[Any]:
    prices = (
        select(
            Variant.product_id,
            func.min(Variant.price_fen).label("low"),
            func.max(Variant.price_fen).label("high"),
            func.coalesce(func.sum(Stock.on_hand - Stock.reserved), 0).label("available"),
        )
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .group_by(Variant.product_id)
        .subquery("prices")
    )
    return select(
        Product.id, Product.slug, Product.name, Product.name_en, Product.tagline, Product.brand,
        Workshop.slug.label("workshop_slug"), Workshop.name.label("workshop_name"), Product.pictures,
        prices.c.low, prices.c.high, prices.c.available,
    ).join(prices, prices.c.product_id == Product.id)  # fmt: skip


def _matching(statement: Select[Any], query: Query) -> Select[Any]:
    statement = statement.join(Workshop, Workshop.id == Product.workshop_id).where(is_on_sale())
    if query.brand:
        statement = statement.where(Product.brand == query.brand)
    if query.category:
        statement = statement.join(Category, Category.id == Product.category_id).where(Category.slug == query.category)
    if query.workshop:
        statement = statement.where(Workshop.slug == query.workshop)
    for word in (query.text or "").split()[:5]:
        pattern = f"%{_literal(word)}%"
        fields = (Product.name, Product.name_en, Product.tagline, Workshop.name)
        statement = statement.where(or_(*(field.ilike(pattern, escape="\\") for field in fields)))
    return statement


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _order(sort: Sort) -> tuple[Any, ...]:
    low: ColumnClause[int] = literal_column("prices.low")
    orders: dict[Sort, tuple[Any, ...]] = {
        Sort.DEFAULT: (Product.id,),
        Sort.NEWEST: (Product.created_at.desc(), Product.id.desc()),
        Sort.PRICE_UP: (low, Product.id),
        Sort.PRICE_DOWN: (low.desc(), Product.id),
        Sort.SOLD: (Product.sold_count.desc(), Product.id),
    }
    return orders[sort]


def _card(row: Row[Any]) -> Card:
    return Card(
        id=row.id, slug=row.slug, name=row.name, tagline=row.tagline, brand=row.brand, workshop_slug=row.workshop_slug,
        workshop_name=row.workshop_name, picture=row.pictures[0] if row.pictures else "", price_fen=row.low,
        max_price_fen=row.high, available=int(row.available),
    )  # fmt: skip
