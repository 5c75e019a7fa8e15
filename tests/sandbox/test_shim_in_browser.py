"""The stand-in for WeixinJSBridge in Chromium, on a merchant's page with a strict content policy."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask, Response
from playwright.sync_api import Error as PlaywrightError

from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import served

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM.exists() or os.environ.get("REQUIRE_CHROMIUM")), reason="/usr/bin/chromium is not installed"
    ),
]

SHOP_SCRIPT = """
document.querySelector("#pay").addEventListener("click", function () {
  var params = JSON.parse(document.querySelector("#params").textContent);
  WeixinJSBridge.invoke("getBrandWCPayRequest", params, function (result) {
    document.querySelector("#result").textContent = result.err_msg;
  });
});
"""


@pytest.fixture
def browser_page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 390, "height": 844})
        context.set_default_timeout(30_000)
        yield context.new_page()
        browser.close()


@pytest.fixture
def shop(sandbox_url: str, merchant: Merchant) -> Iterator[tuple[str, str]]:
    """The number of a JSAPI order, and the address of a shop's page with a pay button for it."""
    openid = merchant.client.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]["mini"]
    number, answer = merchant.place("jsapi", payer={"openid": openid})
    params = merchant.pay_parameters(answer["prepay_id"], merchant.env["WECHAT_MINI_APPID"])
    app = Flask("shop")

    @app.get("/<mode>")
    def page(mode: str) -> Response:
        html = (
            "<!doctype html><title>shop</title><button id=pay>pay</button><p id=result></p>"
            f"<script type='application/json' id=params>{json.dumps(params)}</script>"
            f"<script src='{sandbox_url}/static/wx-shim.js' data-mode='{mode}'></script><script src='/shop.js'></script>"
        )
        return Response(
            html, headers={"Content-Security-Policy": f"default-src 'self'; script-src 'self' {sandbox_url}"}
        )

    @app.get("/shop.js")
    def script() -> Response:
        return Response(SHOP_SCRIPT, content_type="text/javascript")

    with socket.create_server(("127.0.0.1", 0)) as listener, served(app, listener):
        yield number, f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("button", "finish", "result", "state"),
    [("立即支付", "完成", "ok", "SUCCESS"), ("取消支付", "返回商家", "cancel", "NOTPAY")],
)
def test_the_cashier_opens_beside_the_page_and_calls_back(
    browser_page: Any, shop: tuple[str, str], merchant: Merchant, button: str, finish: str, result: str, state: str
) -> None:
    number, address = shop
    browser_page.goto(f"{address}/window")
    with browser_page.expect_popup() as opened:
        browser_page.click("#pay")
    cashier = opened.value
    cashier.get_by_role("button", name=button).click()
    # The click closes its own page, at times before Chromium has answered that it was clicked.
    with cashier.expect_event("close"), suppress(PlaywrightError):
        cashier.get_by_role("button", name=finish).click()
    browser_page.get_by_text(f"get_brand_wcpay_request:{result}").wait_for()
    assert merchant.query(number).json()["trade_state"] == state


def test_closing_the_cashier_is_cancelling(browser_page: Any, shop: tuple[str, str]) -> None:
    browser_page.goto(f"{shop[1]}/window")
    with browser_page.expect_popup() as opened:
        browser_page.click("#pay")
    opened.value.close()
    browser_page.get_by_text("get_brand_wcpay_request:cancel").wait_for()


def test_in_page_mode_the_cashier_leads_back(browser_page: Any, shop: tuple[str, str], merchant: Merchant) -> None:
    number, address = shop
    browser_page.goto(f"{address}/page")
    browser_page.click("#pay")
    browser_page.get_by_role("button", name="立即支付").click()
    browser_page.get_by_role("link", name="完成").click()
    browser_page.wait_for_url(f"{address}/page")
    assert merchant.query(number).json()["trade_state"] == "SUCCESS"


def test_the_desk_follows_the_phone(browser_page: Any, web: httpx.Client, merchant: Merchant) -> None:
    query = {
        "appid": merchant.env["WECHAT_WEB_APPID"],
        "redirect_uri": f"{str(web.base_url).rstrip('/')}/phone",
        "response_type": "code",
        "scope": "snsapi_login",
        "state": "s",
    }
    browser_page.goto(str(web.build_request("GET", "/connect/qrconnect", params=query).url))
    with browser_page.expect_popup() as opened:
        browser_page.get_by_role("link", name="在手机上确认", exact=True).click()
    opened.value.get_by_text("顾客乙").click()
    opened.value.get_by_role("button", name="同意登录").click()
    browser_page.wait_for_url(re.compile(r"/phone\?code=.+&state=s"))
