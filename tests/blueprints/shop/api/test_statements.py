"""A list of the API asks the database as often for ten rows as for two."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.blueprints.shop.api.conftest import SignPhoneIn
from tests.blueprints.shop.test_statements import grow, statements
from tests.factories.accounts import make_buyer
from tests.fixtures.racing import committed


@pytest.mark.parametrize("path", ["/home", "/products", "/workshops", "/cart", "/orders", "/addresses"])
def test_rows_cost_no_statements(app: Flask, sign_phone_in: SignPhoneIn, clean_database: None, path: str) -> None:
    with committed(app):
        buyer_id = make_buyer().id
        grow(buyer_id, 2)
    phone = sign_phone_in(buyer_id)
    phone.get(path)
    with statements(app) as few:
        phone.get(path)
    with committed(app):
        grow(buyer_id, 8)
    with statements(app) as many:
        assert phone.get(path).status_code == 200
    assert len(many) == len(few) <= 12, "\n".join(many)
