"""A purchase, end to end through HTTP: two workshops' goods, one payment, two parcels."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Owner, Page, Person

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]
TOFU, WINE = "neifang-black-tofu", "sidatong-three-year"
ADDRESS = {
    "recipient": "顾客丁", "phone": "13900001234", "province": "福建省", "city": "厦门市", "district": "思明区",
    "street": "示例路 5 号",
}  # fmt: skip


def put_in_cart(person: Person, slug: str, quantity: int) -> str:
    """Adds the first variant of a product; its SKU."""
    page = person.open(f"/products/{slug}")
    person.submit(page, "/cart/lines", quantity=quantity)
    return page.form("/cart/lines")["sku"]


def order_number(page: Page) -> str:
    found = re.search(r"/orders/(\w+)/pay", page.url + page.text)
    assert found, page.url
    return found[1]


def pay_at_wechat(product: Product, page: Page) -> None:
    """Follow the payment page's link to the pretend cashier and pay there."""
    link = next(iter(page.links("/cashier/native")))
    with httpx.Client(follow_redirects=True, timeout=20) as phone:
        phone.get(link).raise_for_status()
        code = link.split("pr=")[1]
        paid = phone.post(f"{product.wechat_url}/sandbox/pay", json={"code_url": f"weixin://wxpay/bizpayurl?pr={code}"})
        assert paid.status_code == 200, paid.text


def _pack_and_ship(product: Product, workshop: str, number: str, part: str, wanted: tuple[str, int]) -> None:
    """The owner finds the order among those to pack, scans packets into the box, and hands it to a carrier."""
    owner = Owner(product, workshop)
    assert f"{number}-{part}" in owner.open("/workshop/orders").text
    path = f"/workshop/orders/{number}-{part}"
    page = owner.open(f"{path}/pack")
    codes = owner.print_codes(owner.released_batch(wanted[0]), wanted[1])
    owner.submit(page, f"{path}/pack", status=422, code="https://example.cn/01/1/10/A/21/B")
    for code in codes:
        page = owner.submit(page, f"{path}/pack", code=code)
    page = owner.submit(page, f"{path}/pack/finish")
    owner.submit(page, f"{path}/ship", status=422, carrier_code="SF", tracking_number="no number")
    page = owner.open(path)
    owner.submit(page, f"{path}/ship", carrier_code="SF", tracking_number=f"SF00000000{int(part):05d}")


def test_a_purchase_of_two_workshops(product: Product) -> None:
    buyer = Person(product)
    tofu, wine = put_in_cart(buyer, TOFU, 2), put_in_cart(buyer, WINE, 1)
    cart = buyer.open("/cart")
    assert f"/cart/lines/{tofu}" in cart.text
    assert f"/cart/lines/{wine}" in cart.text

    buyer.sign_in_with_wechat("旅途买家")
    cart = buyer.open("/cart")
    assert cart.form(f"/cart/lines/{tofu}")["quantity"] == "2", "the visitor's cart was lost at sign-in"

    checkout = buyer.open("/checkout")
    checkout = buyer.submit(checkout, "/addresses", **ADDRESS)
    assert "address_id" in checkout.form("/checkout")
    pay = buyer.submit(checkout, "/checkout", note="请轻放")
    number = order_number(pay)
    assert buyer.client.get(f"/orders/{number}/paid").json()["paid"] is False
    pay_at_wechat(product, pay)
    wait_until(lambda: buyer.client.get(f"/orders/{number}/paid").json()["paid"], 20, product)

    # Parts are numbered in the order of the directory, where 四大桶 stands first.
    _pack_and_ship(product, "sidatong", number, "1", (WINE, 1))
    _pack_and_ship(product, "neifang", number, "2", (TOFU, 2))
    order = buyer.open(f"/orders/{number}")
    assert order.text.count("SF00000000") >= 2
    for _ in range(2):
        order = buyer.submit(order, f"/orders/{number}/receive")
    assert not [form for form in order.document.iter("form") if "receive" in form.get("action", "")]
    stranger = Person(product)
    stranger.sign_in_with_wechat("旁人")
    stranger.open(f"/orders/{number}", status=404)
