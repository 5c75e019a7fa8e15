"""The demo's goods are in stock lot by lot, can all be bought, and some have two makers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.db import db
from demo.loading import load
from domain.products.models import Variant, VariantMaker
from domain.stock.availability import available
from domain.stock.looking import differences
from domain.stock.models import Stock, StockLot
from tests.factories.makers import buy


def test_the_demo_is_counted_by_lot_and_shares_some_goods(session: Any) -> None:
    load("rtsp://127.0.0.1:1")
    ids = set(db.session.scalars(select(Stock.variant_id)))
    assert min(available(ids).values()) > 0
    assert differences() == []
    assert db.session.scalars(select(StockLot.id).where(StockLot.batch_id.is_(None))).all() == []
    makers = select(VariantMaker.variant_id, func.count()).group_by(VariantMaker.variant_id)
    counts = {row[0]: row[1] for row in db.session.execute(makers)}
    assert list(counts.values()) == [2, 2]
    variant = db.session.get_one(Variant, min(counts))
    given = {buy({variant: 1}).lines[0].workshop_id for _ in range(3)}
    assert len(given) == 2
