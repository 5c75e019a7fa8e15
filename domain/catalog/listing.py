"""What buyers see: products on sale of workshops that may sell, filtered, searched, sorted and paged.

The conditions of selling are in the query itself: a suspended workshop or an expired certificate takes its goods away.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import load_only

from core.db import TODAY, db
from core.errors import InvalidInput, NotFound
from core.paging import Page, Slice, decode_cursor, encode_cursor
from domain.products.models import Brand, Category, ListingStatus, Product, Variant
from domain.products.terms import asked_terms, plain
from domain.reviews.models import ProductRating
from domain.stock.availability import stale_by_variant
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
    name_en: str
    tagline: str
    tagline_en: str
    brand: str
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str
    picture: str
    price_fen: int
    max_price_fen: int
    available: int
    review_count: int
    review_stars: int
    """Of all its shown reviews, added up."""

    @property
    def rating(self) -> float:
        """From 1 to 5, to one place; 0 without reviews."""
        return round(self.review_stars / self.review_count, 1) if self.review_count else 0.0

    @property
    def is_sold_out(self) -> bool:
        return self.available <= 0


def list_cards(query: Query, *, number: int = 1, size: int = 20) -> Page[Card]:
    """One page of what matches `query`, in two statements."""
    statement = _matching(_cards(query.text), query)
    total = db.session.scalar(_matching(select(func.count(Product.id)), query)) or 0
    rows = db.session.execute(statement.order_by(*_order(query)).offset((number - 1) * size).limit(size))
    return Page([_card(row) for row in rows], number, size, total)


def list_featured(size: int = 10) -> list[Card]:
    """What sells best of each workshop, shuffled once and for all, so that the first page shows every maker."""
    own_place = func.row_number().over(
        partition_by=Product.workshop_id, order_by=(Product.sold_count.desc(), Product.id)
    )
    statement = _matching(_cards(), Query()).order_by(own_place, func.md5(Product.slug)).limit(size)
    return [_card(row) for row in db.session.execute(statement)]


def list_cards_after(query: Query, cursor: str | None, *, size: int = 20) -> Slice[Card]:
    """What matches `query` after a cursor of the same sort, in one statement. A row that comes or goes moves no other."""
    statement = _matching(_cards(query.text), query)
    if cursor:
        statement = statement.where(_after(query, cursor))
    rows = list(db.session.execute(statement.order_by(*_order(query)).limit(size + 1)))
    return Slice([_card(row) for row in rows[:size]], _mark(query.sort, rows[size - 1]) if len(rows) > size else None)


def cards_of(product_ids: list[int]) -> list[Card]:
    """The cards of these products that are on sale, in the order given, in one statement."""
    statement = _matching(_cards(), Query()).where(Product.id.in_(product_ids))
    found = {row.id: _card(row) for row in db.session.execute(statement)}
    return [found[each] for each in product_ids if each in found]


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
        .options(load_only(Workshop.slug, Workshop.name, Workshop.name_en))
        .order_by(Workshop.id)
    )
    return list(db.session.scalars(statement))


def selling_among(workshop_ids: Collection[int]) -> set[int]:
    """Those of the workshops that may sell today."""
    return set(db.session.scalars(select(Workshop.id).where(Workshop.id.in_(workshop_ids), workshop_may_sell())))


def is_on_sale() -> ColumnElement[bool]:
    """The condition, over Product and Workshop, under which goods may be sold."""
    return and_(Product.status == ListingStatus.ON_SALE, workshop_may_sell())


def workshop_may_sell() -> ColumnElement[bool]:
    """The condition, over Workshop: active, with a certificate valid today."""
    valid = exists().where(
        Certificate.workshop_id == Workshop.id, Certificate.issued_on <= TODAY, Certificate.expires_on >= TODAY
    )
    return and_(Workshop.status == WorkshopStatus.ACTIVE, valid)


def _cards(text: str | None = None) -> Select[Any]:
    stale = stale_by_variant()
    prices = (
        select(
            Variant.product_id,
            func.min(Variant.price_fen).label("low"),
            func.max(Variant.price_fen).label("high"),
            func.coalesce(
                func.sum(func.greatest(0, Stock.on_hand - Stock.reserved - func.coalesce(stale.c.packets, 0))), 0
            ).label("available"),
        )
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .outerjoin(stale, stale.c.variant_id == Variant.id)
        .where(Variant.is_enabled)
        .group_by(Variant.product_id)
        .subquery("prices")
    )
    columns: list[Any] = [
        Product.id, Product.slug, Product.name, Product.name_en, Product.tagline, Product.tagline_en, Product.brand,
        Workshop.slug.label("workshop_slug"), Workshop.name.label("workshop_name"),
        Workshop.name_en.label("workshop_name_en"), Product.pictures, Product.created_at,
        Product.sold_count, prices.c.low, prices.c.high, prices.c.available,
        func.coalesce(ProductRating.count, 0).label("review_count"),
        func.coalesce(ProductRating.stars, 0).label("review_stars"),
        (_rank(text) if text else literal(0)).label("rank"),
    ]  # fmt: skip
    priced = select(*columns).join(prices, prices.c.product_id == Product.id)
    return priced.outerjoin(ProductRating, ProductRating.product_id == Product.id)


def _matching(statement: Select[Any], query: Query) -> Select[Any]:
    statement = statement.join(Workshop, Workshop.id == Product.workshop_id).where(is_on_sale())
    if query.brand:
        statement = statement.where(Product.brand == query.brand)
    if query.category:
        statement = statement.join(Category, Category.id == Product.category_id).where(Category.slug == query.category)
    if query.workshop:
        statement = statement.where(Workshop.slug == query.workshop)
    if query.text:
        statement = statement.where(_found_by(query.text))
    return statement


def _found_by(text: str) -> ColumnElement[bool]:
    """Each of at most five words occurs in one of the product's texts; its terms lead there through an index."""
    words, asked = plain(text).split()[:5], asked_terms(text)
    if not words:
        return true()
    return and_(
        Product.search_terms.contains(asked),
        *(Product.search_text.like(f"%{_literal(word)}%", escape="\\") for word in words),
    )


def _rank(text: str) -> ColumnElement[int]:
    """How well a product fits: its name holds the words, or its maker or tagline does, or only its ingredients do."""
    pattern = f"%{_literal(text.strip())}%"
    return case(
        (Product.name.ilike(pattern, escape="\\"), 2),
        (or_(*(column.ilike(pattern, escape="\\") for column in (Workshop.name, Product.tagline, Product.name_en))), 1),
        else_=0,
    )


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _order(query: Query) -> tuple[Any, ...]:
    low: ColumnClause[int] = literal_column("prices.low")
    orders: dict[Sort, tuple[Any, ...]] = {
        Sort.DEFAULT: (_rank(query.text).desc(), Product.id) if query.text else (Product.id,),
        Sort.NEWEST: (Product.created_at.desc(), Product.id.desc()),
        Sort.PRICE_UP: (low, Product.id),
        Sort.PRICE_DOWN: (low.desc(), Product.id),
        Sort.SOLD: (Product.sold_count.desc(), Product.id),
    }
    return orders[query.sort]


def _mark(sort: Sort, row: Row[Any]) -> str:
    """The place after `row` in the order of `sort`."""
    values: dict[Sort, int | str] = {
        Sort.DEFAULT: row.rank,
        Sort.NEWEST: row.created_at.isoformat(),
        Sort.PRICE_UP: row.low,
        Sort.PRICE_DOWN: row.low,
        Sort.SOLD: row.sold_count,
    }
    return encode_cursor(sort.value, values[sort], row.id)


def _after(query: Query, cursor: str) -> ColumnElement[bool]:
    """The condition of lying behind a place in the order of `sort`; InvalidInput for a cursor of another sort."""
    sort = query.sort
    name, value, last_id = decode_cursor(cursor, (str, str if sort is Sort.NEWEST else int, int))
    if name != sort.value:
        raise InvalidInput({"cursor": "翻页标记无效"})
    low: ColumnClause[int] = literal_column("prices.low")
    behind = Product.id > last_id
    if sort is Sort.DEFAULT:
        rank = _rank(query.text) if query.text else None
        return behind if rank is None else or_(rank < value, and_(rank == value, behind))
    if sort is Sort.NEWEST:
        at = _instant(str(value))
        return or_(Product.created_at < at, and_(Product.created_at == at, Product.id < last_id))
    if sort is Sort.PRICE_UP:
        return or_(low > value, and_(low == value, behind))
    column = low if sort is Sort.PRICE_DOWN else Product.sold_count
    return or_(column < value, and_(column == value, behind))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput({"cursor": "翻页标记无效"})
    return at


def _card(row: Row[Any]) -> Card:
    return Card(
        id=row.id, slug=row.slug, name=row.name, name_en=row.name_en, tagline=row.tagline, tagline_en=row.tagline_en,
        brand=row.brand, workshop_slug=row.workshop_slug, workshop_name=row.workshop_name,
        workshop_name_en=row.workshop_name_en, picture=row.pictures[0] if row.pictures else "", price_fen=row.low,
        max_price_fen=row.high, available=int(row.available),
        review_count=row.review_count, review_stars=row.review_stars,
    )  # fmt: skip
