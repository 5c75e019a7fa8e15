"""A cart is one person's, survives signing in, and loses nothing when two things happen to it at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from core.db import db
from core.errors import NotFound
from domain.cart import holding
from domain.cart.holding import Holder
from domain.cart.models import Cart, CartLine
from domain.products.models import ListingStatus, Product
from domain.workshops.models import Workshop, WorkshopStatus
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product, make_variant
from tests.fixtures.racing import Race, committed, failures

VISITOR = "v" * 43


def lines_of(holder: Holder) -> dict[int, int]:
    cart = holding.find_cart(holder)
    rows = db.session.execute(select(CartLine.variant_id, CartLine.quantity).filter_by(cart_id=cart.id if cart else 0))
    return {row[0]: row[1] for row in rows}


def test_a_visitor_is_known_by_a_token_that_is_not_stored(session: Any) -> None:
    variant = make_variant()
    holding.add(Holder(visitor_token=VISITOR), variant.sku, 2)
    assert holding.count_packets(Holder(visitor_token=VISITOR)) == 2
    assert holding.count_packets(Holder(visitor_token="w" * 43)) == 0
    assert db.session.scalars(select(Cart.visitor_hash)).one() != VISITOR


def test_quantities_add_up_to_ninety_nine(session: Any) -> None:
    holder, variant = Holder(account_id=make_buyer().id), make_variant(stock=1000)
    for quantity in (60, 30, 30):
        holding.add(holder, variant.sku, quantity)
    assert lines_of(holder) == {variant.id: 99}


def test_setting_and_removing_a_line(session: Any) -> None:
    holder, variant = Holder(account_id=make_buyer().id), make_variant()
    holding.add(holder, variant.sku, 1)
    holding.set_quantity(holder, variant.sku, 7)
    assert lines_of(holder) == {variant.id: 7}
    holding.set_quantity(holder, variant.sku, 0)
    assert lines_of(holder) == {}
    with pytest.raises(NotFound):
        holding.set_quantity(holder, variant.sku, 1)


@pytest.mark.parametrize("fault", ["unknown", "off sale", "draft", "suspended", "expired"])
def test_what_is_not_sold_can_not_be_added(session: Any, fault: str) -> None:
    holder, variant = Holder(account_id=make_buyer().id), make_variant()
    sku = "NO-SUCH-SKU" if fault == "unknown" else variant.sku
    if fault == "off sale":
        db.session.execute(update(Product).values(status=ListingStatus.OFF_SALE))
    elif fault == "draft":
        db.session.execute(update(Product).values(status=ListingStatus.DRAFT))
    elif fault == "suspended":
        db.session.execute(update(Workshop).values(status=WorkshopStatus.SUSPENDED))
    elif fault == "expired":
        db.session.execute(text("UPDATE certificates SET expires_on = current_date - 2"))
    with pytest.raises(NotFound):
        holding.add(holder, sku, 1)
    assert lines_of(holder) == {}


def test_a_full_cart_takes_more_of_what_it_holds_and_nothing_else(session: Any) -> None:
    holder, product = Holder(account_id=make_buyer().id), make_product()
    variants = [make_variant(product) for _ in range(holding.MOST_LINES + 1)]
    for variant in variants[:-1]:
        holding.add(holder, variant.sku, 1)
    with pytest.raises(holding.CartFull):
        holding.add(holder, variants[-1].sku, 1)
    holding.add(holder, variants[0].sku, 1)
    assert lines_of(holder)[variants[0].id] == 2


quantities = st.dictionaries(st.integers(0, 5), st.integers(1, 99), max_size=6)


@given(visitor=quantities, buyer=quantities)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_merging_loses_nothing(session: Any, visitor: dict[int, int], buyer: dict[int, int]) -> None:
    account_id, product = make_buyer().id, make_product()
    variants = [make_variant(product) for _ in range(6)]
    for holder, wanted in ((Holder(visitor_token=VISITOR), visitor), (Holder(account_id=account_id), buyer)):
        for place, quantity in wanted.items():
            holding.add(holder, variants[place].sku, quantity)
    holding.merge_visitor_cart(VISITOR, account_id)
    expected = {
        variants[place].id: min(99, visitor.get(place, 0) + buyer.get(place, 0))
        for place in visitor.keys() | buyer.keys()
    }
    assert lines_of(Holder(account_id=account_id)) == expected
    assert holding.find_cart(Holder(visitor_token=VISITOR)) is None
    holding.merge_visitor_cart(VISITOR, account_id)
    assert lines_of(Holder(account_id=account_id)) == expected
    db.session.rollback()


def test_sixty_five_lines_survive_signing_in(session: Any) -> None:
    account_id, product = make_buyer().id, make_product()
    for _ in range(65):
        holding.add(Holder(visitor_token=VISITOR), make_variant(product).sku, 1)
    holding.merge_visitor_cart(VISITOR, account_id)
    assert len(lines_of(Holder(account_id=account_id))) == 65


def test_twenty_additions_at_once_are_twenty_packets_in_one_cart(app: Flask, race: Race) -> None:
    with committed(app):
        account_id = make_buyer().id
        skus = [make_variant().sku for _ in range(2)]
    holder = Holder(account_id=account_id)
    assert failures(race(*[partial(holding.add, holder, skus[n % 2], 1) for n in range(20)])) == []
    with app.app_context():
        assert sorted(lines_of(holder).values()) == [10, 10]
        assert db.session.scalar(select(func.count(Cart.id))) == 1


@pytest.mark.parametrize("turn", range(3))
def test_signing_in_twice_at_once_merges_once(app: Flask, race: Race, turn: int) -> None:
    with committed(app):
        account_id, variant = make_buyer().id, make_variant()
        holding.add(Holder(visitor_token=VISITOR), variant.sku, 3)
        holding.add(Holder(account_id=account_id), variant.sku, 1)
        variant_id = variant.id
    assert failures(race(*[partial(holding.merge_visitor_cart, VISITOR, account_id)] * 6)) == []
    with app.app_context():
        assert lines_of(Holder(account_id=account_id)) == {variant_id: 4}


@pytest.mark.parametrize("turn", range(6))
def test_adding_while_signing_in_loses_no_packet(app: Flask, race: Race, turn: int) -> None:
    """What comes after the merge lies in a visitor's cart again, for the next sign-in."""
    with committed(app):
        account_id, variant = make_buyer().id, make_variant()
        holding.add(Holder(visitor_token=VISITOR), variant.sku, 1)
        sku = variant.sku
    adding = partial(holding.add, Holder(visitor_token=VISITOR), sku, 1)
    merging = partial(holding.merge_visitor_cart, VISITOR, account_id)
    assert failures(race(adding, merging, adding, merging, adding)) == []
    with app.app_context():
        assert db.session.scalar(select(func.sum(CartLine.quantity))) == 4
