"""A group that fails, end to end through HTTP: two members paid, and get all money back, though the worker is killed."""

from __future__ import annotations

import re
import signal

import pytest

from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Person
from tests.journeys.test_purchase import ADDRESS, order_number, pay_at_wechat

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]
YUBA = "banxin-yuba"
WORKER = ("flask", "--app", "app", "worker")


def test_a_group_that_fails_gives_back_what_was_paid(product: Product) -> None:
    operator = _operator(product)
    offer = _make_offer(operator)
    opener, friend = (_member(product, name) for name in ("开团人", "参团人"))
    first = _take_place(product, opener, opener.open(f"/products/{YUBA}").links("/checkout/group")[0])
    _wait_for(product, opener, first, "待成团")
    shared = opener.open(f"/orders/{first}").links("/groups/")[0]
    join = friend.open(shared).links("/checkout/group")[0]
    second = _take_place(product, friend, join)
    _wait_for(product, friend, second, "还差 1 人成团")
    assert "顾客" not in Person(product).open(shared).text

    operator.submit(operator.open(offer), f"{offer}/stop", reason="价格写错了")
    product.stop("worker", signal.SIGKILL)
    product.start("worker", *WORKER)
    for person, number in ((opener, first), (friend, second)):
        _wait_for(product, person, number, "拼团失败，已退款", seconds=150)
        _wait_for(product, person, number, "已退回", seconds=150)
        page = person.open(f"/orders/{number}")
        assert page.text.count("已退回") == 1, "the money went back more than once"
        assert 'aria-label="进度"' not in page.text, "a workshop was given a part of it"
        assert "拼团没有成" in person.open("/me/messages").text
    assert "没有拼成" in Person(product).open(shared).text
    row = next(row for row in operator.open("/cluster/promotions").document.iter("tr") if offer in _addresses(row))
    cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iter("td")]
    assert cells[5:9] == ["0 / 30", "0", "0", "1"]


def _operator(product: Product) -> Person:
    operator = Person(product)
    page = operator.open("/staff/sign-in")
    operator.submit(page, "", username="operator", password="banli-demo")
    return operator


def _make_offer(operator: Person) -> str:
    """The path of a new offer for groups of three."""
    sku = operator.open(f"/products/{YUBA}").form("/cart/lines")["sku"]
    form = operator.open("/cluster/promotions/new/group_buys")
    listed = operator.submit(
        form, "/cluster/promotions/new/group_buys", sku=sku, price_fen="15.00", size=3, seats=30, hours=24,
        starts_at="2026-01-01T00:00", ends_at="2036-01-01T00:00",
    )  # fmt: skip
    newest = max(int(found) for found in re.findall(r"/cluster/promotions/group_buys/(\d+)", listed.text))
    return f"/cluster/promotions/group_buys/{newest}"


def _member(product: Product, nickname: str) -> Person:
    person = Person(product)
    person.sign_in_with_wechat(nickname)
    person.submit(person.open("/addresses"), "/addresses", **ADDRESS)
    return person


def _take_place(product: Product, person: Person, checkout: str) -> str:
    """The number of a paid order for a place in a group."""
    page = person.open(checkout)
    action = next(form.get("action", "") for form in page.document.iter("form") if form.get("id") == "order")
    pay = person.submit(page, action, pickup="")
    number = order_number(pay)
    pay_at_wechat(product, pay)
    return number


def _wait_for(product: Product, person: Person, number: str, word: str, seconds: float = 40) -> None:
    wait_until(lambda: word in person.open(f"/orders/{number}").text, seconds, product)


def _addresses(row: object) -> set[str]:
    from xml.etree.ElementTree import Element

    assert isinstance(row, Element)
    return {link.get("href", "") for link in row.iter("a")}
