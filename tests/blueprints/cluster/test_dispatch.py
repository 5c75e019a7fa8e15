"""The operator sees which paid lines can't go on, and gives each to one of its makers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.orders import dispatching
from domain.orders.models import OrderLine, WorkshopOrder
from tests.factories.makers import buy, make_shared_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@dataclass(frozen=True)
class Waiting:
    number: str
    line_id: int
    makers: list[int]

    @property
    def path(self) -> str:
        return f"/cluster/dispatch/{self.number}/{self.line_id}"


@pytest.fixture
def waiting(app: Flask, clean_database: None) -> Waiting:
    """A line that its first maker declined and nobody else has packets of."""
    with app.app_context():
        variant, makers = make_shared_variant(5, 0)
        makers[0].name, makers[1].name = "甲坊", "乙坊"
        order = buy({variant: 2})
        part = db.session.query(WorkshopOrder).filter_by(order_id=order.id).one()
        dispatching.decline(part, order.lines[0].id, by="owner", reason="停电了")
        db.session.commit()
        return Waiting(order.number, order.lines[0].id, [each.id for each in makers])


def holder(app: Flask, waiting: Waiting) -> int | None:
    with app.app_context():
        line = db.session.get_one(OrderLine, waiting.line_id)
        return None if line.is_open else line.workshop_id


def test_an_open_line_is_listed_with_who_declined_and_why(operator: Browser, waiting: Waiting, page: Page) -> None:
    words = text_of(page(operator.get("/cluster/dispatch")))
    for word in (waiting.number, "没人做", "缺 2 件", "甲坊 谢绝：停电了"):
        assert word in words
    words = text_of(page(operator.get(waiting.path)))
    for word in ("谢绝过", "派给 甲坊", "等运营派单", "停电了"):
        assert word in words


def test_the_operator_gives_it_to_a_maker_without_stock(
    app: Flask, operator: Browser, waiting: Waiting, page: Page
) -> None:
    wish = {"workshop_id": waiting.makers[1], "reason": "明天就做"}
    response = operator.post(waiting.path, wish)
    assert (response.status_code, response.headers["Location"]) == (302, waiting.path)
    assert holder(app, waiting) == waiting.makers[1]
    words = text_of(page(operator.get("/cluster/dispatch")))
    assert "乙坊" in words
    assert "没人做" not in words
    assert "明天就做" in text_of(page(operator.get(waiting.path)))


def test_a_wish_that_cant_be_changes_nothing(app: Flask, operator: Browser, waiting: Waiting, page: Page) -> None:
    bad = (
        {"workshop_id": waiting.makers[0], "reason": ""},
        {"workshop_id": 987654, "reason": "试试"},
        {"reason": "试试"},
    )
    for wish in bad:
        response = operator.post(waiting.path, wish)
        assert response.status_code == 422
        page(response)
        assert holder(app, waiting) is None
    assert operator.get(f"/cluster/dispatch/NOPE/{waiting.line_id}").status_code == 404
    assert operator.get(f"/cluster/dispatch/{waiting.number}/987654").status_code == 404


def test_what_is_packed_stays_where_it_is(app: Flask, operator: Browser, waiting: Waiting, page: Page) -> None:
    operator.post(waiting.path, {"workshop_id": waiting.makers[0], "reason": "来电了"})
    with app.app_context():
        part = db.session.query(WorkshopOrder).filter_by(workshop_id=waiting.makers[0]).one()
        part.status = "packed"
        db.session.commit()
    assert "不能再改派" in text_of(page(operator.get(waiting.path)))
    response = operator.post(waiting.path, {"workshop_id": waiting.makers[1], "reason": "试试"})
    assert response.status_code == 409
    assert holder(app, waiting) == waiting.makers[0]


def test_an_orders_page_tells_each_lines_story_and_where_it_may_still_go(
    operator: Browser, waiting: Waiting, page: Page
) -> None:
    path = f"/cluster/orders/{waiting.number}"
    tree = page(operator.get(path))
    assert waiting.path in [link.get("href") for link in tree.findall(".//a")]
    for word in ("没人做", "甲坊 谢绝", "停电了"):
        assert word in text_of(tree)
    operator.post(waiting.path, {"workshop_id": waiting.makers[1], "reason": "明天就做"})
    words = text_of(page(operator.get(path)))
    for word in ("运营派给 乙坊", "改派", "运费"):
        assert word in words
