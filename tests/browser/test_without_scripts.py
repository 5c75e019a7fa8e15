"""Without JavaScript everything still works, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import buying
from tests.browser.buying import TOFU
from tests.browser.film import Packet
from tests.fixtures.chromium import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]


def test_the_scan_page_can_be_read(filmed: Packet, new_phone: Callable[..., Phone]) -> None:
    page = new_phone(java_script_enabled=False).open(filmed.path)
    expect(page.get_by_role("heading", level=1)).to_have_text("验证通过")
    expect(page.get_by_text(filmed.lot, exact=True).first).to_be_visible()
    expect(page.get_by_text("HD2611")).to_be_visible()
    film = page.locator(".film video")
    expect(film).to_be_visible()
    assert (film.get_attribute("src") or "").endswith("recorded.m3u8"), "nothing for a browser that plays HLS itself"
    assert film.get_attribute("controls") is not None
    expect(page.get_by_role("button", name="播放").locator("visible=true")).to_have_count(0)


def test_buying_up_to_the_payment(new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(java_script_enabled=False)
    page = phone.open(f"/products/{TOFU}")
    page.get_by_role("button", name="加入购物车").locator("visible=true").click()
    page.wait_for_url(re.compile("/cart"))
    page.get_by_label("的数量").fill("2")
    page.get_by_role("button", name="更新").click()
    expect(page.get_by_label("的数量")).to_have_value("2")
    expect(page.locator(".tabbar [data-cart-count]")).to_have_text("2")
    page.get_by_role("link", name="去结算").click()
    _sign_in(page, new_phone())
    buying.write_address(page)
    page.get_by_role("button", name="提交订单").click()
    number = buying.number_of(page)
    expect(page.get_by_text(number)).to_be_visible()
    expect(page.get_by_role("link", name="打开微信付款")).to_be_visible()


def _sign_in(page: Page, other: Phone) -> None:
    """WeChat's page can't turn by itself either: there is a link to go on."""
    page.get_by_role("link", name="微信登录").click()
    address = page.get_by_role("link", name="在手机上确认", exact=True).get_attribute("href")
    assert address
    buying.agree(other.open(address), "没有脚本的人", "同意登录")
    page.get_by_role("link", name="我已在手机上确认").click()
    page.wait_for_url(re.compile("/checkout"))
