"""Finding batches: by the code on a packet, for a product, for a workshop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.clock import today
from core.errors import NotFound
from domain.batches.finding import batches_of, find_batch, find_batch_by_code, latest_released
from domain.batches.models import BatchStatus
from tests.factories.batches import make_batch
from tests.factories.products import make_product, make_variant

Database = scoped_session[Session]


def test_a_batch_is_found_by_what_is_printed(session: Database) -> None:
    variant, other = make_variant(), make_variant()
    batch = make_batch(variant, lot="SAME")
    make_batch(other, lot="SAME")
    assert find_batch_by_code(variant.gtin, "SAME") == batch
    assert find_batch_by_code(variant.gtin, "same") is None
    assert find_batch_by_code("09521000101012", "SAME") is None


def test_an_unknown_id_is_not_found(session: Database) -> None:
    with pytest.raises(NotFound):
        find_batch(987_654_321)
    batch = make_batch()
    assert find_batch(batch.id) is batch


def test_the_latest_released_batch_is_the_newest_that_may_be_sold(session: Database) -> None:
    product = make_product()
    variant = make_variant(product)
    assert latest_released(product.id) is None
    make_batch(variant, made_on=today() - timedelta(days=9))
    newest = make_batch(variant, made_on=today() - timedelta(days=2))
    make_batch(variant, status=BatchStatus.AWAITING_TEST)
    make_batch(variant, status=BatchStatus.RECALLED)
    make_batch()
    assert latest_released(product.id) == newest


def test_a_workshops_batches_come_newest_first_a_page_at_a_time(session: Database) -> None:
    variant = make_variant()
    made = [make_batch(variant, made_on=today() - timedelta(days=days)) for days in (3, 1, 2)]
    make_batch(variant, status=BatchStatus.BLOCKED, made_on=today() - timedelta(days=5))
    make_batch()
    workshop_id = variant.product.workshop_id
    page = batches_of(workshop_id, number=1, size=2)
    assert [row.batch for row in page.items] == [made[1], made[2]]
    assert (page.total, page.pages) == (4, 2)
    assert page.items[0].product.id == variant.product_id
    assert page.items[0].variant == variant
    (blocked,) = batches_of(workshop_id, number=1, status=BatchStatus.BLOCKED).items
    assert blocked.batch.status == BatchStatus.BLOCKED
