"""What a buyer keeps, looked at and searched for is theirs alone, newest first, and theirs to clear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from core.clock import now
from core.db import db
from core.errors import NotFound
from domain.browsing import keeping
from domain.browsing.models import Search
from domain.products.models import ListingStatus, Product
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product, make_variant

pytestmark = pytest.mark.usefixtures("session")


def make_shown() -> Product:
    return make_variant(make_product()).product


def test_favorites_are_kept_once_and_shown_while_on_sale() -> None:
    mine, theirs = make_buyer().id, make_buyer().id
    first, second = make_shown(), make_shown()
    for product in (first, second, first):
        keeping.keep_favorite(mine, product.slug)
    assert [card.slug for card in keeping.favorites_of(mine)] == [second.slug, first.slug]
    assert keeping.favorites_of(theirs) == []
    assert keeping.is_favorite(mine, first.slug)
    assert not keeping.is_favorite(theirs, first.slug)
    first.status = ListingStatus.OFF_SALE
    assert [card.slug for card in keeping.favorites_of(mine)] == [second.slug]
    keeping.drop_favorite(mine, first.slug)
    keeping.drop_favorite(mine, "never-kept")
    first.status = ListingStatus.ON_SALE
    assert [card.slug for card in keeping.favorites_of(mine)] == [second.slug]
    with pytest.raises(NotFound):
        keeping.keep_favorite(mine, "nope")


def test_the_list_of_favorites_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FAVORITES", 1)
    buyer, first, second = make_buyer().id, make_shown(), make_shown()
    keeping.keep_favorite(buyer, first.slug)
    keeping.keep_favorite(buyer, first.slug)
    with pytest.raises(keeping.FavoritesFull):
        keeping.keep_favorite(buyer, second.slug)
    assert [card.slug for card in keeping.favorites_of(buyer)] == [first.slug]


def test_looking_again_brings_a_product_to_the_front() -> None:
    buyer, first, second = make_buyer().id, make_shown(), make_shown()
    for product in (first, second, first):
        keeping.note_view(buyer, product.id)
    assert [card.slug for card in keeping.viewed_by(buyer)] == [first.slug, second.slug]
    keeping.clear_views(buyer)
    assert keeping.viewed_by(buyer) == []


def test_searches_are_remembered_once_and_cleared() -> None:
    mine, theirs = make_buyer().id, make_buyer().id
    for words in ("豆腐", " 红曲  酒 ", "豆腐", "   ", "长" * 60):
        keeping.note_search(mine, words)
    keeping.note_search(theirs, "糕")
    assert keeping.searches_of(mine) == ["长" * 40, "豆腐", "红曲 酒"]
    keeping.clear_searches(mine)
    assert keeping.searches_of(mine) == []
    assert keeping.searches_of(theirs) == ["糕"]


def test_words_of_one_buyer_are_nobody_elses_business() -> None:
    buyers = [make_buyer().id for _ in range(4)]
    for buyer in buyers[:3]:
        keeping.note_search(buyer, "豆腐")
    for buyer in buyers:
        keeping.note_search(buyer, "红曲酒")
    for _ in range(5):
        keeping.note_search(buyers[0], "秘密")
    assert keeping.hot_words() == ["红曲酒", "豆腐"]
    old = now() - timedelta(days=40)
    db.session.execute(update(Search).where(Search.words == "豆腐").values(at=old))
    assert keeping.hot_words() == ["红曲酒"]
