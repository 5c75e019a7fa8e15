"""A recount sets the quantity on hand, never below what is reserved, and leaves a movement."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from domain.stock import looking, recounting
from domain.stock.models import Stock, StockMovement
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


def movements(session: scoped_session[Session], variant_id: int) -> list[tuple[str, int, str, str]]:
    rows = session.scalars(select(StockMovement).filter_by(variant_id=variant_id).order_by(StockMovement.id))
    return [(row.kind, row.change, row.reason, row.by) for row in rows]


def test_the_difference_is_written_with_its_reason(session: scoped_session[Session]) -> None:
    variant = make_variant(stock=10)
    assert recounting.recount(variant.id, 7, seen=10, by="陈师傅", reason="破损") == -3
    assert recounting.recount(variant.id, 12, by="陈师傅", reason="补数") == 5
    assert recounting.recount(variant.id, 12, by="陈师傅", reason="没有变") == 0
    assert session.get_one(Stock, variant.id).on_hand == 12
    assert movements(session, variant.id) == [("recount", -3, "破损", "陈师傅"), ("recount", 5, "补数", "陈师傅")]


def test_a_variant_never_counted_starts_from_nothing(session: scoped_session[Session]) -> None:
    variant = make_variant(stock=0)
    session.delete(session.get_one(Stock, variant.id))
    session.flush()
    assert looking.stock_rows({variant.id})[variant.id].available == 0
    assert recounting.recount(variant.id, 4, by="陈师傅", reason="开账") == 4
    assert session.get_one(Stock, variant.id).on_hand == 4


def test_never_below_what_is_reserved(session: scoped_session[Session]) -> None:
    variant = make_variant(stock=10)
    session.get_one(Stock, variant.id).reserved = 6
    session.flush()
    with pytest.raises(recounting.CountBelowReserved) as refused:
        recounting.recount(variant.id, 5, by="陈师傅", reason="少了")
    assert refused.value.params["reserved"] == 6
    recounting.recount(variant.id, 6, by="陈师傅", reason="少了")
    assert movements(session, variant.id) == [("recount", -4, "少了", "陈师傅")]


def test_a_count_made_while_something_was_sold_is_asked_again(session: scoped_session[Session]) -> None:
    variant = make_variant(stock=9)
    with pytest.raises(recounting.StockMovedMeanwhile):
        recounting.recount(variant.id, 10, seen=10, by="陈师傅", reason="盘点")
    assert session.get_one(Stock, variant.id).on_hand == 9
    assert movements(session, variant.id) == []


def test_what_runs_out_is_told_scarcest_first(session: scoped_session[Session]) -> None:
    workshop = make_workshop()
    product = make_product(workshop)
    few, none, _plenty = (make_variant(product, stock=stock) for stock in (3, 0, 50))
    make_variant(make_product(workshop, status="draft"), stock=0)
    found = looking.low_stock(product.workshop_id)
    assert [(row.variant_id, row.available) for row in found] == [(none.id, 0), (few.id, 3)]
