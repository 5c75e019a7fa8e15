"""Reading reviews: what everybody sees of a product or a workshop, a buyer's own, a workshop's to answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, select

from core.db import db
from core.paging import Page, Slice, decode_cursor, encode_cursor
from domain.products.models import Product
from domain.reviews.models import ProductRating, Reply, Review, ReviewStatus


@dataclass(frozen=True, slots=True)
class Rating:
    """How many reviews, and their stars added up."""

    count: int
    stars: int

    @property
    def average(self) -> float:
        """From 1 to 5, to one place; 0 without reviews."""
        return round(self.stars / self.count, 1) if self.count else 0.0


def rating_of(product_id: int) -> Rating:
    row = db.session.get(ProductRating, product_id)
    return Rating(row.count, row.stars) if row else Rating(0, 0)


def rating_of_workshop(workshop_id: int) -> Rating:
    """Over all products of the workshop."""
    total = (
        select(func.coalesce(func.sum(ProductRating.count), 0), func.coalesce(func.sum(ProductRating.stars), 0))
        .join(Product, Product.id == ProductRating.product_id)
        .where(Product.workshop_id == workshop_id)
    )
    count, stars = db.session.execute(total).one()
    return Rating(int(count), int(stars))


def star_counts(product_id: int) -> dict[int, int]:
    """How many shown reviews gave 5, 4, 3, 2 and 1 stars."""
    statement = select(Review.stars, func.count()).filter_by(product_id=product_id, status=ReviewStatus.SHOWN)
    found = {row[0]: row[1] for row in db.session.execute(statement.group_by(Review.stars))}
    return {stars: found.get(stars, 0) for stars in range(5, 0, -1)}


def reviews_of_product(product_id: int, *, number: int = 1, size: int = 10) -> Page[Review]:
    """One page of the shown reviews, newest first."""
    shown = select(Review).filter_by(product_id=product_id, status=ReviewStatus.SHOWN)
    total = db.session.scalar(select(func.count()).select_from(shown.subquery())) or 0
    rows = db.session.scalars(shown.order_by(Review.id.desc()).offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def reviews_after(product_id: int, cursor: str | None, *, size: int = 20) -> Slice[Review]:
    """The shown reviews after a cursor, newest first."""
    shown = select(Review).filter_by(product_id=product_id, status=ReviewStatus.SHOWN)
    if cursor:
        shown = shown.where(Review.id < decode_cursor(cursor, (int,))[0])
    rows = list(db.session.scalars(shown.order_by(Review.id.desc()).limit(size + 1)))
    return Slice(rows[:size], encode_cursor(rows[size - 1].id) if len(rows) > size else None)


def latest_of_workshop(workshop_id: int, size: int = 3) -> list[Review]:
    """The newest shown reviews of a workshop's goods."""
    shown = select(Review).filter_by(workshop_id=workshop_id, status=ReviewStatus.SHOWN)
    return list(db.session.scalars(shown.order_by(Review.id.desc()).limit(size)))


def reviews_of_lines(order_line_ids: Collection[int]) -> dict[int, Review]:
    """The reviews of order lines by line, whatever their status."""
    statement = select(Review).where(Review.order_line_id.in_(order_line_ids))
    return {review.order_line_id: review for review in db.session.scalars(statement)}


def reviews_for_workshops(
    workshop_ids: Collection[int], *, unanswered: bool = False, number: int = 1, size: int = 20
) -> Page[Review]:
    """One page of the shown reviews of the workshops' goods, newest first; with `unanswered` those without an answer."""
    shown = select(Review).where(Review.workshop_id.in_(workshop_ids), Review.status == ReviewStatus.SHOWN)
    if unanswered:
        shown = shown.where(~exists().where(Reply.review_id == Review.id))
    total = db.session.scalar(select(func.count()).select_from(shown.subquery())) or 0
    rows = db.session.scalars(shown.order_by(Review.id.desc()).offset((number - 1) * size).limit(size))
    return Page(list(rows), number, size, total)


def product_names(product_ids: Collection[int]) -> dict[int, Product]:
    """The products that reviews speak of, by id."""
    return {row.id: row for row in db.session.scalars(select(Product).where(Product.id.in_(product_ids)))}
