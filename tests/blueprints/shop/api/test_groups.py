"""Buying together over the API: opened, joined, filled; limits hold for 64 phones at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from domain.accounts.models import Account
from domain.groups.models import Seat, Team
from domain.orders import cancelling, grouping
from domain.orders.models import Order, OrderHistory, OrderLine
from domain.products.models import Variant
from domain.promotions.models import GroupBuy, GroupBuyer
from domain.stock.models import Reservation, Stock
from tests.blueprints.shop.api.conftest import SignPhoneIn, World, open_token
from tests.blueprints.shop.api.phone import Phone, make_phone
from tests.factories.accounts import make_address, make_buyer
from tests.factories.groups import make_offer, take_place, team_of
from tests.factories.promotions import make_group_buy
from tests.factories.purchases import pretend_paid
from tests.fixtures.racing import committed

PHONES = 64


@pytest.fixture
def many_connections(app: Flask, clean_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each of the phones has a connection of its own, and one more while its tries are counted."""
    with app.app_context():
        engine = db.engine
    monkeypatch.setattr(engine.pool, "_max_overflow", 80)
    yield
    engine.dispose()


def pay(app: Flask, number: str) -> None:
    """The order is paid, and what follows is done."""
    with committed(app):
        order = db.session.query(Order).filter_by(number=number).one()
        pretend_paid(order)
        code = team_of(order).code
    with committed(app):
        for seat in db.session.query(Seat).join(Team, Team.id == Seat.team_id).filter(Team.code == code):
            grouping.settle_member.run(seat.order_number)


def offer_on_wine(app: Flask, world: World, **values: int) -> int:
    with committed(app):
        variant = db.session.query(Variant).filter_by(sku=world.wine).one()
        return make_group_buy(variant.id, 5000, **values).id


def test_from_the_offer_to_a_full_group(
    app: Flask, phone: Phone, stranger_phone: Phone, fresh_phone: Phone, world: World
) -> None:
    offer_id = offer_on_wine(app, world)
    offer = phone.get(f"/products/{world.product}").get_json()["variants"][0]["group_buy"]
    assert (offer["id"], offer["price_fen"], offer["size"], offer["left"], offer["groups"]) == (
        offer_id,
        5000,
        2,
        2,
        [],
    )
    wish: dict[str, Any] = {"group_buy_id": offer_id, "address_id": world.address}
    seen = phone.post("/group-orders/preview", wish).get_json()
    assert (seen["goods_fen"], seen["discount_fen"], seen["can_be_placed"]) == (6800, 1800, True)
    assert seen["savings"] == [{"source": "group_buy", "title": "拼团价", "amount_fen": 1800}]
    wish["expected_total_fen"] = seen["total_fen"]
    placed = phone.post("/group-orders", wish)
    assert placed.status_code == 201
    assert phone.post("/group-orders", wish, key=phone.last_key).get_json()["number"] == placed.get_json()["number"]
    number, group = placed.get_json()["number"], placed.get_json()["group"]
    assert (group["status"], group["is_waiting"], group["closes_at"]) == ("forming", False, None)
    # Nobody sees it before it is paid for.
    assert fresh_phone.get(f"/groups/{group['code']}").status_code == 404
    pay(app, number)
    order = phone.get(f"/orders/{number}").get_json()
    assert (order["group"]["lacks"], order["group"]["is_waiting"]) == (1, True)
    assert order["allowed_actions"] == ["cancel_paid"]
    assert [part["number"] for part in order["parts"]] == [None]
    shown = fresh_phone.get(f"/groups/{group['code']}").get_json()
    assert shown["members"] == [{"name": "顾**", "is_opener": True, "is_me": False}]
    assert (shown["order"], shown["allowed_actions"]) == (None, ["join", "open"])
    assert phone.get(f"/groups/{group['code']}").get_json()["allowed_actions"] == ["invite", "open"]
    [open_group] = fresh_phone.get(f"/products/{world.product}").get_json()["variants"][0]["group_buy"]["groups"]
    assert (open_group["code"], open_group["lacks"]) == (group["code"], 1)
    again = phone.post("/group-orders", wish | {"group": group["code"]})
    assert (again.status_code, again.get_json()["code"]) == (409, "group_joined_already")
    other = wish | {"group": group["code"], "address_id": world.strange_address}
    joined = stranger_phone.post("/group-orders", other).get_json()
    pay(app, joined["number"])
    done = fresh_phone.get(f"/groups/{group['code']}").get_json()
    assert (done["status"], done["allowed_actions"]) == ("succeeded", ["open"])
    for asking, key in ((phone, number), (stranger_phone, joined["number"])):
        order = asking.get(f"/orders/{key}").get_json()
        assert (order["group"]["status"], order["group"]["is_waiting"]) == ("succeeded", False)
        assert [part["status"] for part in order["parts"]] == ["to_pack"]
    listed = {row["number"]: row["group"] for row in phone.get("/orders").get_json()["items"]}
    assert listed[number]["paid"] == 2
    assert listed[world.shipped] is None


def test_what_is_refused(app: Flask, phone: Phone, world: World) -> None:
    offer_id = offer_on_wine(app, world, per_person_limit=1)
    wish = {"group_buy_id": offer_id, "address_id": world.address, "expected_total_fen": 1}
    assert phone.post("/group-orders", wish).get_json()["code"] == "total_changed"
    assert phone.post("/group-orders", wish | {"quantity": 2}).get_json()["code"] == "group_limit_reached"
    assert phone.post("/group-orders", wish | {"group_buy_id": 987654}).get_json()["code"] == "group_offer_over"
    assert phone.post("/group-orders", wish | {"address_id": world.strange_address}).status_code == 404
    total_fen = phone.post("/group-orders/preview", {"group_buy_id": offer_id}).get_json()["total_fen"]
    nowhere = wish | {"expected_total_fen": total_fen, "group": "0000000000"}
    assert phone.post("/group-orders", nowhere).get_json()["code"] == "group_full"
    assert phone.get("/groups/0000000000").status_code == 404
    with app.app_context():
        assert db.session.scalar(select(func.count(Seat.id))) == 0
        assert db.session.get_one(GroupBuy, offer_id).taken == 0


def crowd(app: Flask, count: int) -> list[tuple[Phone, int]]:
    """So many people's phones, each with an address."""
    with committed(app):
        people = [(buyer.id, make_address(buyer).id) for buyer in (make_buyer() for _ in range(count))]
    return [(make_phone(app, open_token(app, account_id)), address_id) for account_id, address_id in people]


def at_once(acts: list[Callable[[], Any]]) -> Counter[str]:
    """What each call was answered: a code of a refusal, or `placed`."""
    gate, answers = threading.Barrier(len(acts)), []

    def one(act: Callable[[], Any]) -> None:
        gate.wait(60)
        response = act()
        answers.append("placed" if response.status_code == 201 else response.get_json()["code"])

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    return Counter(answers)


def books_agree(offer_id: int, placed: int) -> None:
    """Orders, seats, groups, packets of people, of the offer and of the stock all say the same; nothing is left over."""
    offer = db.session.get_one(GroupBuy, offer_id, populate_existing=True)
    assert offer.taken == placed
    assert db.session.scalar(select(func.sum(GroupBuyer.taken)).filter_by(group_buy_id=offer_id)) == placed
    seats = select(func.count(Seat.id)).join(Team, Team.id == Seat.team_id).where(Team.group_buy_id == offer_id)
    assert db.session.scalar(seats.where(Seat.released_at.is_(None))) == placed
    assert db.session.scalar(select(func.sum(Team.taken)).filter_by(group_buy_id=offer_id)) == placed
    reserved = select(func.sum(Reservation.quantity)).filter_by(variant_id=offer.variant_id, status="held")
    assert db.session.scalar(reserved) == db.session.get_one(Stock, offer.variant_id).reserved == placed
    assert db.session.scalar(select(func.count(OrderLine.id)).filter_by(variant_id=offer.variant_id)) == placed
    assert set(db.session.scalars(select(Order.held_for_group))) == {True}
    orders = db.session.scalar(select(func.count(Order.id)))
    assert db.session.scalar(select(func.count(OrderHistory.order_id.distinct()))) == orders == placed


def test_64_phones_for_the_packets_of_an_offer(app: Flask, many_connections: None) -> None:
    people = crowd(app, PHONES)
    with committed(app):
        offer_id = make_offer(stock=200, seats=20).id
    total_fen = people[0][0].post("/group-orders/preview", {"group_buy_id": offer_id}).get_json()["total_fen"]
    wish = {"group_buy_id": offer_id, "expected_total_fen": total_fen}
    acts = [
        lambda phone=phone, address_id=address_id: phone.post("/group-orders", wish | {"address_id": address_id})
        for phone, address_id in people
    ]
    assert at_once(acts) == {"placed": 20, "group_offer_over": PHONES - 20}
    with app.app_context():
        books_agree(offer_id, 20)


def test_64_phones_for_the_last_seats_of_a_group(app: Flask, many_connections: None) -> None:
    people = crowd(app, PHONES)
    with committed(app):
        offer = make_offer(stock=200, seats=100, size=6)
        first = take_place(offer)
        offer_id, code, first_number = offer.id, team_of(first).code, first.number
    preview = {"group_buy_id": offer_id, "group": code}
    total_fen = people[0][0].post("/group-orders/preview", preview).get_json()["total_fen"]
    wish = preview | {"expected_total_fen": total_fen}
    acts = [
        lambda phone=phone, address_id=address_id: phone.post("/group-orders", wish | {"address_id": address_id})
        for phone, address_id in people
    ]
    assert at_once(acts) == {"placed": 5, "group_full": PHONES - 5}
    with app.app_context():
        books_agree(offer_id, 6)
        numbers = set(db.session.scalars(select(Order.number))) - {first_number}
    # All five pay at the same moment: the group is full once, and each order is handed over once.
    threads = [threading.Thread(target=lambda number=number: pay(app, number)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with committed(app):
        team = db.session.query(Team).filter_by(code=code).one()
        assert (team.status, team.paid, team.taken) == ("succeeded", 6, 6)
        for number in (*numbers, first_number):
            grouping.settle_member.run(number)
        assert {len(order.workshop_orders) for order in db.session.query(Order)} == {1}
        stock = db.session.get_one(Stock, db.session.get_one(GroupBuy, offer_id).variant_id, populate_existing=True)
        assert (stock.reserved, stock.on_hand) == (0, 194)


def test_25_calls_of_one_person_take_their_share_only(app: Flask, many_connections: None) -> None:
    with committed(app):
        offer_id = make_offer(stock=200, per_person_limit=3).id
        buyer = make_buyer()
        account_id, address_id = buyer.id, make_address(buyer).id
    token = open_token(app, account_id)
    phones = [make_phone(app, token) for _ in range(25)]
    total_fen = phones[0].post("/group-orders/preview", {"group_buy_id": offer_id}).get_json()["total_fen"]
    wish = {"group_buy_id": offer_id, "address_id": address_id, "expected_total_fen": total_fen}
    outcomes = at_once([lambda phone=phone: phone.post("/group-orders", wish) for phone in phones])
    assert outcomes == {"placed": 3, "group_limit_reached": 22}
    with committed(app):
        books_agree(offer_id, 3)
        account = db.session.get_one(Account, account_id)
        for order in db.session.query(Order):
            cancelling.cancel(account.id, order.number)
    with app.app_context():
        assert db.session.get_one(GroupBuy, offer_id).taken == 0
        assert db.session.scalar(select(func.sum(GroupBuyer.taken))) == 0


def test_the_list_of_orders_asks_once_for_all_groups(
    app: Flask, sign_phone_in: SignPhoneIn, clean_database: None
) -> None:
    from tests.blueprints.shop.test_statements import statements

    with committed(app):
        buyer = make_buyer()
        for _ in range(2):
            take_place(make_offer(), buyer)
        account_id = buyer.id
    phone, counts = sign_phone_in(account_id), []
    for more in (0, 6):
        with committed(app):
            buyer = db.session.get_one(Account, account_id)
            for _ in range(more):
                take_place(make_offer(), buyer)
        with statements(app) as seen:
            assert phone.get("/orders").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
