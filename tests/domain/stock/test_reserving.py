"""Stock moves by the ledger: what was received, less what was sold, is what lies there; each settlement happens once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from domain.stock import reserving
from domain.stock.availability import available
from domain.stock.models import MovementKind, Reservation, ReservationStatus, Stock, StockMovement
from domain.stock.receiving import receive
from tests.factories.products import make_variant
from tests.factories.purchases import make_received
from tests.fixtures.racing import Race, committed, failures


def counts(variant_id: int) -> tuple[int, int]:
    row = db.session.get_one(Stock, variant_id, populate_existing=True)
    return row.on_hand, row.reserved


def ledger(variant_id: int) -> int:
    return int(db.session.scalar(select(func.sum(StockMovement.change)).filter_by(variant_id=variant_id)) or 0)


def test_reserving_selling_and_releasing(session: Any) -> None:
    variant = make_received(10)
    for number, quantity in (("ORDER1", 4), ("ORDER2", 3)):
        reserving.reserve(number, {variant.id: quantity}, {variant.id: "酒"})
    assert counts(variant.id) == (10, 7)
    assert available({variant.id, 0}) == {variant.id: 3, 0: 0}
    reserving.sell("ORDER1", "test")
    reserving.release("ORDER2")
    assert counts(variant.id) == (6, 0)
    assert ledger(variant.id) == 6


@pytest.mark.parametrize("first", ["sell", "release"])
def test_what_is_settled_stays_so(session: Any, first: str) -> None:
    variant = make_received(10)
    reserving.reserve("ORDER1", {variant.id: 4}, {variant.id: "酒"})
    acts = {"sell": partial(reserving.sell, "ORDER1", "test"), "release": partial(reserving.release, "ORDER1")}
    acts.pop(first)()
    before = counts(variant.id)
    reserving.sell("ORDER1", "test")
    reserving.release("ORDER1")
    reserving.sell("NO-SUCH-ORDER", "test")
    assert counts(variant.id) == before == ((6, 0) if first == "sell" else (10, 0))


def test_an_order_is_reserved_whole_or_not_at_all(app: Flask, clean_database: None) -> None:
    with committed(app):
        plenty, few = make_received(10).id, make_received(1).id
    with pytest.raises(reserving.StockInsufficient) as caught, committed(app):
        reserving.reserve("ORDER1", {plenty: 2, few: 2}, {plenty: "酒", few: "糕"})
    assert (caught.value.params["variant_id"], caught.value.params["available"]) == (few, 1)
    with app.app_context():
        assert (counts(plenty), counts(few)) == ((10, 0), (1, 0))
        assert db.session.scalar(select(func.count(Reservation.id))) == 0


def test_a_variant_never_counted_has_none(session: Any) -> None:
    variant = make_variant()
    db.session.delete(db.session.get_one(Stock, variant.id))
    db.session.flush()
    with pytest.raises(reserving.StockInsufficient) as caught:
        reserving.reserve("ORDER1", {variant.id: 1}, {variant.id: "酒"})
    assert caught.value.params["available"] == 0
    receive(variant.id, 5, reference="LOT1", by="test")
    receive(variant.id, 2, reference="LOT2", by="test")
    assert counts(variant.id) == (7, 0)


def test_packets_that_come_in_at_once_are_all_counted(app: Flask, race: Race) -> None:
    with committed(app):
        variant_id = make_received(1).id
    outcomes = race(*[partial(receive, variant_id, 3, reference=f"LOT{n}", by="test") for n in range(16)])
    assert failures(outcomes) == []
    with app.app_context():
        assert counts(variant_id) == (49, 0)
        assert ledger(variant_id) == 49


def test_selling_and_releasing_one_order_at_once_settles_it_once(app: Flask, race: Race) -> None:
    with committed(app):
        variant_id = make_received(10).id
        reserving.reserve("ORDER1", {variant_id: 4}, {variant_id: "酒"})
    sell, release = partial(reserving.sell, "ORDER1", "test"), partial(reserving.release, "ORDER1")
    assert failures(race(*[sell, release] * 5)) == []
    with app.app_context():
        on_hand, reserved = counts(variant_id)
        status = db.session.scalars(select(Reservation.status)).one()
        assert (status, on_hand, reserved) in {(ReservationStatus.SOLD, 6, 0), (ReservationStatus.RELEASED, 10, 0)}
        assert ledger(variant_id) == on_hand
        sales = db.session.scalar(select(func.count(StockMovement.id)).filter_by(kind=MovementKind.SALE))
        assert sales == (1 if status == ReservationStatus.SOLD else 0)


@pytest.mark.parametrize("stock", [1, 5, 20])
def test_forty_wishes_for_one_each_are_met_while_there_is_stock(app: Flask, race: Race, stock: int) -> None:
    with committed(app):
        variant_id = make_received(stock).id
    wishes = [partial(reserving.reserve, f"ORDER{n}", {variant_id: 1}, {variant_id: "酒"}) for n in range(40)]
    outcomes = race(*wishes)
    assert failures(outcomes) == ["StockInsufficient"] * (40 - stock)
    with app.app_context():
        assert counts(variant_id) == (stock, stock)
        assert db.session.scalar(select(func.count(Reservation.id))) == stock
