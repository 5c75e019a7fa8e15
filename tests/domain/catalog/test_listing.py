"""The list shows what may be sold, in an order that cursors can follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from core.clock import today
from core.db import db
from core.errors import InvalidInput, NotFound
from core.paging import encode_cursor
from domain.catalog import listing
from domain.catalog.listing import Query, Sort
from domain.products.models import Brand, ListingStatus, Product
from domain.stock.models import Stock
from domain.workshops.models import Certificate, Workshop, WorkshopStatus
from tests.factories.products import make_category, make_product, make_variant
from tests.factories.workshops import make_workshop


def slugs(query: Query | None = None) -> list[str]:
    return [card.slug for card in listing.list_cards(query or Query(), size=50).items]


def make_shown(**values: Any) -> Product:
    return make_variant(make_product(**values)).product


@pytest.mark.parametrize("fault", ["draft", "off sale", "suspended", "expired", "not yet", "no certificate"])
def test_what_may_not_be_sold_is_not_shown(session: Any, fault: str) -> None:
    product = make_shown()
    assert slugs() == [product.slug]
    if fault in {"draft", "off sale"}:
        product.status = ListingStatus.DRAFT if fault == "draft" else ListingStatus.OFF_SALE
    elif fault == "suspended":
        db.session.get_one(Workshop, product.workshop_id).status = WorkshopStatus.SUSPENDED
    elif fault == "expired":
        db.session.execute(update(Certificate).values(expires_on=today() - timedelta(days=1)))
    elif fault == "not yet":
        db.session.execute(update(Certificate).values(issued_on=today() + timedelta(days=1)))
    else:
        db.session.query(Certificate).delete()
    db.session.flush()
    assert slugs() == []
    assert listing.selling_workshops() == []
    with pytest.raises(NotFound):
        listing.find_product(product.slug)


def test_a_certificate_is_good_on_its_last_day(session: Any) -> None:
    product = make_shown()
    db.session.execute(update(Certificate).values(expires_on=today()))
    assert slugs() == [product.slug]


def test_filters(session: Any) -> None:
    winery, shelf = make_workshop(), make_category()
    wine = make_shown(workshop=winery, brand="hong", category_id=shelf.id, name="红曲酒 5%_醇")
    cake = make_shown(brand="xian", tagline="松软")
    assert slugs(Query(brand=Brand.HONG)) == [wine.slug]
    assert slugs(Query(category=shelf.slug)) == [wine.slug]
    assert slugs(Query(workshop=winery.slug)) == [wine.slug]
    assert slugs(Query(text="松软")) == [cake.slug]
    assert slugs(Query(text="5%_醇")) == [wine.slug]
    assert slugs(Query(text="红曲酒 没有")) == []
    for literal in ("%", "_", "\\", "'"):
        assert slugs(Query(text=f"曲{literal}酒")) == []


def test_a_card_tells_the_range_of_prices_and_what_is_left(session: Any) -> None:
    product = make_product()
    for price, stock in ((500, 3), (900, 0), (700, 2)):
        make_variant(product, price_fen=price, stock=stock)
    [card] = listing.list_cards(Query()).items
    assert (card.price_fen, card.max_price_fen, card.available, card.is_sold_out) == (500, 900, 5, False)
    db.session.execute(update(Stock).values(reserved=Stock.on_hand))
    [card] = listing.list_cards(Query()).items
    assert card.is_sold_out


@pytest.mark.parametrize("sort", Sort)
@given(
    goods=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=9),
    size=st.integers(1, 4),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_cursors_walk_the_numbered_order(session: Any, sort: Sort, goods: list[tuple[int, int]], size: int) -> None:
    workshop, shelf = make_workshop(), make_category()
    for price, sold in goods:
        make_variant(make_product(workshop, category_id=shelf.id, sold_count=sold), price_fen=price)
    walked: list[str] = []
    cursor = None
    while True:
        part = listing.list_cards_after(Query(sort=sort), cursor, size=size)
        walked += [card.slug for card in part.items]
        assert len(part.items) == size or part.next_cursor is None
        cursor = part.next_cursor
        if cursor is None:
            break
    assert walked == slugs(Query(sort=sort))
    db.session.rollback()


def test_what_is_taken_away_between_two_pages_moves_no_other(session: Any) -> None:
    products = [make_shown() for _ in range(5)]
    first = listing.list_cards_after(Query(), None, size=2)
    products[0].status = ListingStatus.OFF_SALE
    db.session.flush()
    second = listing.list_cards_after(Query(), first.next_cursor, size=3)
    assert [card.slug for card in second.items] == [product.slug for product in products[2:]]


@pytest.mark.parametrize(
    "cursor",
    [
        "", "?", "bm8", "ü",
        encode_cursor("default", 0), encode_cursor("price_up", 0, 1), encode_cursor("default", "0", 1),
        encode_cursor("default", 0, "1"), encode_cursor(0, 0, 1), "W10" * 40,
    ],
)  # fmt: skip
def test_a_cursor_that_is_not_ours(session: Any, cursor: str) -> None:
    make_shown()
    if cursor == "":
        assert len(listing.list_cards_after(Query(), cursor).items) == 1
        return
    with pytest.raises(InvalidInput) as caught:
        listing.list_cards_after(Query(), cursor)
    assert list(caught.value.fields) == ["cursor"]


@pytest.mark.parametrize("at", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "9" * 30])
def test_a_time_in_a_cursor_that_is_none(session: Any, at: str) -> None:
    with pytest.raises(InvalidInput):
        listing.list_cards_after(Query(sort=Sort.NEWEST), encode_cursor("newest", at, 1))
