"""A page asks the database as often for twenty rows as for two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from core.db import db
from tests.factories.accounts import make_buyer
from tests.factories.cameras import make_camera
from tests.factories.products import make_product
from tests.factories.purchases import fill_cart, make_received, place
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

PATHS = {"/": 25, "/products": 12, "/products?sort=price_up&q=测试": 12, "/workshops": 10, "/cart": 14, "/checkout": 13,
         "/orders": 9}  # fmt: skip


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def grow(buyer_id: int, count: int) -> None:
    """So many more workshops with a camera and a product each, cart lines, and orders."""
    from domain.accounts.models import Account

    buyer = db.session.get_one(Account, buyer_id)
    for _ in range(count):
        workshop = make_workshop()
        make_camera(workshop_id=workshop.id)
        variant = make_received(9, make_product(workshop))
        place(buyer, {variant: 1})
    for _ in range(count):
        fill_cart(buyer, {make_received(9): 1})


@pytest.mark.parametrize("path", PATHS)
def test_rows_cost_no_statements(app: Flask, sign_in: Callable[[int], Browser], path: str) -> None:
    with committed(app):
        buyer_id = make_buyer().id
        grow(buyer_id, 2)
    browser = sign_in(buyer_id)
    browser.get(path)
    counts = []
    for more in (0, 18):
        with committed(app):
            grow(buyer_id, more)
        with statements(app) as seen:
            assert browser.get(path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1], "\n".join(seen)
    assert 0 < counts[0] <= PATHS[path], "\n".join(seen)
