"""A purchase on a phone, as a buyer and an owner see it: two workshops' goods, one payment, two parcels."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import buying
from tests.browser.buying import ADDRESS, TOFU, WINE
from tests.fixtures.chromium import WECHAT, Phone
from tests.fixtures.product import Product
from tests.journeys.people import Owner

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
NewPhone = Callable[..., Phone]


def test_a_purchase_on_a_phone(product: Product, new_phone: NewPhone) -> None:
    phone = new_phone()
    _fill_the_cart(phone)
    _change_the_cart(phone.page)
    _sign_in_on_the_way(phone, new_phone())
    number = _order(phone)
    _pay(product, phone.page, number)
    part = _parts(phone.page, number)["neifang"]
    codes = _print_two_packets(product)
    tracking = f"SF{secrets.randbelow(10**13):013d}"
    _pack_and_ship(new_phone(), part, codes, tracking)
    _receive(phone, number, tracking)


def _fill_the_cart(phone: Phone) -> None:
    """From the home page to a product of one workshop, then to one of another."""
    page = phone.open("/")
    page.locator(f'a[href="/products/{TOFU}"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("豆腐")
    page.get_by_role("button", name="加入购物车").locator("visible=true").click()
    expect(page.locator(".toast")).to_contain_text("购物车")
    expect(page.locator("[data-cart-count]:visible").first).to_have_text("1")
    buying.add_to_cart(phone, WINE)
    assert buying.badge(page) == 2


def _change_the_cart(page: Page) -> None:
    """One packet more: the sum follows, the page stays."""
    page.locator('a[href="/cart"]:visible').first.click()
    expect(page.locator("form[data-cart-line]")).to_have_count(2)
    before = _total_fen(page)
    page.evaluate("window.stayed = true")
    line = page.locator("form[data-cart-line]", has=page.locator(f'a[href="/products/{TOFU}"]'))
    line.get_by_role("button", name="增加").click()
    expect(page.locator(".tabbar [data-cart-count]")).to_have_text("3")
    expect(line.locator('input[name="quantity"]')).to_have_value("2")
    assert _total_fen(page) > before
    assert page.evaluate("window.stayed"), "the page was left"


def _total_fen(page: Page) -> int:
    found = re.search(r"(\d+)\.(\d\d)", page.locator(".bar-total").inner_text().replace("\n", "").replace(",", ""))
    assert found
    return int(found[1] + found[2])


def _sign_in_on_the_way(phone: Phone, other: Phone) -> None:
    """To checkout, by way of WeChat; what was in the cart is still there."""
    page = phone.page
    page.get_by_role("link", name="去结算").click()
    page.wait_for_url(re.compile("/sign-in"))
    buying.sign_in_by_qr(phone, other, "顾客己")
    page.wait_for_url(re.compile("/checkout"))
    expect(page.locator("#order .goods")).to_have_count(2)
    expect(page.locator("#order")).to_contain_text("× 2")


def _order(phone: Phone) -> str:
    """An address with a mistake first: said at its field, what was typed is kept. Then the order; its number."""
    page = phone.page
    phone.forgives.add(422)
    expect(page.get_by_role("button", name="提交订单")).to_be_disabled()
    page.evaluate("document.querySelector('form[action=\"/addresses\"]').noValidate = true")
    buying.write_address(page, 手机号="12", 省="")
    for name in ("phone", "province"):
        wrong = page.locator(f"#field-{name}")
        expect(wrong).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#error-{name}")).to_be_visible()
        assert f"error-{name}" in (wrong.get_attribute("aria-describedby") or "")
    expect(page.get_by_label("收货人")).to_have_value(ADDRESS["收货人"])
    buying.write_address(page)
    page.wait_for_url(re.compile("/checkout"))
    expect(page.locator(".address").first).to_contain_text(ADDRESS["详细地址"])
    page.get_by_label("给作坊的话").fill("请轻放")
    page.get_by_role("button", name="提交订单").click()
    return buying.number_of(page)


def _pay(product: Product, page: Page, number: str) -> None:
    """A phone's browser pays by H5: WeChat's page, and back. WeChat's word comes later: then the page turns by itself."""
    expect(page.locator("time[data-countdown]")).to_have_text(re.compile(r"^(30|29):\d\d$"))
    with slow_notices(product, seconds=3):
        page.get_by_role("link", name="打开微信付款").click()
        buying.pay_at_the_cashier(page)
        page.wait_for_url(re.compile(f"/orders/{number}/pay$"))
        page.wait_for_url(re.compile(f"/orders/{number}/pay/done"))
    expect(page.get_by_role("heading", level=1)).to_have_text("付好了")
    page.get_by_role("link", name="看订单").click()


@contextlib.contextmanager
def slow_notices(product: Product, seconds: int) -> Iterator[None]:
    """WeChat tells of payments only after a while."""
    address = f"{product.wechat_url}/sandbox/faults"
    httpx.post(address, json={"delay_seconds": seconds}).raise_for_status()
    yield
    httpx.post(address, json={"reset": True}).raise_for_status()


def _parts(page: Page, number: str) -> dict[str, str]:
    """Each workshop's part of the order that is open, by the workshop."""
    parts = page.locator("section.part", has=page.locator(".steps"))
    expect(parts).to_have_count(2)
    makers = [link.get_attribute("href") or "" for link in page.locator("section.part .maker-line").all()]
    return {address.rsplit("/", 1)[1]: f"{number}-{place}" for place, address in enumerate(makers, 1)}


def _print_two_packets(product: Product) -> list[str]:
    """Serials on two packets of tofu, as printed under their codes."""
    owner = Owner(product, "neifang")
    return [code.rsplit("/", 1)[1] for code in owner.print_codes(owner.released_batch(TOFU), 2)]


def _pack_and_ship(phone: Phone, part: str, codes: list[str], tracking: str) -> None:
    """The owner's phone: type what stands under each code, close the box, copy the carrier's number."""
    page = phone.open("/workshop")
    page.get_by_label("用户名").fill("neifang")
    page.get_by_label("密码").fill("banli-demo")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="单要打包").click()
    page.get_by_role("link", name=part).click()
    expect(page.get_by_role("button", name="装好了")).to_be_disabled()
    for place, code in enumerate(codes, 1):
        page.get_by_label("包装上的码").fill(code)
        page.get_by_role("button", name="放进箱子").click()
        expect(page.locator(".progress-count")).to_have_text(f"{place} / 2")
    page.get_by_role("button", name="装好了").click()
    page.get_by_label("快递公司").select_option("SF")
    page.get_by_label("快递单号").fill(tracking)
    page.get_by_role("button", name="寄出去了").click()
    expect(page.locator(".tracking")).to_have_text(tracking)


def _receive(phone: Phone, number: str, tracking: str) -> None:
    """The buyer sees who brings the parcel, and has it."""
    page = phone.open(f"/orders/{number}")
    parcel = page.locator("section.part", has=page.locator(".parcel"))
    expect(parcel).to_have_count(1)
    expect(parcel).to_contain_text("顺丰")
    expect(parcel).to_contain_text(tracking)
    parcel.get_by_role("button", name="确认收货").click()
    page.get_by_role("dialog").get_by_role("button", name="收到了").click()
    expect(page.get_by_role("button", name="确认收货")).to_have_count(0)
    expect(parcel.locator(".steps li.is-done")).to_have_count(4)


def test_inside_wechat(product: Product, new_phone: NewPhone) -> None:
    """WeChat's own browser signs in by OAuth and pays on WeChat's sheet (JSAPI).

    An ordinary Chromium has no WeixinJSBridge: the sandbox's stand-in is put into the page by the test, past the page's
    policy, which lets no other site's script in and stays as it is.
    """
    phone = new_phone(WECHAT, bypass_csp=True)
    buying.add_to_cart(phone, TOFU)
    page = phone.open("/checkout")
    page.get_by_role("link", name="微信登录").click()
    page.get_by_role("heading", name="登录授权").wait_for()
    buying.agree(page, "微信里的人", "允许")
    page.wait_for_url(re.compile("/checkout"))
    buying.write_address(page)
    page.wait_for_url(re.compile(r"/checkout\?address="))
    page.get_by_role("button", name="提交订单").click()
    number = buying.number_of(page)
    page.evaluate(
        """address => new Promise(loaded => {
          const script = Object.assign(document.createElement("script"), {src: address, onload: loaded});
          script.dataset.mode = "page";
          document.head.append(script);
        })""",
        f"{product.wechat_url}/static/wx-shim.js",
    )
    page.get_by_role("button", name="微信支付").click()
    page.wait_for_url(re.compile("/cashier/jsapi"))
    buying.pay_at_the_cashier(page)
    page.wait_for_url(re.compile(f"/orders/{number}/pay/done"))
