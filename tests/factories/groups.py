"""Groups of people who buy together, for tests: orders at a group's price, paid without WeChat."""

from __future__ import annotations

from itertools import count

from core.db import db
from domain.accounts.models import Account
from domain.cart import direct, totals
from domain.groups.joining import Wish
from domain.groups.models import Seat, Team
from domain.orders import placing
from domain.orders.models import Order
from domain.promotions.models import GroupBuy
from domain.shipping.models import Address
from tests.factories.accounts import make_address, make_buyer
from tests.factories.promotions import make_group_buy
from tests.factories.purchases import make_received, pretend_paid

_numbers = count(1)


def make_offer(*, stock: int = 50, price_fen: int = 6800, group_price_fen: int = 5000, **values: int) -> GroupBuy:
    """A group buy on a variant of its own, with so many packets in stock."""
    return make_group_buy(make_received(stock, price_fen=price_fen).id, group_price_fen, **values)


def request(buyer: Account, wish: Wish, address: Address | None = None) -> placing.Request:
    """A request for so many packets at the offer's price, at today's total."""
    address = address or make_address(buyer)
    basket = direct.group_totals(buyer.id, wish, totals.Choices(address.destination))
    return placing.Request(address, basket.total_fen, f"group-request-{next(_numbers):06d}", group=wish)


def ask_for_place(offer: GroupBuy, buyer: Account | None = None, code: str | None = None, quantity: int = 1) -> Order:
    """An order that awaits its payment and keeps a seat in the group of `code`, or in a new one."""
    buyer = buyer or make_buyer()
    return placing.place_order(buyer.id, request(buyer, Wish(offer.id, quantity, code)))


def take_place(offer: GroupBuy, buyer: Account | None = None, code: str | None = None, quantity: int = 1) -> Order:
    """A paid order in the group of `code`, or in a new one."""
    order = ask_for_place(offer, buyer, code, quantity)
    pretend_paid(order)
    return order


def team_of(order: Order) -> Team:
    """The group in which the order has or had its seat, as it is now."""
    seat = db.session.query(Seat).filter_by(order_number=order.number).one()
    return db.session.get_one(Team, seat.team_id, populate_existing=True)
