"""A form that makes something, sent twice (a double tap, a lost answer), makes one thing; changed, it is another wish."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from core.db import db
from core.numbers import random_code
from domain.accounts.models import Account
from domain.products.models import Product
from tests.blueprints.workshop.conftest import Bench
from tests.blueprints.workshop.test_products import facts
from tests.fixtures.web import Browser

FORMS = ("/workshop/products/new", "/workshop/batches/new", "/workshop/coupons")


def count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Product.id))) or 0


def test_the_same_product_is_written_down_once(app: Flask, owner: Browser, bench: Bench) -> None:
    before = count(app)
    wish: dict[str, Any] = facts(bench) | {"request_key": random_code(16)}
    bad = owner.post("/workshop/products/new", wish | {"name": ""})
    assert bad.status_code == 422
    answers = [owner.post("/workshop/products/new", wish) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert len({answer.location for answer in answers}) == 1
    assert count(app) == before + 1
    other = owner.post("/workshop/products/new", wish | {"name": "另一种酒"})
    assert (other.status_code, count(app)) == (302, before + 2)
    assert owner.post("/workshop/products/new", wish | {"request_key": random_code(16)}).location != answers[0].location


def test_a_double_tap_at_one_moment_makes_one(
    app: Flask, owner: Browser, bench: Bench, sign_in: Callable[[int], Browser]
) -> None:
    before = count(app)
    with app.app_context():
        owner_id = db.session.scalars(select(Account.id).where(Account.grants.any())).first()
    assert owner_id is not None
    browsers = [sign_in(owner_id) for _ in range(4)]
    wish = facts(bench) | {"request_key": random_code(16)}
    forms = [(browser, wish | {"csrf_token": browser.csrf_token()}) for browser in browsers]
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(browser.client.post, "/workshop/products/new", data=form) for browser, form in forms]
        places = {answer.result().location for answer in sent}
    assert len(places) == 1
    assert count(app) == before + 1


def test_each_making_form_carries_its_key(owner: Browser, bench: Bench) -> None:
    paths = (*FORMS, f"/workshop/products/{bench.slug}/variants/new")
    keys = [
        re.findall(r'name="request_key" value="([^"]{16})"', owner.get(path).get_data(as_text=True)) for path in paths
    ]
    assert [len(found) for found in keys] == [1] * len(paths)
    assert len({found[0] for found in keys}) == len(paths)
