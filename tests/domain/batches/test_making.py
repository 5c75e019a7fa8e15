"""Making a batch: lots, dates, what went in, the hours of each zone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now, today
from core.errors import InvalidInput
from domain.batches.finding import history_of
from domain.batches.making import (
    BatchClosed,
    BatchWithoutIngredients,
    IngredientFields,
    LotTaken,
    add_ingredient,
    finish_batch,
    note_zone_times,
    start_batch,
)
from domain.batches.models import Batch, BatchStatus
from domain.workshops.models import ZoneKind
from tests.factories.batches import RICE, YEAST, make_batch
from tests.factories.products import make_product, make_variant

Database = scoped_session[Session]


def count_batches(session: Database) -> int:
    return session.scalar(select(func.count()).select_from(Batch)) or 0


def test_a_started_batch_knows_its_lot_its_days_and_what_went_in(session: Database) -> None:
    variant = make_variant(make_product(shelf_life_days=30))
    batch = start_batch(variant, 240, by="作坊主", ingredients=[RICE, YEAST])
    assert batch.lot == f"{today():%y%m%d}A"
    assert batch.made_on == today()
    assert batch.best_before_on == today() + timedelta(days=30)
    assert batch.workshop_id == variant.product.workshop_id
    assert [(row.material, row.quantity_grams) for row in batch.ingredients] == [("糯米", 66_000), ("红曲米", 4_200)]
    (first,) = history_of(batch)
    assert (first.from_status, first.to_status, first.by) == (None, BatchStatus.IN_PRODUCTION, "作坊主")


def test_lots_of_a_variant_and_day_go_on_after_the_alphabet_and_never_use_look_alikes(session: Database) -> None:
    variant = make_variant()
    lots = [start_batch(variant, 1, by="作坊主").lot for _ in range(26)]
    letters = [lot.removeprefix(f"{today():%y%m%d}") for lot in lots]
    assert letters[:2] == ["A", "B"]
    assert letters[23:] == ["Z", "AA", "AB"]
    assert len(set(lots)) == 26
    assert not set("".join(letters)) & set("IO")


def test_another_variant_may_have_the_same_lot(session: Database) -> None:
    assert start_batch(make_variant(), 1, by="作坊主").lot == start_batch(make_variant(), 1, by="作坊主").lot


def test_a_lot_is_taken_once(session: Database) -> None:
    variant = make_variant()
    start_batch(variant, 1, by="作坊主", lot="B26.1")
    with pytest.raises(LotTaken, match="lot_taken"):
        start_batch(variant, 1, by="作坊主", lot="B26.1")
    assert count_batches(session) == 1


@pytest.mark.parametrize("lot", ["", " ", "A" * 21, "2026/11/22", "批号1", "A-1", "a'; DROP TABLE batches;--", "１２"])
def test_a_lot_that_cannot_be_printed_is_refused(session: Database, lot: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        start_batch(make_variant(), 1, by="作坊主", lot=lot)
    assert "lot" in refused.value.fields
    assert count_batches(session) == 0


@pytest.mark.parametrize("quantity", [0, -1, 100_001, 10**18])
def test_an_impossible_quantity_is_refused(session: Database, quantity: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        start_batch(make_variant(), quantity, by="作坊主")
    assert "quantity" in refused.value.fields
    assert count_batches(session) == 0


def test_a_batch_cannot_be_made_tomorrow(session: Database) -> None:
    with pytest.raises(InvalidInput) as refused:
        start_batch(make_variant(), 1, by="作坊主", made_on=today() + timedelta(days=1))
    assert "made_on" in refused.value.fields
    assert count_batches(session) == 0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (IngredientFields("", "L1", "粮站", 1), "material"),
        (IngredientFields("糯米", " ", "粮站", 1), "lot"),
        (IngredientFields("糯米", "L1", "", 1), "supplier"),
        (IngredientFields("糯米", "L1", "粮站", 0), "quantity_grams"),
        (IngredientFields("糯米", "L1", "粮站", -5), "quantity_grams"),
    ],
)
def test_an_ingredient_must_say_what_from_where_and_how_much(
    session: Database, fields: IngredientFields, named: str
) -> None:
    batch = start_batch(make_variant(), 1, by="作坊主")
    with pytest.raises(InvalidInput) as refused:
        add_ingredient(batch, fields)
    assert list(refused.value.fields) == [named]
    assert batch.ingredients == []


def test_the_hours_of_a_zone_are_noted_twice_and_kept_once(session: Database) -> None:
    batch = start_batch(make_variant(), 1, by="作坊主", ingredients=[RICE])
    begun = now() - timedelta(hours=2)
    note_zone_times(batch, ZoneKind.RAW, begun)
    assert batch.finished_at is None
    note_zone_times(batch, ZoneKind.RAW, begun, begun + timedelta(hours=1))
    assert [(times.zone, times.finished_at) for times in batch.zone_times] == [("raw", begun + timedelta(hours=1))]
    session.expire(batch)
    assert batch.started_at == begun


def test_impossible_hours_are_refused(session: Database) -> None:
    batch = start_batch(make_variant(), 1, by="作坊主")
    later, earlier = now() + timedelta(minutes=5), now() - timedelta(minutes=5)
    for begin, end, named in (
        (later, None, "started_at"),
        (earlier, later, "finished_at"),
        (earlier, earlier, "finished_at"),
        (earlier, earlier - timedelta(seconds=1), "finished_at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            note_zone_times(batch, ZoneKind.RAW, begin, end)
        assert list(refused.value.fields) == [named]
    assert batch.zone_times == []


def test_finishing_closes_open_zones_and_waits_for_the_test(session: Database) -> None:
    batch = start_batch(make_variant(), 1, by="作坊主", ingredients=[RICE])
    note_zone_times(batch, ZoneKind.PRODUCTION, now() - timedelta(hours=1))
    finish_batch(batch, by="作坊主")
    assert batch.status == BatchStatus.AWAITING_TEST
    assert batch.finished_at is not None
    assert not batch.is_sellable


def test_nothing_is_added_to_a_finished_batch(session: Database) -> None:
    batch = make_batch(status=BatchStatus.AWAITING_TEST)
    for act in (
        lambda: add_ingredient(batch, RICE),
        lambda: note_zone_times(batch, ZoneKind.RAW, now() - timedelta(hours=9)),
        lambda: finish_batch(batch, by="作坊主"),
    ):
        with pytest.raises(BatchClosed):
            act()
    assert len(batch.ingredients) == 2


def test_a_batch_of_nothing_cannot_be_finished(session: Database) -> None:
    batch = start_batch(make_variant(), 1, by="作坊主")
    with pytest.raises(BatchWithoutIngredients):
        finish_batch(batch, by="作坊主")
    assert batch.status == BatchStatus.IN_PRODUCTION


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(days=st.integers(0, 800), shelf_life_days=st.integers(0, 4000))
def test_the_best_before_day_is_as_far_from_the_making_as_the_product_keeps(
    session: Database, days: int, shelf_life_days: int
) -> None:
    variant = make_variant(make_product(shelf_life_days=shelf_life_days))
    batch = start_batch(variant, 1, by="作坊主", made_on=today() - timedelta(days=days))
    assert (batch.best_before_on - batch.made_on).days == shelf_life_days
    assert batch.lot.startswith(f"{batch.made_on:%y%m%d}")
