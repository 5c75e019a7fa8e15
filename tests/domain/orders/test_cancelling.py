"""A paid order is given up before any of it is packed: money and packets go back, and packing never loses the race."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db
from core.errors import NotFound
from domain.fulfillment import packing, receiving, shipping_out
from domain.orders import cancelling
from domain.orders.actions import OrderAction, allowed_actions
from domain.orders.cancelling import CancelledTooLate
from domain.orders.models import Order, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.payments.models import Payment, Refund
from domain.products.models import Product
from domain.stock.models import MovementKind, Stock, StockMovement
from tests.domain.orders.test_refunding import books_balance, paid_order
from tests.fixtures.racing import Race, committed, failures

PACKED, CANCELLED = WorkshopOrderStatus.PACKED, WorkshopOrderStatus.CANCELLED


def on_hand(order: Order) -> list[int]:
    db.session.expire_all()
    return [db.session.get_one(Stock, line.variant_id).on_hand for line in order.lines]


def pack(part: WorkshopOrder) -> None:
    packing.finish_packing(part, "owner", {line.id for line in part.lines})


def test_a_whole_order_goes_back(session: Any) -> None:
    order = paid_order()
    assert allowed_actions(order) == [OrderAction.CANCEL_PAID]
    assert on_hand(order) == [8, 9]
    cancelling.cancel_paid(order.account_id, order.number, "拍错了")
    assert order.status == OrderStatus.REFUNDED
    assert {part.status for part in order.workshop_orders} == {CANCELLED}
    assert books_balance(order.number) == order.total_fen
    assert on_hand(order) == [10, 10]
    assert set(db.session.scalars(select(Product.sold_count))) == {0}
    returned = db.session.execute(select(StockMovement.change).filter_by(kind=MovementKind.RETURN)).scalars()
    assert sorted(returned) == [1, 2]
    assert allowed_actions(order) == []
    for _ in range(2):
        with pytest.raises(CancelledTooLate):
            cancelling.cancel_paid(order.account_id, order.number)
    assert on_hand(order) == [10, 10]


def test_one_part_goes_back_and_the_rest_is_sent(session: Any) -> None:
    order = paid_order()
    first, second = order.workshop_orders
    cancelling.cancel_part(order.account_id, order.number, second.number)
    assert (order.status, first.status, second.status) == (OrderStatus.PAID, "to_pack", CANCELLED)
    freight = next(row for row in order.freights if row.workshop_id == second.workshop_id)
    assert books_balance(order.number) == second.goods_fen + freight.freight_fen
    with pytest.raises(packing.PartCancelled):
        pack(second)
    pack(first)
    shipping_out.ship(first, "SF", "SF1234567890120", "owner")
    receiving.confirm_receipt(order, "buyer")
    assert order.status == OrderStatus.COMPLETED


def test_the_last_open_part_given_up_completes_the_order(session: Any) -> None:
    order = paid_order()
    first, second = order.workshop_orders
    pack(first)
    shipping_out.ship(first, "SF", "SF1234567890121", "owner")
    receiving.confirm_receipt(order, "buyer")
    assert order.status == OrderStatus.PAID
    cancelling.cancel_part(order.account_id, order.number, second.number)
    assert order.status == OrderStatus.COMPLETED


def test_part_after_part_ends_refunded(session: Any) -> None:
    order = paid_order()
    for part in order.workshop_orders:
        cancelling.cancel_part(order.account_id, order.number, part.number)
    assert order.status == OrderStatus.REFUNDED
    assert books_balance(order.number) == order.total_fen
    assert len(list(db.session.scalars(select(Refund)))) == 2


def test_what_is_packed_stays(session: Any) -> None:
    order = paid_order()
    first, second = order.workshop_orders
    pack(first)
    assert allowed_actions(order) == []
    with pytest.raises(CancelledTooLate):
        cancelling.cancel_paid(order.account_id, order.number)
    with pytest.raises(CancelledTooLate):
        cancelling.cancel_part(order.account_id, order.number, first.number)
    assert (first.status, second.status, books_balance(order.number)) == (PACKED, "to_pack", 0)
    assert on_hand(order) == [8, 9]


def test_a_box_that_was_begun_stays(session: Any) -> None:
    from domain.labels.minting import mint_codes
    from tests.factories.batches import make_batch

    order = paid_order()
    part = order.workshop_orders[0]
    from domain.products.models import Variant

    [code] = mint_codes(make_batch(db.session.get_one(Variant, part.lines[0].variant_id)), 1)
    packed = packing.pack_package(part, code.serial, "owner")
    with pytest.raises(CancelledTooLate):
        cancelling.cancel_part(order.account_id, order.number, part.number)
    packing.unpack_package(part, packed.package_code_id)
    cancelling.cancel_part(order.account_id, order.number, part.number)
    assert part.status == CANCELLED


def test_nobody_else_gives_it_up(session: Any) -> None:
    order, other = paid_order(), paid_order()
    part = order.workshop_orders[0]
    with pytest.raises(NotFound):
        cancelling.cancel_paid(other.account_id, order.number)
    with pytest.raises(NotFound):
        cancelling.cancel_part(other.account_id, order.number, part.number)
    with pytest.raises(NotFound):
        cancelling.cancel_part(other.account_id, other.number, part.number)
    assert books_balance(order.number) == 0


@pytest.mark.parametrize("turn", range(6))
def test_cancelling_against_packing_ends_in_one_of_two_ways(app: Flask, race: Race, turn: int) -> None:
    with committed(app):
        order = paid_order()
        account_id, number, part_id = order.account_id, order.number, order.workshop_orders[0].id

    outcomes = race(
        lambda: pack(db.session.get_one(WorkshopOrder, part_id)),
        lambda: cancelling.cancel_paid(account_id, number).id,
        lambda: cancelling.cancel_paid(account_id, number).id,
    )
    with app.app_context():
        order = db.session.scalars(select(Order).filter_by(number=number)).one()
        part = db.session.get_one(WorkshopOrder, part_id)
        if part.status == PACKED:
            assert failures(outcomes) == ["CancelledTooLate", "CancelledTooLate"]
            assert (books_balance(number), on_hand(order)) == (0, [8, 9])
        else:
            assert failures(outcomes) == ["CancelledTooLate", "PartCancelled"]
            assert (order.status, on_hand(order)) == (OrderStatus.REFUNDED, [10, 10])
            assert books_balance(number) == order.total_fen


@pytest.mark.parametrize("turn", range(3))
def test_both_parts_given_up_at_once(app: Flask, race: Race, turn: int) -> None:
    with committed(app):
        order = paid_order()
        account_id, number = order.account_id, order.number
        parts = [part.number for part in order.workshop_orders]

    def give_up(part: str) -> int:
        return cancelling.cancel_part(account_id, number, part).id

    outcomes = race(*[partial(give_up, part) for part in parts * 2])
    assert failures(outcomes) == ["CancelledTooLate"] * 2
    with app.app_context():
        order = db.session.scalars(select(Order).filter_by(number=number)).one()
        assert (order.status, on_hand(order)) == (OrderStatus.REFUNDED, [10, 10])
        assert books_balance(number) == db.session.scalars(select(Payment.amount_fen)).one()
