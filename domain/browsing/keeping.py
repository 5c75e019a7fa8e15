"""Favorites, what was last looked at, and what was searched for: a buyer's own, each list short and clearable."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError
from domain.browsing.models import Favorite, ProductView, Search
from domain.catalog.listing import Card, cards_of, find_product
from domain.products.models import Product

MOST_FAVORITES = 200
MOST_VIEWED = 60
MOST_SEARCHES = 12
MOST_HOT = 8
HOT_DAYS = 30
# Words become public when this many people searched for them: one buyer's words stay theirs.
HOT_FROM_BUYERS = 3
LONGEST_WORDS = 40


class FavoritesFull(DomainError):
    message = "收藏最多 200 个商品，先清掉一些"


def keep_favorite(account_id: int, slug: str) -> None:
    """The buyer keeps a product that is on sale (else NotFound); keeping it again changes nothing."""
    product = find_product(slug)
    others = select(func.count()).where(Favorite.account_id == account_id, Favorite.product_id != product.id)
    if (db.session.scalar(others) or 0) >= MOST_FAVORITES:
        raise FavoritesFull
    row = insert(Favorite).values(account_id=account_id, product_id=product.id, at=now())
    db.session.execute(row.on_conflict_do_nothing())


def drop_favorite(account_id: int, slug: str) -> None:
    """The buyer keeps it no more; also one that is off sale, also one never kept."""
    product_id = select(Product.id).filter_by(slug=slug).scalar_subquery()
    db.session.execute(delete(Favorite).where(Favorite.account_id == account_id, Favorite.product_id == product_id))


def is_favorite(account_id: int, slug: str) -> bool:
    """Whether the buyer keeps the product."""
    kept = exists().where(Favorite.account_id == account_id, Favorite.product_id == Product.id, Product.slug == slug)
    return bool(db.session.scalar(select(kept)))


def favorites_of(account_id: int) -> list[Card]:
    """What the buyer keeps and can be bought now, the newest first."""
    statement = select(Favorite.product_id).filter_by(account_id=account_id).order_by(Favorite.at.desc())
    return cards_of(list(db.session.scalars(statement)))


def note_view(account_id: int, product_id: int) -> None:
    """The buyer looked at a product just now."""
    row = insert(ProductView).values(account_id=account_id, product_id=product_id, at=now())
    keys = [ProductView.account_id, ProductView.product_id]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_={"at": row.excluded.at}))


def viewed_by(account_id: int) -> list[Card]:
    """What the buyer last looked at and can be bought now, the newest first."""
    newest = select(ProductView.product_id).filter_by(account_id=account_id).order_by(ProductView.at.desc())
    return cards_of(list(db.session.scalars(newest.limit(MOST_VIEWED))))


def clear_views(account_id: int) -> None:
    """The buyer looked at nothing."""
    db.session.execute(delete(ProductView).filter_by(account_id=account_id))


def note_search(account_id: int, words: str) -> None:
    """The buyer searched for these words just now."""
    kept = " ".join(words.split())[:LONGEST_WORDS]
    if not kept:
        return
    row = insert(Search).values(account_id=account_id, words=kept, at=now())
    keys = [Search.account_id, Search.words]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_={"at": row.excluded.at}))


def searches_of(account_id: int) -> list[str]:
    """The buyer's newest searches, each once."""
    statement = select(Search.words).filter_by(account_id=account_id).order_by(Search.at.desc())
    return list(db.session.scalars(statement.limit(MOST_SEARCHES)))


def clear_searches(account_id: int) -> None:
    """The buyer searched for nothing."""
    db.session.execute(delete(Search).filter_by(account_id=account_id))


def hot_words() -> list[str]:
    """What most buyers searched for of late; only words that several people used."""
    times = func.count()
    statement = (
        select(Search.words)
        .where(Search.at > now() - timedelta(days=HOT_DAYS))
        .group_by(Search.words)
        .having(times >= HOT_FROM_BUYERS)
        .order_by(times.desc(), Search.words)
    )
    return list(db.session.scalars(statement.limit(MOST_HOT)))
