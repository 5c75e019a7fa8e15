"""Seats in groups: limits hold one by one and all at once, and nobody sits twice in the same group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.errors import InvalidInput
from domain.cart import direct, totals
from domain.groups import reading
from domain.groups.joining import GroupJoinedAlready, GroupLimitReached, GroupOfferOver, Wish
from domain.groups.models import Seat, Team, TeamStatus
from domain.orders import cancelling, placing
from domain.orders.models import Order, OrderStatus
from domain.promotions import editing
from domain.promotions.models import GroupBuy
from domain.shipping.addresses import find_address
from domain.stock.models import Stock
from tests.factories.accounts import make_buyer
from tests.factories.groups import ask_for_place, make_offer, request, take_place, team_of
from tests.factories.products import make_variant
from tests.factories.promotions import make_coupon, make_flash_sale, make_group_buy
from tests.fixtures.racing import Race, committed, failures


def test_limits_one_by_one(session: Any) -> None:
    offer, buyer = make_offer(size=3, seats=5, per_person_limit=2), make_buyer()
    code = team_of(take_place(offer, buyer)).code
    with pytest.raises(GroupJoinedAlready), db.session.begin_nested():
        placing.place_order(buyer.id, request(buyer, Wish(offer.id, 1, code)))
    with pytest.raises(GroupLimitReached), db.session.begin_nested():
        ask_for_place(offer, buyer, quantity=2)
    # Another group is fine, while packets last.
    take_place(offer, buyer)
    with pytest.raises(GroupOfferOver), db.session.begin_nested():
        ask_for_place(offer, buyer)
    take_place(offer, code=code, quantity=2)
    with pytest.raises(GroupLimitReached), db.session.begin_nested():
        ask_for_place(offer, code=code, quantity=2)
    take_place(offer, code=code)
    with pytest.raises(GroupOfferOver), db.session.begin_nested():
        ask_for_place(offer)
    assert db.session.get_one(GroupBuy, offer.id, populate_existing=True).taken == 5


def test_who_gave_up_may_come_back_to_the_same_group(session: Any) -> None:
    offer, buyer = make_offer(size=3), make_buyer()
    code = team_of(take_place(offer)).code
    order = take_place(offer, buyer, code)
    cancelling.cancel_paid(buyer.id, order.number)
    assert team_of(take_place(offer, buyer, code)).paid == 2


def test_an_offer_that_ended_opens_no_group_but_fills_the_open_ones(session: Any) -> None:
    offer = make_offer(size=3)
    order = take_place(offer)
    with time_machine.travel(offer.ends_at, tick=False), pytest.raises(GroupOfferOver), db.session.begin_nested():
        ask_for_place(offer)
    offer.ends_at = now() - timedelta(seconds=1)
    db.session.flush()
    take_place(offer, code=team_of(order).code)
    assert team_of(order).paid == 2
    editing.stop(offer, "test", "不做了")
    with pytest.raises(GroupOfferOver):
        ask_for_place(offer, code=team_of(order).code)
    assert reading.open_teams([offer.id]) == []


def test_nothing_else_comes_off(session: Any) -> None:
    offer, buyer = make_offer(), make_buyer()
    make_flash_sale(offer.variant_id, 1000)
    coupon = make_coupon(buyer.id, threshold_fen=100, off_fen=50)
    basket = direct.group_totals(buyer.id, Wish(offer.id), totals.Choices(coupon_ids=frozenset({coupon.id})))
    assert [(each.source, each.amount_fen) for each in basket.discounts] == [("group_buy", 1800)]
    assert (basket.coupons, basket.usable) == ((), ())


def test_what_can_not_be_offered(session: Any) -> None:
    variant = make_variant(price_fen=6800)
    for wrong in ({"size": 1}, {"size": 21}, {"hours": 25}, {"hours": 0}, {"per_person_limit": 0}, {"seats": 1}):
        with pytest.raises(InvalidInput):
            make_group_buy(variant.id, 5000, **wrong)
    for price_fen in (6800, 0):
        with pytest.raises(InvalidInput):
            make_group_buy(variant.id, price_fen)
    make_group_buy(variant.id, 5000, funded_by_workshop_id=variant.product.workshop_id)
    with pytest.raises(InvalidInput):
        make_group_buy(variant.id, 5000)
    with pytest.raises(InvalidInput):
        make_group_buy(make_variant().id, 500, funded_by_workshop_id=variant.product.workshop_id)


def attempt(buyer_id: int, wish: placing.Request) -> Callable[[], str]:
    """An act for a race; holds plain values only."""
    address_id, expected, key, group = wish.address.id, wish.expected_total_fen, wish.request_key, wish.group

    def act() -> str:
        address = find_address(buyer_id, address_id)
        return placing.place_order(buyer_id, placing.Request(address, expected, key, group=group)).number

    return act


def test_the_last_seat_of_a_group_goes_to_one(app: Flask, race: Race) -> None:
    with committed(app):
        offer = make_offer(size=3)
        first = take_place(offer)
        code, offer_id = team_of(first).code, offer.id
        take_place(offer, code=code)
        acts = []
        for _ in range(12):
            buyer = make_buyer()
            acts.append(attempt(buyer.id, request(buyer, Wish(offer_id, 1, code))))
    outcomes = race(*acts)
    assert failures(outcomes) == ["GroupFull"] * 11
    with app.app_context():
        team = db.session.scalars(select(Team).filter_by(code=code)).one()
        assert (team.taken, team.paid, team.status) == (3, 2, TeamStatus.OPEN)
        assert db.session.get_one(GroupBuy, offer_id).taken == 3
        assert db.session.scalar(select(func.count(Order.id))) == db.session.scalar(select(func.count(Seat.id))) == 3


def test_one_person_gets_no_more_than_their_share_at_once(app: Flask, race: Race) -> None:
    with committed(app):
        offer, buyer = make_offer(per_person_limit=2), make_buyer()
        offer_id = offer.id
        acts = [attempt(buyer.id, request(buyer, Wish(offer_id))) for _ in range(10)]
    outcomes = race(*acts)
    assert failures(outcomes) == ["GroupLimitReached"] * 8
    with app.app_context():
        assert db.session.get_one(GroupBuy, offer_id).taken == 2
        assert db.session.scalar(select(Stock.reserved)) == 2
        assert db.session.scalar(select(func.count(Order.id))) == 2


def test_the_last_payment_and_a_member_who_leaves(app: Flask, race: Race) -> None:
    """Either the group is full and nobody left it, or a seat is free and it is open: never half of both."""
    from tests.factories.purchases import pretend_paid

    for _ in range(6):
        with committed(app):
            offer = make_offer()
            first = take_place(offer)
            second = ask_for_place(offer, code=team_of(first).code)
            number, account_id, last = first.number, first.account_id, second.number
            team_id = team_of(first).id

        def pay(last: str = last) -> None:
            pretend_paid(db.session.scalars(select(Order).filter_by(number=last)).one())

        def leave(account_id: int = account_id, number: str = number) -> None:
            cancelling.cancel_paid(account_id, number)

        outcomes = race(pay, leave)
        assert set(failures(outcomes)) <= {"GroupJustFilled"}
        with app.app_context():
            team = db.session.get_one(Team, team_id)
            left = db.session.scalars(select(Order.status).filter_by(number=number)).one()
            if team.status == TeamStatus.SUCCEEDED:
                assert (team.paid, team.taken) == (2, 2)
            else:
                assert (team.status, team.paid, team.taken, left) == (TeamStatus.OPEN, 1, 1, OrderStatus.REFUNDED)
