"""The operator sees what waits, as buyers will, and approves it or returns it with a reason."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.products.models import ListingHistory, ListingStatus, Product
from tests.factories.accounts import make_owner
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def waiting(app: Flask, clean_database: None) -> tuple[str, int]:
    """The slug of a product that waits, and the account of its owner."""
    with app.app_context():
        workshop = make_workshop(name="甲坊")
        product = make_product(
            workshop, name="新酿红曲酒", status=ListingStatus.SUBMITTED, pictures=["/pictures/" + "a" * 64],
            ingredients=["糯米"], revision=3,
        )  # fmt: skip
        make_variant(product)
        owner = make_owner(workshop).id
        db.session.commit()
        return product.slug, owner


def status_of(app: Flask, slug: str) -> str:
    with app.app_context():
        return db.session.query(Product).filter_by(slug=slug).one().status


def test_approved_it_is_in_the_shop(
    app: Flask, operator: Browser, browser: Browser, waiting: tuple[str, int], page: Page
) -> None:
    slug, _owner = waiting
    assert "新酿红曲酒" in text_of(page(operator.get("/cluster/listings")))
    assert "待审核商品1" in text_of(page(operator.get("/cluster")))
    words = text_of(page(operator.get(f"/cluster/listings/{slug}")))
    assert "糯米" in words
    assert browser.get(f"/products/{slug}").status_code == 404
    assert operator.post(f"/cluster/listings/{slug}/approve", {"revision": "2"}).status_code == 409
    assert status_of(app, slug) == "submitted"
    assert operator.post(f"/cluster/listings/{slug}/approve", {"revision": "3"}).status_code == 302
    assert browser.get(f"/products/{slug}").status_code == 200
    again = operator.post(f"/cluster/listings/{slug}/approve", {"revision": "3"})
    assert again.status_code == 409
    page(again)
    with app.app_context():
        assert db.session.query(ListingHistory).count() == 1


def test_returned_the_owner_reads_why(
    app: Flask, operator: Browser, sign_in: Callable[[int], Browser], waiting: tuple[str, int], page: Page
) -> None:
    slug, owner_id = waiting
    for reason in ("", "短", "长" * 201):
        assert operator.post(f"/cluster/listings/{slug}/return", {"reason": reason}).status_code == 422
    assert status_of(app, slug) == "submitted"
    assert operator.post(f"/cluster/listings/{slug}/return", {"reason": "配料没写红曲"}).status_code == 302
    owner = sign_in(owner_id)
    assert "配料没写红曲" in text_of(page(owner.get(f"/workshop/products/{slug}")))
    assert owner.post(f"/workshop/products/{slug}/on-sale").status_code == 302
    assert status_of(app, slug) == "submitted"
    assert operator.post(f"/cluster/listings/{slug}/approve", {"revision": "3"}).status_code == 302
    assert operator.post(f"/cluster/listings/{slug}/return", {"reason": "有人投诉标签"}).status_code == 302
    assert status_of(app, slug) == "returned"


def test_an_owner_approves_nothing(
    app: Flask, sign_in: Callable[[int], Browser], waiting: tuple[str, int], browser: Browser
) -> None:
    slug, owner_id = waiting
    owner = sign_in(owner_id)
    assert owner.post(f"/cluster/listings/{slug}/approve", {"revision": "3"}).status_code == 403
    assert browser.post(f"/cluster/listings/{slug}/approve", {"revision": "3"}).status_code == 401
    assert status_of(app, slug) == "submitted"


def test_each_list_of_a_status(operator: Browser, waiting: tuple[str, int], page: Page) -> None:
    for status in ListingStatus:
        assert ("新酿红曲酒" in text_of(page(operator.get(f"/cluster/listings?status={status}")))) == (
            status == ListingStatus.SUBMITTED
        )
    assert operator.get("/cluster/listings?status=nope").status_code == 422
    assert operator.get("/cluster/listings/nope").status_code == 404
