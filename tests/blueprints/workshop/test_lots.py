"""The owner's shelf lot by lot, the hint which lot to pack, and a line that can't be made."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.db import db
from domain.batches.models import Batch
from domain.orders import dispatching
from domain.orders.models import OrderLine
from domain.products.models import Product, Variant
from domain.stock.models import Stock, StockLot, StockMovement
from tests.blueprints.workshop.conftest import Bench
from tests.factories.accounts import make_owner
from tests.factories.makers import buy, make_lot, make_shared_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
Count = Callable[..., int]


def test_a_lot_is_counted_with_its_reason(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    shelf = f"/workshop/variants/{bench.variant_id}/stock"
    lot = f"/workshop/variants/{bench.variant_id}/lots/{bench.batch_id}"
    assert "还没入库" in text_of(page(owner.get(shelf)))
    page(owner.get(lot))
    assert owner.post(lot, {"counted": "6", "seen": "0", "reason": "新做好入库"}).location == shelf
    seen = text_of(page(owner.get(shelf)))
    assert bench.lot in seen
    assert "新做好入库" in seen
    with app.app_context():
        kept = db.session.scalars(select(StockLot).filter_by(batch_id=bench.batch_id)).one()
        assert (kept.on_hand, db.session.get_one(Stock, bench.variant_id).on_hand) == (6, 16)
    late = owner.post(lot, {"counted": "9", "seen": "0", "reason": "盘点"})
    assert late.status_code == 409
    assert "库存变成了 6 件" in text_of(page(late))


def test_a_bad_count_of_a_lot_moves_nothing(owner: Browser, bench: Bench, theirs: Bench, count: Count) -> None:
    lot = f"/workshop/variants/{bench.variant_id}/lots/{bench.batch_id}"
    for form in ({}, {"counted": "-1", "seen": "0", "reason": "盘点"}, {"counted": "5", "seen": "0", "reason": "坏"}):
        assert owner.post(lot, form).status_code == 422
    good = {"counted": "5", "seen": "0", "reason": "盘点"}
    for path in (
        f"/workshop/variants/{bench.variant_id}/lots/{theirs.batch_id}",
        f"/workshop/variants/{theirs.variant_id}/lots/{theirs.batch_id}",
        f"/workshop/variants/{bench.variant_id}/lots/{bench.open_batch_id}",
    ):
        assert owner.get(path).status_code == 404
        assert owner.post(path, good).status_code == 404
    assert count(StockMovement) == 0


def test_a_maker_counts_its_own_lots_of_anothers_product_only(
    app: Flask, sign_in: Callable[[int], Browser], clean_database: None, page: Page
) -> None:
    with app.app_context():
        variant, makers = make_shared_variant(5, 4)
        person, variant_id = make_owner(makers[1]).id, variant.id
        batches = {batch.workshop_id: batch for batch in db.session.scalars(select(Batch))}
        own, other = batches[makers[1].id], batches[makers[0].id]
        lots, ids = (own.lot, other.lot), (own.id, other.id)
        slug = db.session.scalars(select(Product.slug)).one()
        db.session.commit()
    owner = sign_in(person)
    seen = text_of(page(owner.get(f"/workshop/variants/{variant_id}/stock")))
    assert lots[0] in seen
    path = f"/workshop/variants/{variant_id}/lots/"
    good = {"counted": "3", "seen": "4", "reason": "破损"}
    assert owner.post(f"{path}{ids[0]}", good).status_code == 302
    assert owner.post(f"{path}{ids[1]}", good).status_code == 404
    assert owner.post(f"/workshop/variants/{variant_id}/stock", good).status_code == 404
    assert owner.get(f"/workshop/products/{slug}").status_code == 404
    with app.app_context():
        assert db.session.get_one(Stock, variant_id).on_hand == 8


def test_the_lot_to_take_is_hinted_and_a_line_can_be_declined(
    app: Flask, owner: Browser, bench: Bench, page: Page
) -> None:
    with app.app_context():
        variant = db.session.get_one(Variant, bench.variant_id)
        db.session.query(StockLot).filter_by(variant_id=variant.id).update({"on_hand": 0})
        db.session.query(Stock).filter_by(variant_id=variant.id).update({"on_hand": 0})
        lot = db.session.get_one(Batch, make_lot(variant, 5)).lot
        order = buy({variant: 2})
        number, line_id = order.workshop_orders[0].number, order.lines[0].id
        db.session.commit()
    hint = text_of(page(owner.get(f"/workshop/orders/{number}/pack")))
    assert f"先拿批次 {lot}" in hint
    assert "2 件" in hint
    assert "做不了" in text_of(page(owner.get(f"/workshop/orders/{number}")))
    decline = f"/workshop/orders/{number}/lines/{line_id}/decline"
    assert owner.post(decline, {"reason": "停"}).status_code == 422
    assert owner.post(f"/workshop/orders/{bench.number}/lines/{line_id}/decline", {"reason": "停电"}).status_code == 404
    assert owner.post(decline, {"reason": "停电了"}).location == f"/workshop/orders/{number}"
    after = text_of(page(owner.get(f"/workshop/orders/{number}")))
    assert "已转出" in after
    assert "都转给别的作坊了" in after
    page(owner.get("/workshop/orders"))
    assert owner.post(decline, {"reason": "停电了"}).status_code == 404
    with app.app_context():
        assert db.session.get_one(OrderLine, line_id).is_open


def test_the_buyer_sees_the_line_that_waits_for_its_maker(
    app: Flask, sign_in: Callable[[int], Browser], clean_database: None, page: Page
) -> None:
    with app.app_context():
        variant, _makers = make_shared_variant(5, 0)
        order = buy({variant: 2})
        own = make_shared_variant(4)[0]
        both = buy({variant: 1, own: 1})
        for made in (order, both):
            part = next(
                part for part in made.workshop_orders if any(line.variant_id == variant.id for line in part.lines)
            )
            line = next(line for line in part.lines if line.variant_id == variant.id)
            assert dispatching.decline(part, line.id, by="作坊主", reason="停电") is None
        numbers = {made.number: made.account_id for made in (order, both)}
        db.session.commit()
    for number, account_id in numbers.items():
        buyer = sign_in(account_id)
        document = text_of(page(buyer.get(f"/orders/{number}")))
        assert variant_name(app, number) in document


def variant_name(app: Flask, number: str) -> str:
    with app.app_context():
        return str(db.session.scalars(select(OrderLine.product_name).where(OrderLine.is_open)).first())
