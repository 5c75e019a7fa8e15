"""A workshop's own products, whether buyers see them or not."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from core.db import db
from core.errors import NotFound
from core.paging import Page
from domain.products.makers import is_made_by
from domain.products.models import Category, ListingHistory, ListingStatus, Product, Variant
from domain.products.terms import plain


def products_of(
    workshop_ids: Collection[int], *, status: ListingStatus | None = None, number: int = 1, size: int = 30
) -> Page[Product]:
    """One page of the workshops' products, newest first."""
    statement = select(Product).where(Product.workshop_id.in_(workshop_ids))
    if status is not None:
        statement = statement.filter_by(status=status)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = db.session.scalars(statement.order_by(Product.id.desc()).offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def listing_counts(workshop_ids: Collection[int]) -> dict[str, int]:
    """How many products stand in each listing status."""
    statement = select(Product.status, func.count()).where(Product.workshop_id.in_(workshop_ids))
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(Product.status))}


def find_product_of(slug: str, workshop_ids: Collection[int], *, lock: bool = False) -> Product:
    """The workshops' own product of `slug`, or NotFound; with `lock` nobody else changes it meanwhile."""
    statement = select(Product).where(Product.slug == slug, Product.workshop_id.in_(workshop_ids))
    if lock:
        statement = statement.with_for_update(of=Product).execution_options(populate_existing=True)
    product = db.session.scalars(statement).first()
    if product is None:
        raise NotFound(what="product")
    return product


def find_variant_of(variant_id: int, workshop_ids: Collection[int]) -> Variant:
    """The workshops' own variant, or NotFound."""
    statement = select(Variant).join(Product).where(Variant.id == variant_id, Product.workshop_id.in_(workshop_ids))
    variant = db.session.scalars(statement).first()
    if variant is None:
        raise NotFound(what="variant")
    return variant


def find_made_variant(variant_id: int, workshop_ids: Collection[int]) -> Variant:
    """A variant that one of the workshops sells or makes, or NotFound."""
    statement = select(Variant).join(Product).where(Variant.id == variant_id, is_made_by(workshop_ids))
    variant = db.session.scalars(statement).first()
    if variant is None:
        raise NotFound(what="variant")
    return variant


def variants_made_by(workshop_ids: Collection[int]) -> list[Variant]:
    """Every variant that the workshops sell or make, by product."""
    statement = select(Variant).join(Product).where(is_made_by(workshop_ids))
    return list(db.session.scalars(statement.order_by(Product.name, Variant.position, Variant.id)))


def seller_of(variant_id: int) -> int:
    """The workshop whose product a variant is of."""
    return db.session.scalars(select(Product.workshop_id).join(Variant).where(Variant.id == variant_id)).one()


def search_variants(words: str, most: int = 20) -> list[Variant]:
    """Variants that are sold, whose product, maker, name or SKU holds every one of at most five words: those whose
    product's name does first."""
    patterns = _patterns(words)
    statement = select(Variant).join(Product).where(Variant.is_enabled, *map(_holds, patterns))
    is_named = and_(true(), *(Product.name.ilike(pattern, escape="\\") for pattern in patterns))
    ordered = statement.order_by(is_named.desc(), Product.name, Variant.position, Variant.id)
    return list(db.session.scalars(ordered.limit(most)))


def search_products(words: str, most: int = 20) -> list[Product]:
    """Products that have a variant which `search_variants` finds, by name."""
    found = exists().where(Variant.product_id == Product.id, Variant.is_enabled, *map(_holds, _patterns(words)))
    return list(db.session.scalars(select(Product).where(found).order_by(Product.name, Product.id).limit(most)))


def _patterns(words: str) -> list[str]:
    escaped = plain(words).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [f"%{word}%" for word in escaped.split()[:5]]


def _holds(pattern: str) -> ColumnElement[bool]:
    texts = (Product.search_text, Variant.name, Variant.sku)
    return or_(*(text.ilike(pattern, escape="\\") for text in texts))


def variants_of(skus: Collection[str]) -> dict[str, Variant]:
    """The variants of `skus` that there are, by SKU."""
    return {row.sku: row for row in db.session.scalars(select(Variant).where(Variant.sku.in_(skus)))}


def categories() -> list[Category]:
    """The shelves a product can stand on."""
    return list(db.session.scalars(select(Category).order_by(Category.position, Category.id)))


def listing_history(product_id: int) -> list[ListingHistory]:
    """When the product went on and off sale, newest first."""
    statement = select(ListingHistory).filter_by(product_id=product_id).order_by(ListingHistory.id.desc())
    return list(db.session.scalars(statement))


def variants_by_sku(skus: set[str]) -> dict[str, int]:
    """The keys of the variants of `skus` that there are."""
    return {row[0]: row[1] for row in db.session.execute(select(Variant.sku, Variant.id).where(Variant.sku.in_(skus)))}
