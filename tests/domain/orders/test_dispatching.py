"""A paid line finds its maker; a declined one the next; nothing is lost or counted twice on the way."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core.db import db
from core.errors import InvalidInput, NotFound
from domain.batches.models import Batch
from domain.batches.releasing import block_batch
from domain.fulfillment import declining, shipping_out
from domain.fulfillment.shipping_out import Contents
from domain.orders import dispatching
from domain.orders.choosing import Rule
from domain.orders.dispatched import dispatches_of, open_dispatches
from domain.orders.models import Dispatch, Order, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.products.makers import WorkshopNotMaker, set_maker
from domain.stock.looking import differences
from domain.stock.models import Allocation, Stock, StockLot
from domain.workshops.models import Workshop
from tests.factories.accounts import make_buyer
from tests.factories.makers import buy, make_lot, make_shared_variant, pay
from tests.factories.products import make_product, make_variant
from tests.factories.purchases import place
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


def line_of(order: Order) -> OrderLine:
    [line] = order.lines
    return line


def part_of(order: Order, workshop: Workshop) -> WorkshopOrder:
    return db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id, workshop_id=workshop.id)).one()


def owned_at(order: Order) -> dict[int, int]:
    """What the order has in the lots of each workshop."""
    statement = select(StockLot.workshop_id, func.sum(Allocation.quantity)).join(StockLot)
    rows = db.session.execute(statement.where(Allocation.order_number == order.number).group_by(StockLot.workshop_id))
    return {row[0]: int(row[1]) for row in rows if row[1]}


def adds_up(order: Order) -> bool:
    db.session.expire_all()
    parts = sum(part.goods_fen - part.discount_fen + part.freight_fen for part in order.workshop_orders)
    waiting = sum(line.paid_fen for line in order.lines if line.is_open)
    live = {part.workshop_id for part in order.workshop_orders}
    waiting += sum(freight.freight_fen for freight in order.freights if freight.carrier_id not in live)
    return parts + waiting == order.total_fen and differences() == []


def on_hand(variant_id: int) -> int:
    return db.session.get_one(Stock, variant_id, populate_existing=True).on_hand


def test_the_only_maker_keeps_its_line() -> None:
    variant = make_variant(stock=5)
    order = buy({variant: 2})
    assert line_of(order).workshop_id == variant.product.workshop_id
    [row] = dispatches_of(order)
    assert (row.rule, row.short) == (Rule.ONLY_MAKER, 0)
    assert open_dispatches() == []
    assert adds_up(order)


def test_lines_take_turns_and_their_lots_are_the_makers_own() -> None:
    variant, makers = make_shared_variant(10, 10)
    orders = [buy({variant: 2}) for _ in range(4)]
    assert [line_of(order).workshop_id for order in orders] == [makers[0].id, makers[1].id] * 2
    assert all(owned_at(order) == {line_of(order).workshop_id: 2} for order in orders)
    assert all(adds_up(order) for order in orders)
    [row] = dispatches_of(orders[1])
    assert row.rule == Rule.FAIR_SHARE
    assert [facts["given_lately"] for facts in row.facts] == [2, 0]
    assert orders[1].workshop_orders[0].freight_fen == orders[1].freight_fen > 0


def test_stock_and_capacity_come_before_turns() -> None:
    variant, makers = make_shared_variant(1, 9, capacity=4)
    assert line_of(buy({variant: 3})).workshop_id == makers[1].id
    order = buy({variant: 3})
    assert line_of(order).workshop_id == makers[1].id
    assert dispatches_of(order)[0].rule == Rule.OVER_CAPACITY
    set_maker(variant.id, makers[1].id, daily_capacity=4, is_active=False)
    assert line_of(buy({variant: 1})).workshop_id == makers[0].id


def test_an_order_whose_packets_were_blocked_is_not_silently_fulfilled() -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 3)
    order = place(make_buyer(), {variant: 2})
    block_batch(db.session.get_one(Batch, key), by="实验室", reason="复检")
    pay(order)
    [row] = open_dispatches()
    assert (row.line.id, row.order_number, row.missing, row.workshop_id) == (
        line_of(order).id, order.number, 2, variant.product.workshop_id,
    )  # fmt: skip
    assert owned_at(order) == {}
    assert adds_up(order)


def test_packets_blocked_after_the_sale_are_seen_too() -> None:
    variant = make_variant(stock=0)
    key = make_lot(variant, 3)
    order = buy({variant: 2})
    assert open_dispatches() == []
    block_batch(db.session.get_one(Batch, key), by="实验室", reason="复检")
    assert [(row.order_number, row.missing) for row in open_dispatches()] == [(order.number, 2)]


def test_a_declined_line_goes_to_the_next_with_its_freight_and_lots() -> None:
    variant, makers = make_shared_variant(5, 5, 5)
    order = buy({variant: 2})
    first = part_of(order, makers[0])
    freight_fen = first.freight_fen
    assert dispatching.decline(first, line_of(order).id, by="作坊主", reason="停电") == makers[1].id
    assert first.status == WorkshopOrderStatus.REASSIGNED
    second = part_of(order, makers[1])
    assert [part.id for part in order.workshop_orders] == [second.id]
    assert (second.number, second.freight_fen) == (f"{order.number}-2", freight_fen)
    assert owned_at(order) == {makers[1].id: 2}
    assert on_hand(variant.id) == 13
    assert adds_up(order)
    with pytest.raises(NotFound):
        dispatching.decline(first, line_of(order).id, by="作坊主", reason="停电")
    assert dispatching.decline(second, line_of(order).id, by="作坊主", reason="没米了") == makers[2].id
    kinds = [(row.kind, row.workshop_id, row.reason) for row in dispatches_of(order)]
    assert kinds == [
        ("chosen", makers[0].id, ""), ("declined", makers[0].id, "停电"),
        ("chosen", makers[1].id, ""), ("declined", makers[1].id, "没米了"), ("chosen", makers[2].id, ""),
    ]  # fmt: skip


def test_a_line_nobody_else_can_make_is_open_until_the_operator_decides() -> None:
    variant, makers = make_shared_variant(5, 0)
    order = buy({variant: 2})
    part = part_of(order, makers[0])
    with pytest.raises(InvalidInput):
        dispatching.decline(part, line_of(order).id, by="作坊主", reason=" ")
    assert dispatching.decline(part, line_of(order).id, by="作坊主", reason="停电") is None
    assert (order.workshop_orders, owned_at(order), on_hand(variant.id)) == ([], {}, 5)
    [row] = open_dispatches()
    assert (row.workshop_id, row.missing, row.reason) == (None, 2, "停电")
    assert adds_up(order)
    with pytest.raises(WorkshopNotMaker):
        dispatching.assign(line_of(order), make_workshop().id, "operator", "试试")
    assert dispatching.assign(line_of(order), makers[1].id, "operator", "明天做") == 2
    assert [row.missing for row in open_dispatches()] == [2]
    assert dispatching.assign(line_of(order), makers[0].id, "operator", "来电了") == 0
    assert open_dispatches() == []
    assert [part.id for part in order.workshop_orders] == [part_of(order, makers[0]).id]
    assert adds_up(order)


def test_a_line_joins_the_part_the_workshop_already_has() -> None:
    variant, makers = make_shared_variant(5, 5)
    own = make_variant(make_product(makers[1]), stock=5)
    order = buy({variant: 1, own: 1})
    before = part_of(order, makers[1]).goods_fen
    [line] = [line for line in order.lines if line.variant_id == variant.id]
    assert dispatching.decline(part_of(order, makers[0]), line.id, by="作坊主", reason="停电") == makers[1].id
    joined = part_of(order, makers[1])
    assert (joined.goods_fen, len(joined.lines)) == (before + line.amount_fen, 2)
    assert adds_up(order)


@pytest.mark.parametrize("status", ["packed", "shipped"])
def test_a_closed_box_neither_gives_nor_takes(status: str) -> None:
    variant, makers = make_shared_variant(5, 5)
    own = make_variant(make_product(makers[1]), stock=5)
    order = buy({variant: 1, own: 1})
    closed = part_of(order, makers[1])
    closed.status = status
    db.session.flush()
    lines = {line.variant_id: line for line in order.lines}
    with pytest.raises(dispatching.LineNotDispatchable):
        dispatching.decline(closed, lines[own.id].id, by="作坊主", reason="停电")
    with pytest.raises(dispatching.LineNotDispatchable):
        dispatching.assign(lines[variant.id], makers[1].id, "operator", "一起寄")
    goods_fen = closed.goods_fen
    assert dispatching.decline(part_of(order, makers[0]), lines[variant.id].id, by="作坊主", reason="停电") is None
    assert closed.goods_fen == goods_fen
    assert adds_up(order)


def test_what_was_decided_is_never_rewritten() -> None:
    order = buy({make_variant(stock=5): 1})
    [row] = db.session.scalars(select(Dispatch)).all()
    assert row.order_line_id == line_of(order).id


def test_after_a_first_parcel_neither_workshop_nor_operator_moves_a_line() -> None:
    variant, makers = make_shared_variant(5, 5)
    order = buy({variant: 3})
    part = part_of(order, makers[0])
    counted = Contents(counted={line_of(order).id: 1})
    shipping_out.ship(part, "SF", "SF1234567890155", "作坊主", counted)
    before = (owned_at(order), len(dispatches_of(order)))
    with pytest.raises(dispatching.LineNotDispatchable):
        declining.decline_line(part, line_of(order).id, by="作坊主", reason="停电")
    with pytest.raises(dispatching.LineNotDispatchable):
        dispatching.assign(line_of(order), makers[1].id, "集群运营", "停电")
    assert (owned_at(order), len(dispatches_of(order)), part.status) == (*before, WorkshopOrderStatus.TO_PACK)
