"""An address book is its owner's own, with one default."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from core.errors import NotFound
from domain.shipping import addresses as book
from domain.shipping.models import Address
from tests.factories.accounts import make_address, make_buyer
from tests.fixtures.racing import Race, committed, failures

FIELDS = book.AddressFields("顾客辛", "13900139000", "福建省", "漳州市", "芗城区", "延安北路 8 号")


def defaults_of(account_id: int) -> list[int]:
    return list(db.session.scalars(select(Address.id).filter_by(account_id=account_id, is_default=True)))


def test_the_first_address_is_the_default_until_another_is_chosen(session: Any) -> None:
    buyer = make_buyer()
    first, second = make_address(buyer), make_address(buyer)
    assert defaults_of(buyer.id) == [first.id]
    book.make_default(buyer.id, second.id)
    assert defaults_of(buyer.id) == [second.id]
    assert book.list_addresses(buyer.id)[0].id == second.id
    third = book.add_address(buyer.id, FIELDS, is_default=True)
    assert defaults_of(buyer.id) == [third.id]


def test_changing_and_forgetting_ones_own(session: Any) -> None:
    buyer = make_buyer()
    address = make_address(buyer)
    assert book.change_address(buyer.id, address.id, FIELDS).text == "福建省漳州市芗城区延安北路 8 号"
    assert address.masked_phone == "139****9000"
    book.remove_address(buyer.id, address.id)
    assert book.list_addresses(buyer.id) == []


@pytest.mark.parametrize("act", ["find", "change", "default", "remove"])
def test_somebody_elses_address_is_none(session: Any, act: str) -> None:
    buyer, address = make_buyer(), make_address(make_buyer())
    acts = {
        "find": partial(book.find_address, buyer.id, address.id),
        "change": partial(book.change_address, buyer.id, address.id, FIELDS),
        "default": partial(book.make_default, buyer.id, address.id),
        "remove": partial(book.remove_address, buyer.id, address.id),
    }
    with pytest.raises(NotFound):
        acts[act]()
    db.session.refresh(address)
    assert (address.recipient, address.is_default) == ("顾客甲", True)


def test_twenty_are_enough(session: Any) -> None:
    buyer = make_buyer()
    for _ in range(book.MOST_ADDRESSES):
        make_address(buyer)
    with pytest.raises(book.TooManyAddresses):
        make_address(buyer)


def test_additions_at_once_leave_one_default_and_keep_the_limit(app: Flask, race: Race) -> None:
    with committed(app):
        account_id = make_buyer().id
    adding = partial(book.add_address, account_id, FIELDS, is_default=True)
    outcomes = race(*[adding] * 24)
    assert failures(outcomes) == ["TooManyAddresses"] * 4
    with app.app_context():
        assert len(defaults_of(account_id)) == 1
        assert db.session.scalar(select(func.count(Address.id))) == book.MOST_ADDRESSES
