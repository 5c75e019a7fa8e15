"""The operator says which workshops make a variant, and how near to its last day a product is sold."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.products.makers import Maker, makers_of
from domain.products.models import MakerHistory, Product
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def variant_id(app: Flask, clean_database: None) -> int:
    with app.app_context():
        own = make_workshop(slug="own", name="甲坊", is_member=True)
        make_workshop(slug="other", name="乙坊", is_member=True)
        make_workshop(slug="stranger", name="外坊", is_member=False)
        key = make_variant(make_product(own)).id
        db.session.commit()
        return key


def makers(app: Flask, variant_id: int) -> list[Maker]:
    with app.app_context():
        return makers_of({variant_id})[variant_id]


def test_makers_are_added_changed_and_stopped(app: Flask, operator: Browser, variant_id: int, page: Page) -> None:
    path = f"/cluster/makers/{variant_id}"
    assert "还没有指定制作方，只由 甲坊 做" in text_of(page(operator.get(path)))
    for slug, capacity, active in (("own", 30, "1"), ("other", 20, "1"), ("other", 25, "")):
        wish = {"workshop": slug, "daily_capacity": capacity} | ({"is_active": active} if active else {})
        assert operator.post(path, wish).status_code == 302
    assert [(each.daily_capacity, each.is_active) for each in makers(app, variant_id)] == [(30, True), (25, False)]
    assert operator.post(path, {"workshop": "other", "daily_capacity": 25}).status_code == 302
    assert operator.post(f"{path}/cutoff", {"sale_cutoff_days": "9"}).status_code == 302
    words = text_of(page(operator.get(path)))
    assert "停接" in words
    for change in ("日产能 — → 30", "日产能 — → 20", "日产能 20 → 25", "停卖天数 按保质期 → 9"):
        assert change in words
    with app.app_context():
        assert db.session.query(MakerHistory).count() == 3, "what changes nothing leaves nothing"
        assert {row.by for row in db.session.query(MakerHistory)} != {"operator"}
    assert "还没有指定" not in words


def test_a_stranger_or_no_capacity_changes_nothing(app: Flask, operator: Browser, variant_id: int, page: Page) -> None:
    path, before = f"/cluster/makers/{variant_id}", makers(app, variant_id)
    assert operator.post(path, {"workshop": "stranger", "daily_capacity": 5}).status_code == 404
    refused = operator.post(path, {"workshop": "other", "daily_capacity": 0})
    assert refused.status_code == 422
    page(refused)
    assert makers(app, variant_id) == before
    assert operator.get("/cluster/makers/987654").status_code == 404


def test_the_days_before_the_last_are_set_and_given_back(app: Flask, operator: Browser, variant_id: int) -> None:
    def days() -> int | None:
        with app.app_context():
            return db.session.query(Product).one().sale_cutoff_days

    path = f"/cluster/makers/{variant_id}/cutoff"
    assert operator.post(path, {"sale_cutoff_days": "0"}).status_code == 302
    assert days() == 0
    assert operator.post(path, {"sale_cutoff_days": "9999"}).status_code == 422
    assert days() == 0
    assert operator.post(path, {"sale_cutoff_days": ""}).status_code == 302
    assert days() is None
