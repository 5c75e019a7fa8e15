"""The payment page offers the one way in which this browser can pay, and what it offers works at WeChat."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db
from domain.orders import paying
from domain.payments.models import Payment, PaymentChannel
from tests.blueprints.accounts.wechat_round import (
    WECHAT_BROWSER,
    agree_inside_wechat,
    leave_for_wechat,
    sign_in_through_wechat,
)
from tests.factories.purchases import make_received, told
from tests.fixtures.pages import check_page, text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser
from tests.fixtures.wechat import PretendWechat

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36"}
DESK = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0"}
ADDRESS = {"recipient": "顾客辛", "phone": "13900139000", "province": "福建省", "city": "漳州市", "district": "长泰区",
           "street": "坂里乡 1 号"}  # fmt: skip


@pytest.fixture
def place(app: Flask, pretend_wechat: PretendWechat) -> Callable[[Browser], str]:
    """A signed-in person orders something through the pages; the path of the payment page."""

    def act(browser: Browser) -> str:
        with committed(app):
            sku = make_received(5, price_fen=6800).sku
        browser.post("/addresses", ADDRESS)
        response = browser.post("/cart/lines", {"sku": sku, "quantity": "2", "go": "checkout"})
        page = check_page(browser.get(response.headers["Location"]))
        form = next(form for form in page.iter("form") if form.get("id") == "order")
        values = {each.get("name"): each.get("value") for each in form.iter("input")}
        response = browser.client.post("/checkout", data=values)
        assert response.status_code == 302, text_of(check_page(response))
        return str(response.headers["Location"])

    return act


def links(document: Element, containing: str) -> list[str]:
    return [link.get("href", "") for link in document.iter("a") if containing in link.get("href", "")]


def payment(app: Flask) -> dict[str, Any]:
    with app.app_context():
        row = db.session.scalars(select(Payment)).one()
        return {"channel": row.channel, "number": row.out_trade_no, "amount_fen": row.amount_fen, "openid": row.openid}


def test_a_desktop_shows_a_code_to_scan(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    sign_in_through_wechat(browser, pretend_wechat)
    path = place(browser)
    document = check_page(browser.get(path, headers=DESK))
    pictures = [each.get("src", "") for each in document.iter("img")]
    assert [each for each in pictures if each.startswith("data:image/svg+xml;base64,")]
    assert not document.findall(".//*[@data-jsapi]")
    assert payment(app)["channel"] == PaymentChannel.NATIVE
    [cashier] = links(document, "/cashier/native")
    assert httpx.get(cashier).status_code == 200
    # Opening it again is the same payment.
    check_page(browser.get(path, headers=DESK))
    assert payment(app)["amount_fen"] == 13600


def test_a_phone_gets_a_link_to_wechat(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    sign_in_through_wechat(browser, pretend_wechat)
    path = place(browser)
    document = check_page(browser.get(path, headers=PHONE))
    [link] = links(document, "redirect_url=")
    assert link.startswith(pretend_wechat.url)
    assert parse_qs(urlsplit(link).query)["redirect_url"] == [f"http://localhost{path}"]
    assert payment(app)["channel"] == PaymentChannel.H5


def test_wechats_browser_opens_its_sheet(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    browser.get(agree_inside_wechat(leave_for_wechat(browser, headers=WECHAT_BROWSER), "顾客辛"))
    path = place(browser)
    document = check_page(browser.get(path, headers=WECHAT_BROWSER))
    [button] = document.findall(".//*[@data-jsapi]")
    parameters = json.loads(button.get("data-jsapi", ""))
    assert set(parameters) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    paid = pretend_wechat.pay(**parameters)
    assert (paid["trade_state"], paid["total_fen"]) == ("SUCCESS", 13600)
    asked = payment(app)
    assert (asked["channel"], bool(asked["openid"])) == (PaymentChannel.JSAPI, True)
    # The page waits for WeChat's word, then leads on.
    poll = browser.get(path.replace("/pay", "/paid"))
    assert (poll.get_json()["paid"], poll.headers["Cache-Control"]) == (False, "no-store")
    with committed(app):
        paying.confirm_payment(asked["number"], told(asked["number"]), by="query")
    poll = browser.get(path.replace("/pay", "/paid"))
    assert poll.get_json() == {"paid": True, "url": f"{path}/done"}
    assert browser.get(path).headers["Location"] == f"{path}/done"
    assert "¥136.00" in text_of(check_page(browser.get(f"{path}/done")))


def test_somebody_paid_already_and_the_word_is_late(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    """Paid at WeChat, but no notice yet: the page says so rather than asking for money again."""
    sign_in_through_wechat(browser, pretend_wechat)
    path = place(browser)
    browser.get(path, headers=DESK)
    pretend_wechat.pay(out_trade_no=payment(app)["number"])
    assert browser.get(path, headers=DESK).status_code == 200
    assert browser.get(path.replace("/pay", "/paid")).get_json()["paid"] is False


def test_inside_wechat_without_an_openid_there_is_a_code(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    """Signed in by QR code in WeChat's browser: no openid of the service account, so no sheet."""
    sign_in_through_wechat(browser, pretend_wechat)
    document = check_page(browser.get(place(browser), headers=WECHAT_BROWSER))
    assert not document.findall(".//*[@data-jsapi]")
    assert payment(app)["channel"] == PaymentChannel.NATIVE


def test_payment_pages_opened_too_often_have_to_wait(
    browser: Browser, pretend_wechat: PretendWechat, place: Callable[[Browser], str]
) -> None:
    sign_in_through_wechat(browser, pretend_wechat)
    path = place(browser)
    answers = [browser.get(path, headers=DESK).status_code for _ in range(31)]
    # The window of a minute may end in between.
    assert set(answers[:29]) == {200}
    assert set(answers) <= {200, 429}
