"""An order takes what the cart shows, once, at the price the buyer saw, or nothing at all."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core.db import db
from core.errors import NotFound
from domain.cart import holding, totals
from domain.cart.models import CartLine
from domain.orders import placing
from domain.orders.models import Order, OrderFreight, OrderHistory, OrderLine, OrderStatus
from domain.products.models import ListingStatus, Product, Variant
from domain.shipping.addresses import find_address
from domain.stock.models import MovementKind, Reservation, Stock, StockMovement
from domain.stock.reserving import StockInsufficient
from tests.factories.accounts import make_address, make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import attempt, fill_cart, make_received, place, wish
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, committed, failures

BUYERS, PACKETS = 30, 5


def test_an_order_of_two_workshops_copies_prices_freight_and_address(session: object) -> None:
    wine = make_received(9, make_product(make_workshop()), price_fen=6800, weight_grams=2000)
    cake = make_received(9, make_product(make_workshop()), price_fen=1250, weight_grams=400)
    buyer = make_buyer()
    order = place(buyer, {wine: 2, cake: 1})
    assert (order.goods_fen, order.freight_fen, order.total_fen) == (14850, 800, 15650)
    assert {(line.sku, line.unit_price_fen, line.quantity) for line in order.lines} == {
        (wine.sku, 6800, 2),
        (cake.sku, 1250, 1),
    }
    assert order.phone == "13800138000"
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert order.expires_at > order.placed_at
    db.session.execute(update(Variant).values(price_fen=1))
    db.session.expire_all()
    assert order.total_fen == 15650
    assert sum(line.amount_fen for line in order.lines) == 14850


def test_placing_reserves_and_empties_what_was_ordered_only(session: object) -> None:
    buyer, wine, cake = make_buyer(), make_received(5), make_received(5)
    fill_cart(buyer, {wine: 2, cake: 3})
    basket = totals.cart_totals(holding.Holder(account_id=buyer.id), {wine.sku})
    request = wish(buyer, expected_total_fen=basket.total_fen, skus=frozenset({wine.sku}))
    order = placing.place_order(buyer.id, request)
    left = totals.cart_totals(holding.Holder(account_id=buyer.id))
    assert [line.sku for line in left.lines] == [cake.sku]
    assert db.session.get_one(Stock, wine.id).reserved == 2
    assert db.session.get_one(Stock, cake.id).reserved == 0
    assert order.lines[0].sku == wine.sku


def test_the_job_that_ends_the_order_is_written_with_it(session: object) -> None:
    order = place(make_buyer(), {make_received(1): 1})
    row = db.session.execute(
        text("SELECT scheduled_at, args FROM procrastinate_jobs WHERE task_name = 'domain.orders.jobs.expire_order'")
    ).one()
    assert row.args == {"number": order.number}
    assert row.scheduled_at == order.expires_at


def test_the_same_request_twice_is_one_order(session: object) -> None:
    buyer = make_buyer()
    fill_cart(buyer, {make_received(5): 2})
    request = wish(buyer)
    first = placing.place_order(buyer.id, request)
    assert placing.place_order(buyer.id, request).id == first.id
    assert db.session.scalar(select(func.count(Order.id))) == 1


def test_the_same_request_in_parallel_is_one_order(app: Flask, race: Race) -> None:
    with committed(app):
        buyer, variant = make_buyer(), make_received(50)
        fill_cart(buyer, {variant: 2})
        act, variant_id = attempt(buyer), variant.id
    outcomes = race(*[act] * 8)
    assert failures(outcomes) == []
    assert len(set(outcomes)) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count(Order.id))) == 1
        assert db.session.get_one(Stock, variant_id).reserved == 2


def test_two_requests_in_parallel_for_one_cart_order_it_once(app: Flask, race: Race) -> None:
    with committed(app):
        buyer = make_buyer()
        fill_cart(buyer, {make_received(50): 2})
        one, two = attempt(buyer), attempt(buyer)
    outcomes = race(one, two)
    assert failures(outcomes) == ["CartEmpty"]


def test_a_key_is_the_buyers_own(session: object) -> None:
    variant = make_received(9)
    orders = []
    for buyer in (make_buyer(), make_buyer()):
        fill_cart(buyer, {variant: 1})
        orders.append(placing.place_order(buyer.id, wish(buyer, request_key="the-same-key-of-both")))
    assert orders[0].id != orders[1].id


def test_another_total_than_the_buyer_saw_places_nothing(session: object) -> None:
    buyer, variant = make_buyer(), make_received(5)
    fill_cart(buyer, {variant: 1})
    request = wish(buyer)
    db.session.execute(update(Variant).where(Variant.id == variant.id).values(price_fen=variant.price_fen + 1))
    with pytest.raises(placing.TotalChanged) as caught:
        placing.place_order(buyer.id, request)
    assert caught.value.params["total_fen"] == request.expected_total_fen + 1
    assert db.session.scalar(select(func.count(Order.id))) == 0


def test_goods_taken_off_sale_are_named(session: object) -> None:
    buyer, variant = make_buyer(), make_received(5)
    fill_cart(buyer, {variant: 1})
    request = wish(buyer)
    db.session.execute(update(Product).values(status=ListingStatus.OFF_SALE))
    with pytest.raises(placing.CartHasProblems) as caught:
        placing.place_order(buyer.id, request)
    assert variant.product.name in caught.value.text


def test_an_empty_cart_and_unknown_skus_place_nothing(session: object) -> None:
    buyer = make_buyer()
    with pytest.raises(placing.CartEmpty):
        placing.place_order(buyer.id, wish(buyer, expected_total_fen=1))
    fill_cart(buyer, {make_received(5): 1})
    with pytest.raises(placing.CartEmpty):
        placing.place_order(buyer.id, wish(buyer, skus=frozenset({"NO-SUCH-SKU"})))


def test_another_buyers_address_is_none(session: object) -> None:
    buyer, stranger = make_buyer(), make_buyer()
    with pytest.raises(NotFound):
        find_address(buyer.id, make_address(stranger).id)


def test_thirty_buyers_of_five_packets_get_exactly_five(app: Flask, race: Race) -> None:
    with committed(app):
        hot, cold = make_received(PACKETS), make_received(1000)
        buyers = [make_buyer() for _ in range(BUYERS)]
        for buyer in buyers:
            fill_cart(buyer, {hot: 1, cold: 1})
        acts = [attempt(buyer) for buyer in buyers]
        hot_id, cold_id = hot.id, cold.id
    outcomes = race(*acts)
    assert set(failures(outcomes)) <= {"StockInsufficient", "CartHasProblems"}
    assert len(failures(outcomes)) == BUYERS - PACKETS
    with app.app_context():
        assert db.session.get_one(Stock, hot_id).reserved == PACKETS
        assert db.session.get_one(Stock, cold_id).reserved == PACKETS
        _assert_no_orphans(orders=PACKETS, lines=2)
        # Whoever got nothing still has a cart to try again with.
        assert db.session.scalar(select(func.count()).select_from(CartLine)) == 2 * (BUYERS - PACKETS)
        received = db.session.scalar(select(func.sum(StockMovement.change)).filter_by(variant_id=hot_id))
        assert received == db.session.get_one(Stock, hot_id).on_hand == PACKETS
        assert db.session.scalar(select(func.count(StockMovement.id)).filter_by(kind=MovementKind.SALE)) == 0


def test_orders_over_the_same_goods_in_opposite_order_do_not_wait_in_a_circle(app: Flask, race: Race) -> None:
    with committed(app):
        one, two = make_received(1000), make_received(1000)
        acts = []
        for n in range(12):
            buyer = make_buyer()
            fill_cart(buyer, {one: 1, two: 1} if n % 2 else {two: 1, one: 1})
            acts.append(attempt(buyer))
    outcomes = race(*acts)
    assert failures(outcomes) == []


def test_the_database_itself_refuses_to_oversell(session: object) -> None:
    from sqlalchemy.exc import IntegrityError

    variant = make_received(3)
    with pytest.raises(IntegrityError, match="never_oversold"):
        db.session.execute(update(Stock).where(Stock.variant_id == variant.id).values(reserved=4))


def test_the_error_says_how_many_are_left(session: object) -> None:
    from domain.stock.reserving import reserve

    variant = make_received(3)
    with pytest.raises(StockInsufficient) as caught:
        reserve("ORDER1", {variant.id: 4}, {variant.id: "红曲酒 2.5 L"})
    assert caught.value.text == "「红曲酒 2.5 L」库存不足，还剩 3 件"


def _assert_no_orphans(*, orders: int, lines: int) -> None:
    assert db.session.scalar(select(func.count(Order.id))) == orders
    assert db.session.scalar(select(func.count(OrderLine.id))) == orders * lines
    assert db.session.scalar(select(func.count()).select_from(OrderFreight)) == orders * lines
    assert db.session.scalar(select(func.count(OrderHistory.id))) == orders
    assert db.session.scalar(select(func.count(Reservation.id))) == orders * lines
    jobs = db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    assert jobs == orders
