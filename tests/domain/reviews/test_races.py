"""Many at once: one review a line, and a rating that is what its rows say."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from core.db import db
from domain.fulfillment.reviewing import review_line
from domain.reviews.checking import check
from domain.reviews.deciding import decide
from domain.reviews.models import Part, ProductRating, Review, ReviewStatus
from domain.reviews.writing import Opinion
from tests.factories.accounts import make_buyer
from tests.factories.products import make_variant
from tests.factories.reviews import make_received_order, make_review, make_shown_review
from tests.fixtures.racing import Race, committed, failures


def test_a_line_reviewed_twice_at_once_has_one_review(app: Flask, race: Race) -> None:
    with committed(app):
        buyer, variant = make_buyer(), make_variant()
        number, sku, buyer_id = make_received_order({variant: 1}, buyer).number, variant.sku, buyer.id
    act: Callable[[], object] = lambda: review_line(buyer_id, number, sku, Opinion(5, "好"))  # noqa: E731
    assert failures(race(*[act] * 6)) == ["AlreadyReviewed"] * 5
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Review)) == 1


def test_a_rating_is_what_its_rows_say_however_many_are_checked_at_once(app: Flask, race: Race) -> None:
    with committed(app):
        variant = make_variant()
        product_id = variant.product_id
        ids = [make_review(variant, stars=1 + place % 5).id for place in range(8)]
        shown = [make_shown_review(variant, stars=5).id for _ in range(3)]
    checks = [lambda key=key: check(key, Part.REVIEW) for key in ids]
    downs = [lambda key=key: decide(key, ReviewStatus.REFUSED, "运营", "广告") for key in shown]
    assert failures(race(*checks, *downs)) == []
    with app.app_context():
        rating = db.session.get_one(ProductRating, product_id)
        counted = select(func.count(), func.sum(Review.stars)).filter_by(product_id=product_id, status="shown")
        assert (rating.count, rating.stars) == tuple(db.session.execute(counted).one())
        assert rating.count == 8
