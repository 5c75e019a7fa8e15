"""Who may come in, and that other workshops' things aren't there."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain.batches.models import Batch, BatchZoneTime
from domain.fulfillment.models import PackedPackage
from domain.labels.models import PackageCode
from domain.orders.models import OrderHistory
from domain.products.models import ListingHistory, Product, Variant
from domain.stock.models import StockMovement
from tests.blueprints.workshop.conftest import Bench
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]

PAGES = [
    "/workshop",
    "/workshop/orders",
    "/workshop/orders?status=packed",
    "/workshop/orders/{number}",
    "/workshop/orders/{number}/pack",
    "/workshop/products",
    "/workshop/products?status=draft",
    "/workshop/products/new",
    "/workshop/products/{slug}",
    "/workshop/products/{slug}/edit",
    "/workshop/products/{slug}/variants/new",
    "/workshop/variants/{variant_id}/edit",
    "/workshop/variants/{variant_id}/stock",
    "/workshop/batches",
    "/workshop/batches?status=released",
    "/workshop/batches/new",
    "/workshop/batches/new?like={batch_id}",
    "/workshop/batches/{batch_id}",
    "/workshop/batches/{open_batch_id}",
    "/workshop/cameras",
]
POSTS = [
    "/workshop/orders/{number}/ship",
    "/workshop/orders/{number}/pack",
    "/workshop/orders/{number}/pack/1/remove",
    "/workshop/orders/{number}/pack/finish",
    "/workshop/products/{slug}/edit",
    "/workshop/products/{slug}/variants/new",
    "/workshop/products/{slug}/on-sale",
    "/workshop/products/{slug}/off-sale",
    "/workshop/products/{slug}/withdraw",
    "/workshop/products/{slug}/pictures",
    "/workshop/products/{slug}/pictures/forward",
    "/workshop/products/{slug}/pictures/remove",
    "/workshop/variants/{variant_id}/edit",
    "/workshop/variants/{variant_id}/stock",
    "/workshop/batches/{open_batch_id}/ingredients",
    "/workshop/batches/{open_batch_id}/zones/raw/start",
    "/workshop/batches/{open_batch_id}/zones/raw/finish",
    "/workshop/batches/{open_batch_id}/zones/raw",
    "/workshop/batches/{open_batch_id}/finish",
    "/workshop/batches/{batch_id}/labels",
]
NAMES_A_THING = [path for path in PAGES if "{" in path] + ["/workshop/batches/{batch_id}/labels.pdf?run=1"]


def test_each_page_is_a_good_page_for_its_owner(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, page: Page
) -> None:
    for path in PAGES:
        with subtests.test(path=path):
            response = owner.get(path.format(**vars(bench)))
            assert response.status_code == 200
            page(response)


def test_a_visitor_is_led_to_the_staff_sign_in(subtests: pytest.Subtests, client: FlaskClient, bench: Bench) -> None:
    for path in PAGES:
        with subtests.test(path=path):
            response = client.get(path.format(**vars(bench)))
            assert response.status_code == 302
            assert response.location.startswith("/staff/sign-in?next=/workshop")


def test_a_buyer_has_no_business_here(subtests: pytest.Subtests, buyer: Browser, bench: Bench) -> None:
    for path in PAGES:
        with subtests.test(path=path):
            assert buyer.get(path.format(**vars(bench))).status_code == 403


def test_nobody_else_can_post(subtests: pytest.Subtests, browser: Browser, buyer: Browser, bench: Bench) -> None:
    for path in POSTS:
        with subtests.test(path=path):
            assert browser.post(path.format(**vars(bench))).status_code == 401
            assert buyer.post(path.format(**vars(bench))).status_code == 403


def test_a_post_without_the_pages_token_is_refused(subtests: pytest.Subtests, owner: Browser, bench: Bench) -> None:
    for path in POSTS:
        with subtests.test(path=path):
            response = owner.client.post(path.format(**vars(bench)))
            assert response.status_code == 400


def test_another_workshops_pages_are_not_there(subtests: pytest.Subtests, owner: Browser, theirs: Bench) -> None:
    for path in NAMES_A_THING:
        with subtests.test(path=path):
            assert owner.get(path.format(**vars(theirs))).status_code == 404


def test_another_workshops_things_can_not_be_touched(
    subtests: pytest.Subtests, app: Flask, owner: Browser, theirs: Bench, count: Callable[..., int]
) -> None:
    for path in POSTS:
        with subtests.test(path=path):
            watched = (
                PackedPackage,
                OrderHistory,
                ListingHistory,
                StockMovement,
                PackageCode,
                BatchZoneTime,
                Batch,
                Variant,
            )
            before = [count(model) for model in watched]
            form = {
                "code": theirs.serials[0], "name": "偷换的名字", "price": "0.01", "weight_grams": "1", "counted": "0",
                "seen": "10",
                "reason": "偷换", "count": "1", "picture": "/pictures/" + "a" * 64, "carrier_code": "SF",
                "tracking_number": "SF1234567890123", "material": "x", "lot": "x", "supplier": "x", "kilograms": "1",
            }  # fmt: skip
            assert owner.post(path.format(**vars(theirs)), form).status_code == 404
            assert [count(model) for model in watched] == before
            assert count(Product, slug=theirs.slug, name="偷换的名字") == 0


NOWHERE = [
    "/workshop/orders/NOPE",
    "/workshop/orders/%00",
    "/workshop/orders/" + "9" * 300,
    "/workshop/products/nope",
    "/workshop/products/%00/edit",
    "/workshop/variants/999999999/stock",
    "/workshop/variants/99999999999999999999999/edit",
    "/workshop/batches/0",
    "/workshop/batches/99999999999999999999999",
    "/workshop/batches/abc",
    "/workshop/batches/new?like=999999999",
]


def test_what_does_not_exist_is_said_so(subtests: pytest.Subtests, owner: Browser) -> None:
    for path in NOWHERE:
        with subtests.test(path=path):
            assert owner.get(path).status_code == 404


SENSELESS_QUERIES = [
    "/workshop/orders?status=nope",
    "/workshop/orders?page=0",
    "/workshop/orders?page=x",
    "/workshop/products?status=sold",
    "/workshop/products?page=-1",
    "/workshop/batches?status=eaten",
    "/workshop/batches?page=99999999",
    "/workshop/batches/new?like=x",
    "/workshop/batches/{batch_id}/labels.pdf",
    "/workshop/batches/{batch_id}/labels.pdf?run=1&paper=a5",
]


def test_a_query_that_makes_no_sense_is_refused(subtests: pytest.Subtests, owner: Browser, bench: Bench) -> None:
    for path in SENSELESS_QUERIES:
        with subtests.test(path=path):
            assert owner.get(path.format(**vars(bench))).status_code == 422
