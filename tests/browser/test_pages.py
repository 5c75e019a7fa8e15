"""Every page at 390 × 844: no serious finding of axe, nothing wider than the screen, targets a thumb can hit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.film import Packet
from tests.fixtures.chromium import WIDTH, Phone
from tests.fixtures.environment import ROOT
from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Owner, Person
from tests.journeys.test_purchase import ADDRESS, TOFU, WINE, order_number, pay_at_wechat, put_in_cart

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
AXE = ROOT / "static" / "vendor" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: rules});
  const grave = found.violations.filter(({impact}) => ["serious", "critical"].includes(impact));
  const where = ({target, failureSummary}) => target + " " + failureSummary.split("\\n")[1];
  return grave.map(({id, impact, nodes}) => `${impact} ${id}: ${nodes.slice(0, 3).map(where).join(" | ")}`);
}"""
TARGETS = (
    "button, .button, input, select, textarea, summary, nav a, .tabs a, .menu a, .product-card a, .task, .row-card > a"
)
# What a thumb must hit is at least 44 px high and wide. A radio or a checkbox counts with its label.
SMALL_TARGETS = """names => {
  const whole = target => (target.matches("[type=radio], [type=checkbox]") && target.closest("label")) || target;
  return [...document.querySelectorAll(names)].map(whole)
    .filter(target => target.type !== "hidden" && target.checkVisibility({opacityProperty: true, visibilityProperty: true}))
    .map(target => [target, target.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1 && (box.height < 43.5 || box.width < 43.5))
    .map(([target, box]) => `${target.outerHTML.slice(0, 90)} ${box.width.toFixed(0)}×${box.height.toFixed(0)}`);
}"""


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page that is open."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults: list[str] = page.evaluate(RUN_AXE)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > WIDTH:
        faults.append(f"{width} px wide")
    return faults + page.evaluate(SMALL_TARGETS, TARGETS)


def walk(phone: Phone, paths: list[str]) -> dict[str, list[str]]:
    """The faults of each page that has some."""
    found = {}
    for path in paths:
        faults = faults_of(phone.open(path))
        if faults:
            found[path] = faults
    return found


def bring_session(person: Person, phone: Phone) -> Phone:
    """The phone goes on where the person is signed in."""
    cookies = [
        {"name": each.name, "value": each.value or "", "url": phone.base_url} for each in person.client.cookies.jar
    ]
    phone.context.add_cookies(cookies)
    return phone


def test_pages_for_everybody(filmed: Packet, new_phone: Callable[..., Phone]) -> None:
    phone = new_phone()
    phone.forgives.add(404)
    paths = [
        "/", "/products", "/products?q=nothing", f"/products/{TOFU}", "/workshops", "/workshops/neifang", "/cart", "/live",
        "/live/neifang", "/scan", "/sign-in", "/staff/sign-in", filmed.path, filmed.path.rsplit("/21/")[0],
        "/01/09521000101012/10/NOSUCH", "/me", "/no-such-page", "/?lang=en", f"/products/{TOFU}", filmed.path, "/live",
    ]  # fmt: skip
    assert walk(phone, paths) == {}


def test_pages_of_a_buyer(product: Product, new_phone: Callable[..., Phone]) -> None:
    buyer = Person(product, agent="Mozilla/5.0 Mobile")
    put_in_cart(buyer, TOFU, 2)
    put_in_cart(buyer, WINE, 1)
    buyer.sign_in_with_wechat("逛页面的人")
    empty_handed = walk(bring_session(buyer, new_phone()), ["/cart", "/checkout"])
    checkout = buyer.submit(buyer.open("/checkout"), "/addresses", **ADDRESS)
    pay = buyer.submit(checkout, "/checkout", note="请轻放")
    number = order_number(pay)
    put_in_cart(buyer, TOFU, 1)
    paths = ["/checkout", "/addresses", "/orders", f"/orders/{number}", f"/orders/{number}/pay", "/me"]
    assert empty_handed | walk(bring_session(buyer, new_phone()), paths) == {}


def test_pages_of_an_owner(product: Product, new_phone: Callable[..., Phone]) -> None:
    owner = Owner(product, "sidatong")
    part = _order_to_pack(product, owner)
    batch = "/workshop" + owner.released_batch(WINE).split("/workshop", 1)[1]
    paths = [
        "/workshop", "/workshop/orders", f"/workshop/orders/{part}", f"/workshop/orders/{part}/pack", "/workshop/products",
        f"/workshop/products/{WINE}", "/workshop/batches", "/workshop/batches/new", batch, "/workshop/cameras",
    ]  # fmt: skip
    assert walk(bring_session(owner, new_phone()), paths) == {}


def _order_to_pack(product: Product, owner: Owner) -> str:
    """Somebody buys a bottle: the part that the owner has to pack."""
    buyer = Person(product)
    put_in_cart(buyer, WINE, 1)
    buyer.sign_in_with_wechat("买酒的人")
    checkout = buyer.submit(buyer.open("/checkout"), "/addresses", **ADDRESS)
    pay = buyer.submit(checkout, "/checkout", note="请轻放")
    pay_at_wechat(product, pay)
    part = f"{order_number(pay)}-1"
    wait_until(lambda: part in owner.open("/workshop/orders").text, 20, product)
    return part
