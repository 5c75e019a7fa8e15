"""What a buyer does with a phone, step by step, by what is seen on the screen."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import Page, expect

from tests.fixtures.chromium import Phone

TOFU, WINE = "neifang-black-tofu", "sidatong-three-year"
ADDRESS = {
    "收货人": "顾客己",
    "手机号": "13900005678",
    "省": "福建省",
    "市": "漳州市",
    "区县": "芗城区",
    "详细地址": "示例路 7 号",
}


def add_to_cart(phone: Phone, slug: str) -> None:
    """Put a product in the cart from its page, without leaving it."""
    page = phone.open(f"/products/{slug}")
    page.get_by_role("button", name="加入购物车").locator("visible=true").click()
    expect(page.locator(".toast")).to_contain_text("购物车")
    assert page.url.endswith(f"/products/{slug}")


def badge(page: Page) -> int:
    """The number on the cart, where it can be seen."""
    return int(page.locator("[data-cart-count]:visible").first.inner_text() or 0)


def sign_in_by_qr(phone: Phone, other: Phone, nickname: str) -> None:
    """From the sign-in page: WeChat shows a QR code, the other phone scans it and agrees, this one goes on by itself."""
    page = phone.page
    page.get_by_role("link", name="微信登录").click()
    page.get_by_role("heading", name="微信扫码登录").wait_for()
    address = page.get_by_role("link", name="在手机上确认", exact=True).get_attribute("href")
    assert address
    agree(other.open(address), nickname, "同意登录")
    page.wait_for_url(re.compile(re.escape(phone.base_url)))


def agree(page: Page, nickname: str, word: str) -> None:
    """On WeChat's page: as somebody new, with a nickname that starts like this, yes."""
    page.get_by_placeholder("输入昵称").fill(f"{nickname}{secrets.token_hex(3)}")
    page.get_by_role("button", name=word, exact=True).click()


def write_address(page: Page, **changes: str) -> None:
    for label, text in (ADDRESS | changes).items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="保存地址").click()


def number_of(page: Page) -> str:
    """The order whose payment page this is."""
    page.wait_for_url(re.compile(r"/orders/\w+/pay$"))
    found = re.search(r"/orders/(\w+)/pay", page.url)
    assert found
    return found[1]


def pay_at_the_cashier(page: Page) -> None:
    """At WeChat's cashier: pay, and go back to the shop."""
    page.get_by_role("button", name="立即支付").click()
    page.get_by_role("link", name="完成").click()
