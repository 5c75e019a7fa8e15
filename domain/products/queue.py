"""Every workshop's products as the operator sees them: what waits for approval first, the longest waiting on top."""

from __future__ import annotations

from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from core.paging import Page
from domain.products.models import ListingHistory, ListingStatus, Product, Variant


def listings(status: ListingStatus, workshop_id: int | None, *, number: int = 1, size: int = 30) -> Page[Product]:
    """One page of the products in `status`: what waits longest first, else the newest."""
    statement = select(Product).filter_by(status=status)
    if workshop_id is not None:
        statement = statement.filter_by(workshop_id=workshop_id)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    since = select(func.max(ListingHistory.id)).where(ListingHistory.product_id == Product.id).scalar_subquery()
    ordered = statement.order_by(since if status == ListingStatus.SUBMITTED else Product.id.desc(), Product.id)
    return Page(list(db.session.scalars(ordered.offset((number - 1) * size).limit(size))), number, size, total)


def counts() -> dict[str, int]:
    """How many products of all workshops stand in each status."""
    return {row[0]: row[1] for row in db.session.execute(select(Product.status, func.count()).group_by(Product.status))}


def last_moves(product_ids: set[int]) -> dict[int, ListingHistory]:
    """The newest line of history of each product, in one statement."""
    newest = (
        select(func.max(ListingHistory.id))
        .where(ListingHistory.product_id.in_(product_ids))
        .group_by(ListingHistory.product_id)
    )
    statement = select(ListingHistory).where(ListingHistory.id.in_(newest))
    return {move.product_id: move for move in db.session.scalars(statement)}


def find_listing(slug: str, *, lock: bool = False) -> Product:
    """The product of `slug`, whosever it is, or NotFound; with `lock` nobody else changes it meanwhile."""
    statement = select(Product).filter_by(slug=slug)
    if lock:
        statement = statement.with_for_update(of=Product).execution_options(populate_existing=True)
    product = db.session.scalars(statement).first()
    if product is None:
        raise NotFound(what="product")
    return product


def products_by_id(ids: set[int]) -> dict[int, Product]:
    """The products of `ids`, whatever their status, in one query."""
    return {row.id: row for row in db.session.scalars(select(Product).where(Product.id.in_(ids)))}


def find_variant(variant_id: int) -> Variant:
    """The variant, whosever it is, or NotFound."""
    variant = db.session.get(Variant, variant_id)
    if variant is None:
        raise NotFound(what="variant")
    return variant
