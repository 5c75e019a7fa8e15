"""A packet's code opened on a phone: the first screen, the film behind it, the workshop now, and a recall."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.film import Packet
from tests.fixtures.chromium import HEIGHT, WECHAT, WIDTH, Phone
from tests.fixtures.product import Product
from tests.journeys.people import Owner
from tests.journeys.test_packet import code_of_batch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
NewPhone = Callable[..., Phone]


def test_the_first_screen_says_it_all(filmed: Packet, new_phone: NewPhone) -> None:
    page = new_phone().open(filmed.path)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("验证通过")
    made_on = filmed.began_at + timedelta(hours=8)
    seen = {
        "verdict": heading,
        "seal": page.locator(".verdict-seal"),
        "count": page.get_by_text(re.compile(r"第 \d+ 次查询")),
        "product": page.get_by_text("内枋黑豆老豆腐", exact=True).first,
        "workshop": page.locator(".packet-maker"),
        "made on": page.get_by_text(made_on.strftime("%Y-%m-%d"), exact=True).first,
        "lot": page.get_by_text(filmed.lot, exact=True).first,
        "film": page.locator(".film video"),
    }
    bar = page.locator(".trace-bar").bounding_box()
    lowest = bar["y"] if bar else HEIGHT
    for what, locator in seen.items():
        expect(locator).to_be_visible()
        box = locator.bounding_box()
        assert box, what
        assert box["x"] >= 0, what
        assert box["x"] + box["width"] <= WIDTH, what
        assert box["y"] >= 0, what
        assert box["y"] + box["height"] <= lowest, f"{what} ends at {box['y'] + box['height']}, the screen at {lowest}"
    assert page.evaluate("scrollY") == 0
    assert _poster_is_a_picture(page)


def _poster_is_a_picture(page: Page) -> bool:
    """Whether what stands for the film before it plays can be shown."""
    return page.locator(".film video").evaluate(
        """async video => {
          const picture = Object.assign(new Image(), {src: video.poster});
          await picture.decode();
          return picture.naturalWidth >= 320;
        }"""
    )


def test_counted_once_a_visitor(filmed: Packet, new_phone: NewPhone) -> None:
    """The second phone is told that it isn't the first; opening again by the same phone counts nothing."""
    one, other = new_phone(), new_phone(WECHAT)
    count = _count(one.open(filmed.path))
    assert _count(one.open(filmed.path)) == count
    assert _count(other.open(filmed.path)) == count + 1


def _count(page: Page) -> int:
    found = re.search(r"第 (\d+) 次查询", page.locator("main").inner_text())
    assert found
    return int(found[1])


def test_a_recall_turns_the_page_red(product: Product, new_phone: NewPhone) -> None:
    owner = Owner(product, "banlixu")
    gtin, lot = code_of_batch(owner, owner.released_batch("banlixu-alkaline-noodles"))
    phone = new_phone()
    page = phone.open(f"/01/{gtin}/10/{lot}")
    green = _background(page)
    product.command("batch", "recall", gtin, lot, "--reason", "原料黑豆抽检不合格")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("这一批已召回")
    expect(page.locator(".verdict")).to_contain_text("原料黑豆抽检不合格")
    red, greenness, _ = _background(page)
    assert red > 1.4 * greenness
    assert _background(page) != green
    expect(page.get_by_role("link", name="再买一份")).to_have_count(0)


def _background(page: Page) -> tuple[int, int, int]:
    """The colour behind the verdict."""
    colour = page.locator(".verdict").evaluate("verdict => getComputedStyle(verdict).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return red, green, blue


@pytest.mark.parametrize(("path", "status", "said"), [
    ("/01/09521000101012/10/NOSUCH/21/ABCDEFGHJKMN", 404, "没有查到这个码"),
    ("/01/09521000101013", 400, "这个码不完整"),
])  # fmt: skip
def test_codes_that_are_none(new_phone: NewPhone, path: str, status: int, said: str) -> None:
    phone = new_phone()
    phone.forgives.add(status)
    page = phone.open(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(said)
    expect(page.get_by_role("link", name="再扫一次")).to_be_visible()
