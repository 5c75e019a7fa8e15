"""`python -m tools.screenshots --url http://127.0.0.1:8000 --out docs/pictures`: the pictures of the README's tour.

Wants a running `make run` whose morning's tour is over, and Chromium (CHROMIUM, or on the PATH). Walks as people do: signs
in at the pretend WeChat, as an owner with the demo's password, and reads a code from the printed labels.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WORKSHOP, PASSWORD = "neifang", "banli-demo"
GOODS = ("neifang-black-tofu", "sidatong-three-year")
MOST_BYTES = 120_000


class Album:
    """Where the pictures go, and from which product they are taken."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self.browser, self.url, self.folder = browser, url.rstrip("/"), folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def phone(self) -> Iterator[Page]:
        """A phone nobody has used yet."""
        context = self.browser.new_context(
            base_url=self.url, user_agent=AGENT, locale="zh-CN", timezone_id="Asia/Shanghai", is_mobile=True,
            has_touch=True, viewport={"width": 390, "height": 844}, device_scale_factor=2,
        )  # fmt: skip
        yield context.new_page()
        context.close()

    def take(self, page: Page, name: str) -> None:
        """The screen as it is now, once its pictures are there."""
        page.wait_for_load_state("networkidle")
        page.wait_for_function("[...document.images].every(image => image.complete || image.loading === 'lazy')")
        self.keep(Image.open(io.BytesIO(page.screenshot())), name)

    def keep(self, picture: Image.Image, name: str) -> None:
        """As WebP, as good as fits."""
        for quality in (86, 78, 70, 60, 50):
            out = io.BytesIO()
            picture.convert("RGB").save(out, "WEBP", quality=quality, method=6)
            if out.tell() <= MOST_BYTES:
                break
        path = self.folder / f"{name}.webp"
        path.write_bytes(out.getvalue())
        print(f"{path}: {picture.width} × {picture.height}, {out.tell() // 1000} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        sys.exit("no Chromium: set CHROMIUM, or install Debian's chromium and fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        album = Album(browser, options.url, options.out)
        buy(album)
        follow_the_parcel(album)
        code = work(album)
        scan(album, code)
        browser.close()


def buy(album: Album) -> None:
    """Home, a product, a cart of two workshops, and the payment of it."""
    with album.phone() as page:
        page.goto("/")
        album.take(page, "home")
        for slug in GOODS:
            page.goto(f"/products/{slug}")
            if slug == GOODS[0]:
                album.take(page, "product")
            page.get_by_role("button", name="加入购物车").locator("visible=true").click()
            page.locator(".toast").wait_for()
        page.goto("/cart")
        album.take(page, "cart")
        sign_in(page, "/checkout")
        write_address(page)
        page.get_by_role("button", name="提交订单").click()
        page.wait_for_url(re.compile("/pay$"))
        album.take(page, "pay")


def sign_in(page: Page, onward: str) -> None:
    """As the first of the pretend WeChat's people, who bought something this morning."""
    page.goto(f"/sign-in?next={onward}")
    page.get_by_role("link", name="微信登录").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在手机上确认", exact=True).click()
    opened.value.get_by_role("button", name="同意登录").click()
    opened.value.close()
    page.wait_for_url(re.compile(re.escape(onward)))


def write_address(page: Page) -> None:
    """Where to, unless an address is known."""
    if page.get_by_label("收货人").count() == 0:
        return
    known = {
        "收货人": "顾客己",
        "手机号": "13900005678",
        "省": "福建省",
        "市": "漳州市",
        "区县": "芗城区",
        "详细地址": "示例路 7 号",
    }
    for label, text in known.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="保存地址").click()
    page.wait_for_url(re.compile("address="))


def follow_the_parcel(album: Album) -> None:
    """This morning's order: two workshops, one of them has sent its box."""
    with album.phone() as page:
        sign_in(page, "/orders")
        page.goto("/orders?status=paid")
        page.locator('a[href^="/orders/"]:not([href*="?"])').first.click()
        page.wait_for_url(re.compile(r"/orders/\w+$"))
        album.take(page, "order")


def work(album: Album) -> str:
    """An owner's day: what is to do, a box to pack, the labels of today's batch; the address on one of them."""
    with album.phone() as page:
        page.goto("/workshop")
        page.get_by_label("用户名").fill(WORKSHOP)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(re.compile("/workshop$"))
        album.take(page, "owner")
        sheet, codes = labels_of_today(album, page)
        album.keep(sheet, "labels")
        page.goto("/workshop/orders?status=to_pack")
        page.locator(".order-link").first.click()
        if page.locator(".packet").count() == 0:
            page.get_by_label("包装上的码").fill(codes[-1].rsplit("/", 1)[1])
            page.get_by_role("button", name="放进箱子").click()
            page.locator(".packet").wait_for()
        album.take(page, "pack")
    return codes[0]


def labels_of_today(album: Album, page: Page) -> tuple[Image.Image, list[str]]:
    """The upper part of the first printed sheet of the newest released batch, and the addresses in its codes."""
    page.goto("/workshop/batches?status=released")
    page.locator('main .rows a[href*="/workshop/batches/"]').first.click()
    address = page.locator('a[href*="paper=a4"]').first.get_attribute("href")
    document = pypdfium2.PdfDocument(page.request.get(f"{album.url}{address}").body())
    codes = [found.text for found in zxingcpp.read_barcodes(document[0].render(scale=300 / 72).to_pil())]
    picture = document[0].render(scale=110 / 72).to_pil()
    document.close()
    return picture.crop((0, 0, picture.width, picture.height * 44 // 100)), codes


def scan(album: Album, code: str) -> None:
    """A packet's page, and the workshops now."""
    with album.phone() as page:
        page.goto(urlsplit(code).path)
        album.take(page, "scan")
        page.goto("/live")
        album.take(page, "live")


if __name__ == "__main__":
    main()
