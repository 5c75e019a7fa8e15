"""Wrong forms and other people's things: each answer says what is wrong, and no row of any table is different."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from core.clock import now
from core.db import db
from domain.orders.models import Order, OrderStatus
from domain.shipping.models import Address
from domain.stock.models import Stock
from tests.blueprints.shop.api.conftest import World
from tests.factories.accounts import make_address
from tests.fixtures.pages import check_page, text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

JSON = {"Accept": "application/json"}
KEY = "a-key-of-the-page"
LONG = "长" * 1000


@dataclass(frozen=True)
class Wrong:
    """A form, the answer it must get, and the fields that the answer must name (`values` may name things of the world)."""

    path: str
    values: dict[str, Any]
    status: int = 422
    fields: tuple[str, ...] = field(default=())


def spoiled(path: str, good: dict[str, Any], name: str, *values: str | None) -> list[Wrong]:
    """The good form with one field spoiled in several ways; None leaves it out."""
    return [
        Wrong(path, {each: text for each, text in (good | {name: value}).items() if text is not None}, 422, (name,))
        for value in values
    ]


Check = Callable[[Browser, list[Wrong]], None]


@pytest.fixture
def check(world: World, unchanged: Unchanged) -> Check:
    """Send each wrong form twice: as a program, which reads the fields' names, and as a browser, which gets a page."""

    def run(browser: Browser, wrongs: list[Wrong]) -> None:
        known = asdict(world)
        for wrong in wrongs:
            print(wrong)
            values = {name: _filled(value, known) for name, value in wrong.values.items()}
            for headers in (JSON, {}):
                with unchanged():
                    response = browser.post(wrong.path.format_map(known), values, headers=headers)
                assert response.status_code == wrong.status, response.get_data(as_text=True)
                if response.mimetype != "text/html":
                    assert tuple(response.get_json().get("fields", {})) == wrong.fields
                    assert response.get_json()["title"]
                else:
                    check_page(response)
                    assert set(wrong.fields) <= named_on(response)

    return run


def _filled(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(each, known) for each in value]
    return value.format_map(known) if isinstance(value, str) and value.startswith("{") else value


def named_on(response: Any) -> set[str]:
    """The fields that a page calls wrong: beside the field, above the form, or in the list of an error page."""
    document = check_page(response)
    ids = {each.get("id", "") for each in document.iter() if text_of(each)}
    lists = [*document.findall(".//li/code"), *document.findall(".//p[@class='field-error']/code")]
    codes = {text_of(each) for each in lists}
    return {name.removeprefix("error-") for name in ids if name.startswith("error-")} | codes


NUMBERS = ("-1", "1.5", "1e2", "two", "１", "0x10", "99999999999999999999", "1\0", "1,000", "NaN")
LINE = {"sku": "{wine}", "quantity": "1"}


def test_putting_in_the_cart(world: World, browser: Browser, buyer: Browser, check: Check) -> None:
    wrongs = [
        *spoiled("/cart/lines", LINE, "quantity", *NUMBERS, "0", "100"),
        *spoiled("/cart/lines", LINE, "sku", None, "", "   ", "a\0b", "x" * 41, LONG),
        *spoiled("/cart/lines", LINE, "go", "https://evil.example", "//evil.example", "cart\0", "x"),
        Wrong("/cart/lines", LINE | {"price_fen": "1"}, 422, ("price_fen",)),
        *(Wrong("/cart/lines", {"sku": sku}, 404) for sku in ("{hidden}", "nothing", "' OR 1=1", "%", "{product}")),
    ]
    check(buyer, wrongs)
    check(browser, wrongs[::4])


def test_changing_a_line(world: World, browser: Browser, buyer: Browser, check: Check) -> None:
    path = "/cart/lines/{wine}"
    wrongs = [
        *spoiled(path, {"quantity": "1"}, "quantity", *NUMBERS, "100"),
        *spoiled(path, {"quantity": "1"}, "remove", "yes", "0", "11"),
        Wrong(path, {"quantity": "1", "sku": "{cake}"}, 422, ("sku",)),
        *(
            Wrong(f"/cart/lines/{sku}", {"quantity": "1"}, 404)
            for sku in ("{scarce}", "{hidden}", "nothing", "a%00b", "🍶")
        ),
        Wrong("/cart/lines/{scarce}", {"remove": "1"}, 404),
    ]
    check(buyer, wrongs)
    # A visitor has no such line, whatever the number.
    check(browser, [Wrong(path, {"quantity": "1"}, 404), Wrong(path, {"remove": "1"}, 404)])


def test_a_cart_holds_a_hundred_goods_and_no_more(app: Flask, world: World, buyer: Browser, check: Check) -> None:
    from domain.accounts.models import Account
    from tests.factories.products import make_product
    from tests.factories.purchases import fill_cart, make_received

    with committed(app):
        product = make_product()
        account = db.session.get_one(Account, world.buyer)
        fill_cart(account, {make_received(1, product): 1 for _ in range(98)})
    check(buyer, [Wrong("/cart/lines", {"sku": "{scarce}"}, 409)])


ADDRESS = {"recipient": "顾客辛", "phone": "13900139000", "province": "福建省", "city": "漳州市", "district": "长泰区",
           "street": "坂里乡 1 号"}  # fmt: skip
WRONG_ADDRESSES = [
    ("recipient", (None, "", "　", "长" * 31, "a\0b", "\x01\x02", "\ufffe")),
    ("phone", (None, "", "1380013800", "138001380000", "23800138000", "１３８００１３８０００", "138-0013-8000",
               "+8613800138000", "1380013800a", "13800138000\0", "' OR '1'='1")),
    ("province", (None, "", "福", "长" * 21, "a\0b")),
    ("city", (None, "", "漳", "长" * 21)),
    ("district", (None, "", "长" * 21)),
    ("street", (None, "", "坂", "长" * 101, LONG, "a\x1bb")),
    ("next", ("https://evil.example", "//evil.example", "/me", "/checkout\0")),
]  # fmt: skip


def wrong_addresses(path: str) -> list[Wrong]:
    wrongs = [wrong for name, values in WRONG_ADDRESSES for wrong in spoiled(path, ADDRESS, name, *values)]
    return [*wrongs, Wrong(path, ADDRESS | {"account_id": "1"}, 422, ("account_id",))]


def test_a_new_address(world: World, buyer: Browser, check: Check) -> None:
    check(buyer, wrong_addresses("/addresses"))


def test_everything_that_is_wrong_is_named_at_once_and_what_was_typed_stays(world: World, buyer: Browser) -> None:
    response = buyer.post("/addresses", ADDRESS | {"phone": "12", "city": "漳", "street": ""})
    assert named_on(response) == {"phone", "city", "street"}
    typed = {each.get("name"): each.get("value") for each in check_page(response).iter("input")}
    assert (typed["recipient"], typed["phone"], typed["city"]) == ("顾客辛", "12", "漳")


def test_changing_an_address(world: World, buyer: Browser, check: Check) -> None:
    check(buyer, wrong_addresses("/addresses/{address}")[::3])


@pytest.mark.parametrize("values", [ADDRESS, {"default": "1"}, {"remove": "1"}])
def test_addresses_that_are_not_ones_own(world: World, buyer: Browser, check: Check, values: dict[str, str]) -> None:
    places = ("{strange_address}", "0", "999999", str(2**63 - 1), str(2**63), "9" * 30, "-1", "x", "1.5")
    check(buyer, [Wrong(f"/addresses/{place}", values, 404) for place in places])


@pytest.mark.parametrize("edit", ["{strange_address}", "0", "-1", "x", "99999999999999999999999"])
def test_looking_at_addresses_that_are_not_ones_own(world: World, buyer: Browser, edit: str) -> None:
    response = buyer.get("/addresses?edit=" + edit.format_map(asdict(world)))
    assert response.status_code == (404 if edit == "{strange_address}" else 422)
    assert "陌生人" not in response.get_data(as_text=True)


def test_the_twenty_first_address(app: Flask, world: World, buyer: Browser, check: Check) -> None:
    from domain.accounts.models import Account

    with committed(app):
        for _ in range(18):
            make_address(db.session.get_one(Account, world.buyer))
    check(buyer, [Wrong("/addresses", ADDRESS, 409)])


ORDER = {"address_id": "{address}", "expected_total_fen": "{total_fen}", "request_key": KEY, "note": "少放盐"}


def test_checkout(app: Flask, world: World, buyer: Browser, check: Check) -> None:
    wrongs = [
        *spoiled("/checkout", ORDER, "address_id", None, "", "0", *NUMBERS, str(2**62 + 1)),
        *spoiled("/checkout", ORDER, "address_id", "{strange_address}", "999999", str(2**62)),
        *spoiled("/checkout", ORDER, "expected_total_fen", None, "", "0", *NUMBERS, str(10**13), "¥68"),
        *spoiled("/checkout", ORDER, "note", "长" * 201, "a\0b"),
        *spoiled(
            "/checkout", ORDER, "request_key", None, "", "short", "x" * 65, "a key with blanks", "钥匙" * 10, KEY + "\0"
        ),
        Wrong("/checkout", ORDER | {"total_fen": "1"}, 422, ("total_fen",)),
        Wrong("/checkout", ORDER | {"sku": ["{wine}"] * 101}, 422, ("sku",)),
        Wrong("/checkout", ORDER | {"expected_total_fen": "1"}, 409, ("total",)),
        Wrong("/checkout", ORDER | {"expected_total_fen": str(world.total_fen - 1)}, 409, ("total",)),
        Wrong("/checkout", ORDER | {"expected_total_fen": str(10**12)}, 409, ("total",)),
        Wrong("/checkout", ORDER | {"sku": "{cake}"}, 409, ("total",)),
        Wrong("/checkout", ORDER | {"sku": "{scarce}"}, 409),
        Wrong("/checkout", ORDER | {"sku": "nothing"}, 409),
    ]
    # Thirty tries a minute are allowed, which is what a test of more wrong forms has to step around.
    for place in range(0, len(wrongs), 10):
        _forget_tries(app)
        check(buyer, wrongs[place : place + 10])


def _forget_tries(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM rate_counters")


def test_a_cart_with_a_problem_is_not_ordered(app: Flask, world: World, buyer: Browser, check: Check) -> None:
    buyer.post("/cart/lines", {"sku": world.scarce, "quantity": "2"})
    check(buyer, [Wrong("/checkout", ORDER, 409, ("total",))])
    with committed(app):
        db.session.execute(update(Stock).values(on_hand=0, reserved=0))
    check(buyer, [Wrong("/checkout", ORDER, 409, ("total",))])


def test_an_empty_cart_is_not_ordered(world: World, sign_in: Any, check: Check) -> None:
    stranger: Browser = sign_in(world.stranger)
    order = ORDER | {"address_id": "{strange_address}"}
    check(stranger, [Wrong("/checkout", order, 409), Wrong("/checkout", {}, 409)])


def test_a_refused_order_can_be_sent_again_as_the_page_shows_it(world: World, buyer: Browser) -> None:
    """The page after an error carries today's total, a key that works, and what was chosen and typed."""
    response = buyer.post("/checkout", {"address_id": world.address, "expected_total_fen": 1, "note": "少放盐"})
    assert named_on(response) == {"request_key"}
    form = next(form for form in check_page(response).iter("form") if form.get("id") == "order")
    again = {each.get("name"): each.get("value") for each in form.iter("input") if each.get("type") != "submit"}
    assert text_of(next(form.iter("textarea"))) == "少放盐"
    assert again["expected_total_fen"] == str(world.total_fen)
    placed = buyer.client.post("/checkout", data=again)
    assert placed.status_code == 302
    # The same page sent twice is one order.
    assert buyer.client.post("/checkout", data=again).headers["Location"] == placed.headers["Location"]


def test_checkout_sent_too_often_has_to_wait(world: World, buyer: Browser) -> None:
    answers = [buyer.post("/checkout", {}) for _ in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {422}
    assert answers[30].status_code == 429
    assert 1 <= int(answers[30].headers["Retry-After"]) <= 60


def order_in(app: Flask, world: World, status: str) -> str:
    """The buyer's order that awaits payment, brought to a status behind the shop's back."""
    if status == "out of time":
        change: dict[str, Any] = {"expires_at": now() - timedelta(seconds=1)}
    else:
        change = {"status": status} | ({"paid_at": now()} if status in {"paid", "completed"} else {})
    with committed(app):
        db.session.execute(update(Order).filter_by(number=world.awaiting).values(**change))
    return world.awaiting


NOT_ONES_OWN = ("{strange_order}", "nothing", "a%00b", "0", "%25", "x" * 500, "🍶", "..", "{shipped}-1")


@pytest.mark.parametrize("act", ["cancel", "receive"])
def test_acts_on_orders_that_are_not_ones_own(world: World, buyer: Browser, check: Check, act: str) -> None:
    check(buyer, [Wrong(f"/orders/{number}/{act}", {}, 404) for number in NOT_ONES_OWN])


@pytest.mark.parametrize("page", ["", "/pay", "/pay/done", "/paid"])
def test_looking_at_orders_that_are_not_ones_own(world: World, buyer: Browser, unchanged: Unchanged, page: str) -> None:
    for number in NOT_ONES_OWN:
        with unchanged():
            response = buyer.get(f"/orders/{number}{page}".format_map(asdict(world)))
        assert response.status_code == 404, number
        check_page(response)


@pytest.mark.parametrize("status", [each for each in OrderStatus if each != OrderStatus.AWAITING_PAYMENT])
def test_only_an_unpaid_order_is_cancelled(
    app: Flask, world: World, buyer: Browser, check: Check, status: OrderStatus
) -> None:
    check(buyer, [Wrong(f"/orders/{order_in(app, world, status)}/cancel", {}, 409)])


@pytest.mark.parametrize("status", ["paid", "completed", "cancelled", "expired", "out of time"])
def test_only_an_unpaid_order_is_paid(
    app: Flask, world: World, buyer: Browser, unchanged: Unchanged, status: str
) -> None:
    """The buyer is led on to where the order is. WeChat is not even asked (nobody would answer here)."""
    number = order_in(app, world, status)
    with unchanged():
        response = buyer.get(f"/orders/{number}/pay")
    done = "/pay/done" if status in {"paid", "completed"} else ""
    assert (response.status_code, response.headers["Location"]) == (302, f"/orders/{number}{done}")
    assert buyer.post(f"/orders/{number}/pay").status_code == 405


def test_paying_while_wechat_is_away_is_said_on_the_page(world: World, buyer: Browser, unchanged: Unchanged) -> None:
    with unchanged():
        response = buyer.get(f"/orders/{world.awaiting}/pay")
    assert response.status_code == 503
    text = text_of(check_page(response))
    assert "再试一次" in text
    assert buyer.get(f"/orders/{world.awaiting}/paid").get_json()["paid"] is False
    assert buyer.get(f"/orders/{world.awaiting}/pay/done").headers["Location"] == f"/orders/{world.awaiting}"


def test_receiving(app: Flask, world: World, buyer: Browser, check: Check) -> None:
    path = "/orders/{shipped}/receive"
    good = {"workshop_order": "{shipped}-1"}
    wrongs = [
        *spoiled(path, good, "workshop_order", "x" * 33, "a\0b"),
        Wrong(path, good | {"by": "owner"}, 422, ("by",)),
        *(
            Wrong(path, {"workshop_order": part}, 409)
            for part in ("{strange_order}-1", "{shipped}-2", "nothing", "%", "1")
        ),
        Wrong("/orders/{awaiting}/receive", {}, 409),
    ]
    check(buyer, wrongs)
    assert buyer.post(f"/orders/{world.shipped}/receive").status_code == 302
    check(buyer, [Wrong(path, {}, 409), Wrong(path, good, 409)])
    with app.app_context():
        assert db.session.scalar(select(Order.status).filter_by(number=world.shipped)) == OrderStatus.COMPLETED


POSTS = ["/cart/lines", "/cart/lines/{wine}", "/addresses", "/addresses/{address}", "/checkout", "/orders/{awaiting}/cancel",
         "/orders/{shipped}/receive", "/sign-out"]  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", [None, "", "wrong", "another session's", "a\0b", "长" * 5000])
def test_a_form_without_its_token(
    app: Flask, world: World, buyer: Browser, unchanged: Unchanged, path: str, token: str | None
) -> None:
    """Even with everything else right."""
    if token == "another session's":
        token = Browser(app.test_client()).csrf_token()
    values = LINE | ADDRESS | ORDER | {"default": "1"} | ({} if token is None else {"csrf_token": token})
    known = asdict(world)
    with unchanged():
        data = {name: _filled(value, known) for name, value in values.items()}
        response = buyer.client.post(path.format_map(known), data=data)
    assert response.status_code == 400
    assert "过期" in text_of(check_page(response))


@pytest.mark.parametrize("path", [path for path in POSTS if not path.startswith(("/cart", "/sign-out"))])
def test_a_visitor(world: World, browser: Browser, check: Check, path: str) -> None:
    check(browser, [Wrong(path, ORDER | ADDRESS, 401)])


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml"])
def test_a_body_that_is_no_form(world: World, buyer: Browser, unchanged: Unchanged, kind: str) -> None:
    token = buyer.csrf_token()
    with unchanged():
        response = buyer.client.post(
            "/cart/lines", data=b'{"sku": "x"}', content_type=kind, headers={"X-CSRFToken": token}
        )
    assert response.status_code == 422
    assert named_on(response) == {"sku"}


def test_what_was_good_all_along(app: Flask, world: World, buyer: Browser) -> None:
    """The forms that the wrong ones were spoiled from do what they say."""
    known = asdict(world)
    assert (
        buyer.post("/addresses", ADDRESS | {"next": "/checkout"}).headers["Location"].startswith("/checkout?address=")
    )
    assert buyer.post(f"/addresses/{world.address}", ADDRESS).status_code == 302
    assert buyer.post(f"/cart/lines/{world.wine}", {"quantity": "3"}).status_code == 302
    assert buyer.post(f"/cart/lines/{world.wine}", {"quantity": "2"}).status_code == 302
    order = {name: _filled(value, known) for name, value in ORDER.items()}
    placed = buyer.post("/checkout", order)
    assert placed.status_code == 302
    number = placed.headers["Location"].split("/")[2]
    assert buyer.post(f"/orders/{number}/cancel").headers["Location"] == f"/orders/{number}"
    assert buyer.post(f"/addresses/{world.address}", {"remove": "1"}).status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Order.note).filter_by(number=number)) == "少放盐"
        assert db.session.scalar(select(Order.status).filter_by(number=number)) == OrderStatus.CANCELLED
        assert db.session.scalar(select(func.count(Address.id)).filter_by(account_id=world.buyer)) == 2
