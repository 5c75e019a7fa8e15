"""Two people buy together on their phones: one opens a group and shares its page, the other joins, both orders go on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from demo.offers import TOGETHER
from tests.browser import buying
from tests.fixtures.chromium import Phone
from tests.fixtures.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
NewPhone = Callable[..., Phone]


def test_two_phones_fill_a_group(product: Product, new_phone: NewPhone) -> None:
    first, second = new_phone(), new_phone()
    page = first.open(f"/products/{TOGETHER}")
    expect(page.locator(".group-offer")).to_contain_text("2 人拼团 ¥32.10")
    page.get_by_role("link", name="我要开团").click()
    opened = _order(first, new_phone(), "团长甲", "提交，去开团", more=True)
    _pay(page, opened)
    expect(page.locator(".pay")).to_contain_text("还差 1 人成团")
    page.get_by_role("link", name="请朋友来拼").click()
    page.wait_for_url(re.compile("/groups/"))
    expect(page.get_by_role("button", name="复制链接")).to_be_visible()
    expect(page.locator(".faces li")).to_have_count(2)
    first.open(f"/orders/{opened}")
    expect(page.locator(".order-head")).to_contain_text("待成团")
    expect(page.locator(".steps")).to_have_count(0)
    shared = first.open(f"/orders/{opened}").get_by_role("link", name="请朋友来拼").get_attribute("href") or ""
    joined = _join(second, new_phone(), shared)
    for phone, number in ((first, opened), (second, joined)):
        _see_it_packed(phone, number)
    first.open(shared)
    expect(page.locator(".group-state h2")).to_have_text("拼成了")
    expect(page.locator(".face.is-free")).to_have_count(0)
    first.open("/me/messages")
    expect(page.locator("main")).to_contain_text("拼团成功")


def _join(phone: Phone, other: Phone, shared: str) -> str:
    """From the shared page to a paid order; its number."""
    page = phone.open(shared)
    expect(page.locator(".group-clock time")).to_have_text(re.compile(r"^23:5\d:\d\d$"))
    expect(page.locator(".faces")).to_contain_text("团长")
    page.get_by_role("link", name="参团").click()
    number = _order(phone, other, "团员乙", "提交，去参团", more=False)
    _pay(page, number)
    return number


def _order(phone: Phone, other: Phone, nickname: str, button: str, *, more: bool) -> str:
    """Sign in on the way, write an address, order one packet (or two, and one again); the order's number."""
    page = phone.page
    buying.sign_in_by_qr(phone, other, nickname)
    page.wait_for_url(re.compile("/checkout/group"))
    expect(page.get_by_role("button", name=button)).to_be_disabled()
    buying.write_address(page)
    page.wait_for_url(re.compile("/checkout/group.*address="))
    expect(page.locator(".amounts")).to_contain_text("拼团价")
    if more:
        _change_quantity(page)
    page.get_by_role("button", name=button).click()
    return buying.number_of(page)


def _change_quantity(page: Page) -> None:
    """The page counts anew; more than one may have can't be chosen."""
    page.get_by_role("button", name="增加").click()
    expect(page.locator(".amounts")).to_contain_text("-¥21.40")
    expect(page.get_by_role("button", name="增加")).to_be_disabled()
    page.get_by_role("button", name="减少").click()
    expect(page.locator(".amounts")).to_contain_text("-¥10.70")


def _pay(page: Page, number: str) -> None:
    page.get_by_role("link", name="打开微信付款").click()
    buying.pay_at_the_cashier(page)
    page.wait_for_url(re.compile(f"/orders/{number}/pay/done"))


def _see_it_packed(phone: Phone, number: str) -> None:
    """The group is full: within moments the order is the workshop's."""
    page = phone.open(f"/orders/{number}")
    for _ in range(40):
        if page.locator(".steps").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator(".steps li.is-now")).to_have_text("打包")
    expect(page.locator(".group-done")).to_contain_text("2 人拼团成功")
