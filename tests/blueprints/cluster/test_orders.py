"""The operator finds any order, reads all that belongs to it, and takes the list away as a spreadsheet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.clock import today
from core.db import db
from domain.orders.models import Order, OrderStatus
from tests.factories.accounts import make_buyer
from tests.factories.products import make_product
from tests.factories.purchases import make_received, place
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def two(app: Flask, clean_database: None) -> tuple[str, str]:
    """The numbers of two orders: one of two workshops, one of the second alone, with another phone."""
    with app.app_context():
        first, second = make_workshop(slug="first", name="甲坊"), make_workshop(slug="second", name="乙坊")
        bottle = make_received(9, make_product(first, name="=SUM(A1)"), price_fen=1000)
        cake = make_received(9, make_product(second), price_fen=5000)
        both = place(make_buyer(), {bottle: 1, cake: 1})
        alone = place(make_buyer(), {cake: 2})
        alone.phone, alone.recipient = "13900001234", "=1+1"
        db.session.commit()
        return both.number, alone.number


def listed(page: Page, response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.get_data(as_text=True)[:500]
    links = page(response).findall(".//tbody//a")
    return [text_of(link) for link in links if (link.get("href") or "").startswith("/cluster/orders/")]


def test_each_filter_finds_its_orders(
    subtests: pytest.Subtests, operator: Browser, two: tuple[str, str], page: Page
) -> None:
    both, alone = two
    yesterday = today() - timedelta(days=1)
    expected = {
        "": [alone, both], "?sort=placed_up": [both, alone], "?sort=total_down": [alone, both],
        "?workshop=first": [both], "?workshop=second": [alone, both], "?phone=1234": [alone], "?phone=8000": [both],
        f"?number={both.lower()}": [both], f"?number={both}-1": [both], "?number=nothing": [],
        "?status=paid": [], "?status=awaiting_payment": [alone, both], "?paid=1": [],
        f"?from_day={today()}": [alone, both], f"?until_day={yesterday}": [],
        f"?from_day={yesterday}&until_day={today()}&workshop=first&phone=8000": [both],
    }  # fmt: skip
    for query, numbers in expected.items():
        with subtests.test(query=query):
            assert listed(page, operator.get(f"/cluster/orders{query}")) == numbers


def test_a_question_that_makes_no_sense_is_refused(subtests: pytest.Subtests, operator: Browser) -> None:
    for query in (
        "status=nope",
        "from_day=yesterday",
        "phone=12a4",
        "phone=12345",
        "sort=name",
        "cursor=x",
        "workshop=x",
    ):
        with subtests.test(query=query):
            assert operator.get(f"/cluster/orders?{query}").status_code == (404 if query == "workshop=x" else 422)


def test_an_orders_page_has_all_that_belongs_to_it(operator: Browser, two: tuple[str, str], page: Page) -> None:
    words = text_of(page(operator.get(f"/cluster/orders/{two[0]}")))
    for word in ("甲坊", "乙坊", "¥10.00", "¥50.00", "138****8000", "待付款", "还没有发起付款"):
        assert word in words
    assert "13800138000" not in words
    assert operator.get("/cluster/orders/NOPE").status_code == 404


def test_the_spreadsheet_holds_the_lists_rows_and_no_formula(operator: Browser, two: tuple[str, str]) -> None:
    with operator.get("/cluster/orders.xlsx?workshop=second&sort=total_down") as response:
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith("attachment; filename=orders-")
        with zipfile.ZipFile(io.BytesIO(response.get_data())) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 3
    assert "<f>" not in sheet
    assert "=1+1" in sheet
    assert sheet.index(two[1]) < sheet.index(two[0])
    assert "<v>100</v>" in sheet


def test_pages_follow_one_another_without_gap_or_repetition(app: Flask, two: tuple[str, str]) -> None:
    from domain.orders.searching import OrderFilter, OrderSort, every_order

    with app.app_context():
        for sort in OrderSort:
            walked = [order.number for order in every_order(OrderFilter(), sort, chunk=1)]
            assert sorted(walked) == sorted(two)


def test_what_was_paid_counts_on_the_day_it_was_paid(
    app: Flask, operator: Browser, two: tuple[str, str], page: Page
) -> None:
    with app.app_context():
        order = db.session.query(Order).filter_by(number=two[0]).one()
        order.status, order.paid_at = OrderStatus.PAID, order.placed_at + timedelta(days=2)
        db.session.commit()
    later = today() + timedelta(days=2)
    assert listed(page, operator.get(f"/cluster/orders?paid=1&from_day={later}&until_day={later}")) == [two[0]]
    assert listed(page, operator.get(f"/cluster/orders?paid=1&from_day={today()}&until_day={today()}")) == []
    assert text_of(page(operator.get("/cluster"))).count(two[0]) == 1


def test_a_visitor_an_owner_and_a_buyer_have_no_business_here(browser: Browser, two: tuple[str, str]) -> None:
    assert browser.get(f"/cluster/orders/{two[0]}").headers["Location"].startswith("/staff/sign-in?next=")


def test_the_operator_signs_in_and_lands_here(app: Flask, browser: Browser) -> None:
    from domain.accounts.models import StaffCredential
    from tests.factories.accounts import PASSWORD, make_operator

    with app.app_context():
        account = make_operator()
        username = db.session.get_one(StaffCredential, account.id).username
        db.session.commit()
    response = browser.post("/staff/sign-in", {"username": username, "password": PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, "/cluster")
