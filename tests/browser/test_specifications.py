"""A product in two specifications: chosen on the buyer's phone, with and without scripts; made on the owner's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.buying import badge
from tests.fixtures.chromium import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
NewPhone = Callable[..., Phone]
NOODLES, CANDY = "banlixu-alkaline-noodles", "xinchun-peanut-candy"


def value(page: Page, word: str) -> Locator:
    return page.locator(".picks").get_by_role("link", name=word)


def test_price_stock_and_address_follow_the_choice_in_place(new_phone: NewPhone) -> None:
    phone = new_phone()
    page = phone.open(f"/products/{NOODLES}")
    page.evaluate("window.stayed = true")
    price = page.get_by_role("status").filter(has_text="已选")
    expect(price).to_contain_text("细面 /")
    page.get_by_label("数量").fill("3")
    # Its first batch may be blocked meanwhile, which leaves another size chosen.
    value(page, "宽面").tap()
    expect(price).to_contain_text("宽面 /")
    value(page, "4 团 480 g").tap()
    expect(price).to_contain_text("宽面 / 4 团 480 g")
    value(page, "8 团 960 g").focus()
    page.keyboard.press("Enter")
    expect(price).to_contain_text("只剩 8 份")
    expect(value(page, "8 团 960 g")).to_be_focused()
    expect(value(page, "8 团 960 g")).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("数量")).to_have_value("3")
    assert re.search(r"\?sku=\d+$", page.url)
    value(page, "韭叶面").tap()
    expect(price).to_contain_text("韭叶面 / 4 团 480 g")
    missing = value(page, "8 团 960 g")
    expect(missing).to_contain_text("没有这种")
    expect(missing).to_have_attribute("aria-disabled", "true")
    missing.tap(force=True)
    expect(price).to_contain_text("韭叶面 / 4 团 480 g")
    assert page.evaluate("window.stayed"), "the page was left"
    page.get_by_role("button", name="加入购物车").locator("visible=true").tap()
    expect(page.locator(".toast")).to_contain_text("购物车")
    assert badge(page) == 3
    expect(phone.open("/cart").locator("form[data-cart-line]")).to_contain_text("韭叶面 / 4 团 480 g")


def test_the_picture_follows(new_phone: NewPhone) -> None:
    page = new_phone().open(f"/products/{CANDY}")
    shown = page.locator(".gallery img").first
    expect(shown).to_have_attribute("src", re.compile("candy-wrapped"))
    value(page, "铁罐").tap()
    expect(shown).to_have_attribute("src", re.compile("peanut-candy-400"))
    expect(page.locator("[data-gallery-number]")).to_have_text("1")


def test_without_scripts_each_value_is_a_page(new_phone: NewPhone) -> None:
    page = new_phone(java_script_enabled=False).open(f"/products/{NOODLES}")
    value(page, "韭叶面").click()
    page.wait_for_url(re.compile(r"\?sku="))
    expect(page.get_by_role("status").filter(has_text="已选")).to_contain_text("韭叶面")
    page.get_by_role("button", name="加入购物车").locator("visible=true").click()
    page.wait_for_url(re.compile("/cart"))
    expect(page.locator("#main")).to_contain_text("韭叶面 / 4 团 480 g")


def test_an_owner_adds_a_dimension_and_prices_its_combinations(new_phone: NewPhone) -> None:
    page = new_phone().open("/staff/sign-in")
    page.get_by_label("用户名").fill("danyan")
    page.get_by_label("密码").fill("banli-demo")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile("/workshop"))
    page.get_by_role("link", name="商品").locator("visible=true").first.click()
    page.locator(".good-name").first.click()
    page.get_by_role("link", name="口味 × 重量").click()
    second = page.get_by_role("group", name="第二项规格")
    second.get_by_label("叫什么").fill("口味")
    second.get_by_label("有哪些值").fill("原味、微辣")
    page.get_by_role("button", name="保存规格").click()
    hot = page.get_by_role("group", name=re.compile("微辣$")).first
    hot.get_by_label("要卖这个组合").check()
    hot.get_by_label("价格（元）").fill("19.80")
    hot.get_by_label("重量（克）").fill("560")
    hot.get_by_label("现有（件）").fill("12")
    page.get_by_role("button", name="保存组合").click()
    made = page.locator("#variants .variant", has_text="微辣")
    expect(made).to_contain_text("¥19.80")
    expect(made).to_contain_text("可卖 12 件")
    expect(page.locator(".page-head")).to_contain_text("待审核")
