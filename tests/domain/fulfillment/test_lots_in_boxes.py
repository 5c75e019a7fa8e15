"""What is really put into the box is what the books say; a line is declined before it is packed, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import today
from core.db import db
from domain.batches.models import Batch
from domain.batches.releasing import block_batch
from domain.fulfillment import declining, packing, shipping_out
from domain.fulfillment.models import PackedPackage
from domain.labels.minting import mint_codes
from domain.orders.dispatched import dispatches_of
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.products.models import Variant
from domain.stock.looking import differences, packing_hints
from domain.stock.models import Allocation, StockLot, StockMovement
from domain.stock.recounting import recount
from tests.factories.makers import buy, make_lot, make_shared_variant
from tests.factories.products import make_variant
from tests.fixtures.racing import Race, committed, failures

Owned = dict[int | None, tuple[int, int]]


def owned(order: Order) -> Owned:
    """What an order has of each batch: packets, and how many of them are in the box."""
    statement = select(StockLot.batch_id, Allocation.quantity, Allocation.packed_quantity).join(StockLot)
    rows = db.session.execute(statement.where(Allocation.order_number == order.number, Allocation.quantity > 0))
    return {row[0]: (row[1], row[2]) for row in rows}


def serials(batch_id: int, count: int) -> list[str]:
    return [code.serial for code in mint_codes(db.session.get_one(Batch, batch_id), count)]


def agree(variant: Variant) -> bool:
    """Counter, lots, allocations and ledger tell the same."""
    held = select(func.coalesce(func.sum(Allocation.quantity), 0)).where(Allocation.lot_id == StockLot.id)
    wrong = db.session.scalars(select(StockLot.id).where(StockLot.allocated != held.scalar_subquery())).all()
    ledger = select(func.sum(StockMovement.change)).filter_by(variant_id=variant.id, is_on_sale=True)
    unsold = select(func.sum(StockLot.on_hand - StockLot.allocated)).filter_by(variant_id=variant.id, is_on_sale=True)
    return differences() == [] and wrong == [] and (db.session.scalar(ledger) or 0) == (db.session.scalar(unsold) or 0)


def two_lots() -> tuple[Variant, int, int]:
    variant = make_variant(stock=0)
    old = make_lot(variant, 5, made_on=today() - timedelta(days=4))
    return variant, old, make_lot(variant, 5)


@pytest.mark.usefixtures("session")
class TestPacking:
    def test_the_oldest_is_hinted_and_the_lot_really_packed_is_taken(self) -> None:
        variant, old, new = two_lots()
        order = buy({variant: 3})
        [part] = order.workshop_orders
        [hint] = packing_hints(order.number)[variant.id]
        assert (hint.quantity, hint.best_before_on) == (3, db.session.get_one(Batch, old).best_before_on)
        first, second, third = [*serials(old, 1), *serials(new, 2)]
        packing.pack_package(part, first, "手机")
        packed = packing.pack_package(part, second, "手机")
        assert owned(order) == {old: (2, 1), new: (1, 1)}
        packing.unpack_package(part, packed.package_code_id)
        assert owned(order) == {old: (2, 1), new: (1, 0)}
        packing.pack_package(part, third, "手机")
        packing.pack_package(part, second, "手机")
        assert owned(order) == {old: (1, 1), new: (2, 2)}
        assert agree(variant)
        packing.finish_packing(part, "手机")
        shipping_out.ship(part, "SF", "SF1234567890123", "手机")
        assert owned(order) == {}
        left = db.session.execute(select(StockLot.on_hand, StockLot.allocated).order_by(StockLot.id)).all()
        assert [tuple(row) for row in left] == [(4, 0), (3, 0)]
        assert agree(variant)

    def test_two_orders_whose_lots_are_mixed_up_exchange_them(self) -> None:
        variant = make_variant(stock=0)
        old, new = make_lot(variant, 2, made_on=today() - timedelta(days=4)), make_lot(variant, 2)
        first, second = buy({variant: 2}), buy({variant: 2})
        assert (owned(first), owned(second)) == ({old: (2, 0)}, {new: (2, 0)})
        [part] = first.workshop_orders
        for serial in serials(new, 2):
            packing.pack_package(part, serial, "手机")
        assert (owned(first), owned(second)) == ({new: (2, 2)}, {old: (2, 0)})
        assert agree(variant)

    def test_packets_counted_without_batch_turn_out_to_be_of_one(self) -> None:
        variant = make_variant(stock=0)
        make_lot(variant, 0)
        recount(variant.id, 5, by="陈师傅", reason="新做好入库")
        order = buy({variant: 2})
        [batch_id] = db.session.scalars(select(Batch.id).filter_by(variant_id=variant.id))
        [part] = order.workshop_orders
        for serial in serials(batch_id, 1):
            packing.pack_package(part, serial, "手机")
        assert owned(order) == {None: (1, 0), batch_id: (1, 1)}
        left = db.session.scalars(select(StockLot.on_hand).filter_by(variant_id=variant.id).order_by(StockLot.id))
        assert list(left) == [4, 1]
        assert agree(variant)

    def test_goods_without_codes_are_made_good_from_another_lot_or_refused(self) -> None:
        variant, old, new = two_lots()
        order, other = buy({variant: 4}), buy({variant: 1})
        block_batch(db.session.get_one(Batch, old), by="实验室", reason="复检")
        [part] = order.workshop_orders
        packing.finish_packing(part, "手机", {line.id for line in part.lines})
        assert owned(order) == {new: (4, 0)}
        block_batch(db.session.get_one(Batch, new), by="实验室", reason="复检")
        with pytest.raises(packing.PackageBatchNotReleased):
            shipping_out.ship(part, "SF", "SF1234567890123", "手机")
        [theirs] = other.workshop_orders
        with pytest.raises(packing.LineShort):
            packing.finish_packing(theirs, "手机", {line.id for line in theirs.lines})
        assert agree(variant)

    def test_a_line_in_the_box_is_not_declined(self) -> None:
        variant, old, _ = two_lots()
        order = buy({variant: 2})
        [part] = order.workshop_orders
        packed = packing.pack_package(part, serials(old, 1)[0], "手机")
        with pytest.raises(declining.LineInBox):
            declining.decline_line(part, order.lines[0].id, by="作坊主", reason="停电")
        with pytest.raises(declining.LineInBox):
            declining.reassign_line(order.lines[0], part.workshop_id, by="operator", reason="换一家")
        assert len(dispatches_of(order)) == 1
        packing.unpack_package(part, packed.package_code_id)
        assert declining.decline_line(part, order.lines[0].id, by="作坊主", reason="停电") is None
        assert part.status == WorkshopOrderStatus.REASSIGNED
        with pytest.raises(packing.PackingOver):
            packing.pack_package(part, serials(old, 1)[0], "手机")
        assert agree(variant)


def part(part_id: int) -> WorkshopOrder:
    return db.session.get_one(WorkshopOrder, part_id)


def test_declining_while_it_is_packed_ends_in_one_or_the_other(app: Flask, race: Race) -> None:
    with committed(app):
        variant, _makers = make_shared_variant(6, 6)
        order = buy({variant: 2})
        [own] = order.workshop_orders
        line_id, part_id, variant_id = order.lines[0].id, own.id, variant.id
        batch_id = db.session.scalars(select(Batch.id).filter_by(workshop_id=own.workshop_id)).one()
        codes = serials(batch_id, 3)
    acts: list[Callable[[], Any]] = [
        lambda code=code: packing.pack_package(part(part_id), code, "手机")  # type: ignore[misc]
        for code in codes
    ]
    acts += [lambda: declining.decline_line(part(part_id), line_id, by="作坊主", reason="停电")] * 3
    refused = failures(race(*acts))
    assert set(refused) <= {"PackingOver", "LineInBox", "LineFull", "NotFound"}
    with app.app_context():
        line = db.session.get_one(OrderLine, line_id)
        packed = db.session.scalar(select(func.count()).select_from(PackedPackage))
        moved = line.workshop_id != part(part_id).workshop_id
        assert packed == (0 if moved else 2)
        assert agree(db.session.get_one(Variant, variant_id))


def test_many_orders_declined_and_bought_at_once_leave_books_that_agree(app: Flask, race: Race) -> None:
    with committed(app):
        variant, _makers = make_shared_variant(8, 8, 8)
        orders = [buy({variant: 1}) for _ in range(9)]
        wishes = [(order.workshop_orders[0].id, order.lines[0].id) for order in orders]
        variant_id = variant.id
    acts = [
        partial(lambda key, line_id: declining.decline_line(part(key), line_id, by="作坊主", reason="停电"), *wish)
        for wish in wishes
    ]
    assert failures(race(*acts)) == []
    with app.app_context():
        assert agree(db.session.get_one(Variant, variant_id))
        assert db.session.scalar(select(func.sum(Allocation.quantity))) == 9
        goods = select(func.sum(WorkshopOrder.goods_fen)).where(WorkshopOrder.status == WorkshopOrderStatus.TO_PACK)
        assert db.session.scalar(goods) == db.session.scalar(select(func.sum(OrderLine.amount_fen)))
