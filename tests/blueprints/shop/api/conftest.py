"""A shop with something to buy, a buyer with a phone, and somebody else whose things are none of the buyer's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.blueprints.shop.api.phone import Phone, make_phone
from tests.fixtures.racing import committed


@dataclass(frozen=True)
class World:
    """What is in the shop, by the names that calls use."""

    wine: str
    cake: str
    scarce: str
    hidden: str
    product: str
    workshop: str
    buyer: int
    address: int
    awaiting: str
    shipped: str
    total_fen: int
    stranger: int
    strange_address: int
    strange_order: str


@pytest.fixture
def world(app: Flask, clean_database: None) -> World:
    """Committed. The buyer's cart holds two wines and a cake of two workshops, for `total_fen`."""
    with committed(app):
        return make_world()


def make_world() -> World:
    from domain.batches.models import BatchStatus
    from domain.fulfillment.moves import lock_part, move_part
    from domain.orders.models import WorkshopOrderStatus
    from domain.products.models import ListingStatus
    from tests.factories.accounts import make_address, make_buyer
    from tests.factories.batches import make_batch
    from tests.factories.fulfillment import make_paid_order
    from tests.factories.products import make_product
    from tests.factories.purchases import fill_cart, make_received, place
    from tests.factories.workshops import make_workshop

    picture = "/static/img/products/test"
    winery = make_workshop(name="四大桶红曲酒坊", kind="红曲酒")
    bakery = make_workshop(name="石格糕饼坊", kind="糕饼", is_member=False)
    wine_product = make_product(winery, brand="hong", pictures=[picture], ingredients=["糯米", "红曲米"])
    wine = make_received(50, wine_product, price_fen=6800, weight_grams=2000)
    cake = make_received(50, make_product(bakery), price_fen=1250, weight_grams=400)
    scarce = make_received(1, make_product(bakery))
    hidden = make_received(9, make_product(bakery, status=ListingStatus.OFF_SALE))
    make_batch(wine, status=BatchStatus.RELEASED)
    buyer, stranger = make_buyer("顾客辛"), make_buyer("陌生人")
    address, strange_address = make_address(buyer), make_address(stranger)
    awaiting, strange_order = place(buyer, {wine: 1}), place(stranger, {cake: 2})
    shipped = make_paid_order({cake: 1}, buyer)
    for part in shipped.workshop_orders:
        move_part(lock_part(part.id), WorkshopOrderStatus.PACKED, "test")
        move_part(lock_part(part.id), WorkshopOrderStatus.SHIPPED, "test")
    basket = fill_cart(buyer, {wine: 2, cake: 1})
    return World(
        wine=wine.sku, cake=cake.sku, scarce=scarce.sku, hidden=hidden.sku, product=wine_product.slug,
        workshop=winery.slug, buyer=buyer.id, address=address.id, awaiting=awaiting.number, shipped=shipped.number,
        total_fen=basket.total_fen, stranger=stranger.id, strange_address=strange_address.id,
        strange_order=strange_order.number,
    )  # fmt: skip


SignPhoneIn = Callable[[int], Phone]


@pytest.fixture
def sign_phone_in(app: Flask) -> SignPhoneIn:
    """`sign_phone_in(account_id)`: a phone that holds a bearer token of the account."""

    def make(account_id: int) -> Phone:
        return make_phone(app, open_token(app, account_id))

    return make


@pytest.fixture
def phone(world: World, sign_phone_in: SignPhoneIn) -> Phone:
    """The buyer's phone."""
    return sign_phone_in(world.buyer)


@pytest.fixture
def stranger_phone(world: World, sign_phone_in: SignPhoneIn) -> Phone:
    return sign_phone_in(world.stranger)


@pytest.fixture
def fresh_phone(app: Flask, clean_database: None) -> Phone:
    """A phone on which nobody signed in."""
    return make_phone(app)


def open_token(app: Flask, account_id: int) -> str:
    from core.db import db
    from domain.accounts.models import Account
    from domain.accounts.signing_in import open_session

    with committed(app):
        return open_session(db.session.get_one(Account, account_id), "mini")
