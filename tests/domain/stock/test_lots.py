"""Lots: the first to expire is sold first, nothing is sold that is blocked or too old, what is given up goes back once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.clock import today
from core.db import db
from core.errors import InvalidInput
from domain.batches.models import Batch
from domain.batches.releasing import block_batch, release_batch
from domain.stock import cutoff, lots, recounting, reserving
from domain.stock.availability import available
from domain.stock.looking import differences, lots_on_shelf
from domain.stock.models import Allocation, MovementKind, Stock, StockLot, StockMovement
from domain.stock.receiving import receive
from domain.stock.returning import put_back
from tests.factories.batches import age_batch
from tests.factories.makers import make_lot
from tests.factories.products import make_product, make_variant
from tests.factories.purchases import make_received
from tests.fixtures.racing import Race, committed, failures


def lot(batch_id: int) -> StockLot:
    return db.session.scalars(
        select(StockLot).filter_by(batch_id=batch_id).execution_options(populate_existing=True)
    ).one()


def stock(variant_id: int) -> tuple[int, int, int]:
    row = db.session.get_one(Stock, variant_id, populate_existing=True)
    return row.on_hand, row.reserved, row.short


def owned(number: str) -> dict[int, int]:
    """What an order has of each batch."""
    rows = select(StockLot.batch_id, Allocation.quantity).join(StockLot).where(Allocation.order_number == number)
    return {row[0]: row[1] for row in db.session.execute(rows) if row[1]}


def adds_up(variant_id: int) -> bool:
    """Lots, counter, ledger and allocations tell the same."""
    counted = select(func.sum(StockMovement.change)).filter_by(variant_id=variant_id, is_on_sale=True)
    held = select(func.coalesce(func.sum(Allocation.quantity), 0)).where(Allocation.lot_id == StockLot.id)
    wrong = select(StockLot.id).where(StockLot.allocated != held.scalar_subquery())
    ledger = db.session.scalar(counted) or 0
    return differences() == [] and ledger == stock(variant_id)[0] and db.session.scalars(wrong).all() == []


def buy_both(number: str, variant_ids: list[int]) -> None:
    reserving.reserve(number, dict.fromkeys(variant_ids, 1), dict.fromkeys(variant_ids, "酒"))
    reserving.sell(number, "test")


def sell(number: str, variant_id: int, quantity: int) -> None:
    reserving.reserve(number, {variant_id: quantity}, {variant_id: "酒"})
    reserving.sell(number, "test")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(1, 6)), min_size=1, max_size=5),
    st.lists(st.integers(1, 5), min_size=1, max_size=6),
)
def test_the_first_to_expire_is_sold_first(session: Any, shelf: list[tuple[int, int]], orders: list[int]) -> None:
    variant = make_variant(stock=0)
    days = {}
    for age, quantity in shelf:
        days[make_lot(variant, quantity, made_on=today() - timedelta(days=age))] = age
    left = sorted((-age, key, lot(key).on_hand) for key, age in days.items())
    queue = [key for _, key, quantity in left for _ in range(quantity)]
    for place, quantity in enumerate(orders):
        number = f"ORDER{variant.id}-{place}"
        if quantity > len(queue):
            with pytest.raises(reserving.StockInsufficient):
                reserving.reserve(number, {variant.id: quantity}, {variant.id: "酒"})
            continue
        sell(number, variant.id, quantity)
        taken, queue = queue[:quantity], queue[quantity:]
        assert owned(number) == {key: taken.count(key) for key in set(taken)}
    assert stock(variant.id) == (len(queue), 0, 0)
    assert adds_up(variant.id)


@pytest.mark.parametrize(
    ("shelf_life", "days"), [(400, 45), (365, 45), (200, 20), (90, 15), (30, 10), (16, 5), (15, 4), (4, 1), (1, 1)]
)
def test_days_that_must_be_left_follow_the_bands(shelf_life: int, days: int) -> None:
    assert cutoff.default_cutoff_days(shelf_life) == days


def test_a_lot_is_not_sold_once_too_few_days_are_left(session: Any) -> None:
    variant = make_variant(make_product(shelf_life_days=30), stock=0)
    make_lot(variant, 5, made_on=today() - timedelta(days=20))
    old = make_lot(variant, 3, made_on=today() - timedelta(days=21))
    assert available({variant.id}) == {variant.id: 5}
    assert not lot(old).is_on_sale
    cutoff.set_cutoff(variant.product, 9)
    lots.recheck_all()
    assert available({variant.id}) == {variant.id: 8}
    cutoff.set_cutoff(variant.product, 11)
    # At once, before anybody has written it down.
    assert stock(variant.id)[0] == 8
    assert available({variant.id}) == {variant.id: 0}
    with pytest.raises(reserving.StockInsufficient):
        reserving.reserve("ORDER1", {variant.id: 1}, {variant.id: "酒"})
    assert lots.recheck_all() == 1
    assert lots.recheck_all() == 0
    assert stock(variant.id) == (0, 0, 0)
    assert adds_up(variant.id)
    with pytest.raises(InvalidInput):
        cutoff.set_cutoff(variant.product, 31)


def test_a_blocked_batch_is_off_sale_at_once_and_back_when_released(session: Any) -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 5)
    batch = db.session.get_one(Batch, key)
    block_batch(batch, by="实验室", reason="复检")
    assert available({variant.id}) == {variant.id: 0}
    with pytest.raises(reserving.StockInsufficient) as caught:
        reserving.reserve("ORDER1", {variant.id: 1}, {variant.id: "酒"})
    assert caught.value.params["available"] == 0
    lots.recheck_all()
    release_batch(batch, by="实验室")
    lots.recheck_all()
    assert available({variant.id}) == {variant.id: 5}
    kinds = db.session.scalars(select(StockMovement.kind).order_by(StockMovement.id)).all()
    assert kinds == [MovementKind.PRODUCTION, MovementKind.OFF_SALE, MovementKind.ON_SALE]
    assert adds_up(variant.id)


def test_a_batch_blocked_while_reserved_leaves_the_order_short(session: Any) -> None:
    variant = make_variant(stock=0)
    bad, good = make_lot(variant, 4), make_lot(variant, 2)
    reserving.reserve("ORDER1", {variant.id: 5}, {variant.id: "酒"})
    block_batch(db.session.get_one(Batch, bad), by="实验室", reason="复检")
    lots.recheck_all()
    assert stock(variant.id) == (2, 5, 3)
    sold = reserving.sell("ORDER1", "test")[variant.id]
    assert (sold.quantity, sold.short) == (5, 3)
    assert owned("ORDER1") == {good: 2}
    assert stock(variant.id) == (0, 0, 0)
    assert adds_up(variant.id)
    # Nothing returns for what no lot ever gave.
    put_back("ORDER1", {variant.id: 3}, by="test", reason="退款")
    assert stock(variant.id) == (0, 0, 0)
    put_back("ORDER1", {variant.id: 2}, by="test", reason="退款")
    assert stock(variant.id) == (2, 0, 0)
    assert adds_up(variant.id)


def test_what_is_put_back_returns_to_its_lots_once(session: Any) -> None:
    variant = make_variant(stock=0)
    first, second = make_lot(variant, 3, made_on=today() - timedelta(days=3)), make_lot(variant, 3)
    sell("ORDER1", variant.id, 5)
    put_back("ORDER1", {variant.id: 1}, by="test", reason="少买一件")
    assert owned("ORDER1") == {first: 3, second: 1}
    for _ in range(2):
        put_back("ORDER1", {variant.id: 5}, by="test", reason="退款")
        assert (lot(first).unsold, lot(second).unsold) == (3, 3)
    assert stock(variant.id) == (6, 0, 0)
    assert adds_up(variant.id)


def test_what_is_put_back_into_a_blocked_lot_is_not_for_sale(session: Any) -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 3)
    sell("ORDER1", variant.id, 2)
    block_batch(db.session.get_one(Batch, key), by="实验室", reason="复检")
    put_back("ORDER1", {variant.id: 2}, by="test", reason="退款")
    assert (lot(key).unsold, stock(variant.id)) == (3, (0, 0, 0))
    assert adds_up(variant.id)


def test_a_batch_of_another_day_that_was_aged_is_seen_as_it_was_counted(session: Any) -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 3)
    age_batch(db.session.get_one(Batch, key), 40)
    assert available({variant.id}) == {variant.id: 3}


def test_a_lot_is_recounted_never_below_what_is_sold_or_reserved(session: Any) -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 10)
    sell("ORDER1", variant.id, 4)
    reserving.reserve("ORDER2", {variant.id: 3}, {variant.id: "酒"})
    with pytest.raises(recounting.CountBelowAllocated):
        recounting.recount_lot(lot(key).id, 3, by="陈师傅", reason="少了")
    with pytest.raises(recounting.CountBelowReserved):
        recounting.recount_lot(lot(key).id, 6, by="陈师傅", reason="少了")
    with pytest.raises(recounting.StockMovedMeanwhile):
        recounting.recount_lot(lot(key).id, 9, seen=9, by="陈师傅", reason="少了")
    assert recounting.recount_lot(lot(key).id, 8, seen=10, by="陈师傅", reason="破损") == -2
    assert stock(variant.id) == (4, 3, 0)
    assert adds_up(variant.id)


def test_a_released_batch_never_counted_is_shown_and_can_be_counted(session: Any) -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 0)
    [row] = lots_on_shelf(variant.id, {variant.product.workshop_id})
    assert (row.lot_id, row.batch_id, row.on_hand) == (None, key, 0)
    recounting.count_shelf(
        recounting.Shelf(variant.id, key, variant.product.workshop_id), 7, by="陈师傅", reason="新做好入库"
    )
    [row] = lots_on_shelf(variant.id, {variant.product.workshop_id})
    assert (row.batch_id, row.on_hand, row.is_sellable) == (key, 7, True)
    assert available({variant.id}) == {variant.id: 7}
    assert lots_on_shelf(variant.id, {0}) == []


def test_a_reference_that_no_batch_has_counts_without_batch(session: Any) -> None:
    variant = make_variant(stock=0)
    receive(variant.id, 4, reference="OLD", by="test")
    make_lot(variant, 2)
    sell("ORDER1", variant.id, 5)
    assert sorted(owned("ORDER1").values()) == [1, 4]
    assert adds_up(variant.id)


@pytest.mark.parametrize("packets", [1, 5, 20])
def test_sixty_four_orders_at_once_sell_what_there_is(app: Flask, race: Race, packets: int) -> None:
    with committed(app):
        variant_id = make_received(packets).id
    outcomes = race(*[partial(sell, f"ORDER{n}", variant_id, 1) for n in range(64)])
    assert failures(outcomes) == ["StockInsufficient"] * (64 - packets)
    with app.app_context():
        assert stock(variant_id) == (0, 0, 0)
        assert db.session.scalar(select(func.sum(Allocation.quantity))) == packets
        assert adds_up(variant_id)


def test_orders_blocking_and_returning_at_once_end_with_books_that_agree(app: Flask, race: Race) -> None:
    with committed(app):
        variants = [make_variant(stock=0) for _ in range(2)]
        keys = [(variant.id, [make_lot(variant, 6) for _ in range(2)]) for variant in variants]
        for n in range(4):
            buy_both(f"BEFORE{n}", [variant_id for variant_id, _ in keys])
    ids = [variant_id for variant_id, _ in keys]

    def block() -> None:
        block_batch(db.session.get_one(Batch, keys[0][1][0]), by="实验室", reason="复检")
        lots.recheck_all()

    def give_back(n: int) -> None:
        put_back(f"BEFORE{n}", dict.fromkeys(reversed(ids), 1), by="test", reason="退款")

    acts = (
        [partial(buy_both, f"A{n}", ids) for n in range(12)] + [block] + [partial(give_back, n // 2) for n in range(8)]
    )
    assert set(failures(race(*acts))) <= {"StockInsufficient"}
    with app.app_context():
        lots.recheck_all()
        assert all(adds_up(variant_id) for variant_id, _ in keys)
        assert not lot(keys[0][1][0]).is_on_sale
