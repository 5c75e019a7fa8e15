"""Only who received the goods may review them, and each line once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.errors import NotFound
from domain.fulfillment.receiving import confirm_receipt
from domain.fulfillment.reviewing import NotReceivedYet, review_line
from domain.reviews.models import Review
from domain.reviews.writing import AlreadyReviewed, Opinion
from tests.factories.accounts import make_buyer
from tests.factories.fulfillment import make_paid_order
from tests.factories.products import make_variant
from tests.factories.reviews import make_received_order, make_shipped_order

Session_ = scoped_session[Session]
FINE = Opinion(4, "豆香足")


def count(session: Session_) -> int:
    return session.scalar(select(func.count()).select_from(Review)) or 0


def test_a_line_is_reviewed_once_it_was_received_and_only_once(session: Session_) -> None:
    buyer, variant = make_buyer("顾客丁"), make_variant()
    order = make_received_order({variant: 2}, buyer)
    review = review_line(buyer.id, order.number, variant.sku, FINE)
    assert (review.stars, review.status, review.author, review.product_id) == (4, "pending", "顾**", variant.product_id)
    with pytest.raises(AlreadyReviewed):
        review_line(buyer.id, order.number, variant.sku, FINE)
    assert count(session) == 1


def test_nothing_is_reviewed_before_it_came(session: Session_) -> None:
    buyer, variant = make_buyer(), make_variant()
    for order in (make_paid_order({variant: 1}, buyer), make_shipped_order({variant: 1}, buyer)):
        with pytest.raises(NotReceivedYet):
            review_line(buyer.id, order.number, variant.sku, FINE)
    assert count(session) == 0


def test_of_two_parcels_only_the_one_that_came_is_reviewed(session: Session_) -> None:
    buyer, here, away = make_buyer(), make_variant(), make_variant()
    order = make_shipped_order({here: 1, away: 1}, buyer)
    number = next(part.number for part in order.workshop_orders if part.workshop_id == here.product.workshop_id)
    confirm_receipt(order, "buyer", number)
    review_line(buyer.id, order.number, here.sku, FINE)
    with pytest.raises(NotReceivedYet):
        review_line(buyer.id, order.number, away.sku, FINE)


def test_anothers_order_and_a_line_that_is_not_in_it_are_not_found(session: Session_) -> None:
    buyer, variant, other = make_buyer(), make_variant(), make_variant()
    order = make_received_order({variant: 1}, buyer)
    with pytest.raises(NotFound):
        review_line(make_buyer().id, order.number, variant.sku, FINE)
    with pytest.raises(NotFound):
        review_line(buyer.id, order.number, other.sku, FINE)
    assert count(session) == 0
