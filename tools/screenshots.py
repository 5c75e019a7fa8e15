"""`python -m tools.screenshots --url http://127.0.0.1:8000`: take the README's pictures from a running `make run`.

Run it some minutes after the first start, when the demo's tour has made its batches and sent its parcel.
"""

from __future__ import annotations

import argparse
import io
import os
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
import pypdfium2
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = ViewportSize(width=390, height=844)
GOODS = ("neifang-black-tofu", "xinchun-mung-cake", "sidatong-three-year")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        camera = Camera(
            options.url, options.out, browser.new_context(viewport=SIZE, device_scale_factor=1.5, locale="zh-CN")
        )
        camera.shop()
        camera.buy()
        owner = browser.new_context(viewport=SIZE, device_scale_factor=1.5, locale="zh-CN")
        camera.console(owner.new_page())
        browser.close()


class Camera:
    """Walks through the product and keeps what it sees."""

    def __init__(self, url: str, out: Path, context: BrowserContext) -> None:
        self.url, self.out, self.context = url, out, context
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)

    def shop(self) -> None:
        for name, path in (("home", "/"), ("product", f"/products/{GOODS[0]}"), ("live", "/live")):
            self.see(self.page, path, name)

    def buy(self) -> None:
        """Put goods of three workshops in the cart, sign in as the tour's buyer, and go as far as the payment."""
        for slug in GOODS:
            self.page.goto(f"{self.url}/products/{slug}")
            self.page.eval_on_selector("#buy", "form => form.submit()")
            self.page.wait_for_url("**/cart")
        self.see(self.page, "/cart", "cart")
        self._sign_in()
        self.page.goto(f"{self.url}/checkout")
        self.page.locator("#order").evaluate("form => form.submit()")
        self.page.wait_for_url("**/pay")
        self.keep(self.page, "pay")
        self.page.goto(f"{self.url}/orders?status=paid")
        self.page.locator(".order-card h2 a").last.click()
        self.page.wait_for_load_state()
        self.keep(self.page, "order")

    def console(self, page: Page) -> None:
        """The owner's day, a box being packed, a sheet of labels, and what one of its codes opens."""
        page.set_default_timeout(60_000)
        page.goto(f"{self.url}/staff/sign-in")
        page.fill("[name=username]", "neifang")
        page.fill("[name=password]", "banli-demo")
        page.locator("form [type=submit]").last.click()
        page.wait_for_url("**/workshop")
        self.keep(page, "owner")
        page.goto(f"{self.url}/workshop/orders")
        number = re.search(r"/workshop/orders/([0-9A-Z]+-\d+)", page.content())
        if number:
            self.see(page, f"/workshop/orders/{number[1]}/pack", "pack")
        page.goto(f"{self.url}/workshop/batches?status=released")
        batch = re.search(r"/workshop/batches/\d+", page.content())
        assert batch, "no released batch"
        sheet = page.context.request.get(f"{self.url}{batch[0]}/labels.pdf?run=1&paper=a4").body()
        code = self._keep_sheet(sheet)
        self.see(self.page, urlsplit(code).path, "scan")

    def see(self, page: Page, path: str, name: str) -> None:
        page.goto(urljoin(self.url, path), wait_until="load")
        self.keep(page, name)

    def keep(self, page: Page, name: str) -> None:
        page.wait_for_timeout(1500)
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.save(self.out / f"{name}.webp", quality=80, method=6)
        print(f"{name}: {page.url}")

    def _sign_in(self) -> None:
        self.page.goto(f"{self.url}/sign-in?next=/cart")
        self.page.locator("a[href='/sign-in/wechat']").click()
        self.page.wait_for_url("**/connect/qrconnect**")
        there = urlsplit(self.page.url)
        uuid = re.search(r"/connect/(?:confirm|qrconnect)/([\w-]{8,})", self.page.content())
        assert uuid, "the pretend WeChat shows no code to confirm"
        base = urlunsplit((there.scheme, there.netloc, "", "", ""))
        httpx.post(f"{base}/connect/confirm/{uuid[1]}", data={"act": "allow", "person": "顾客甲"}, timeout=20)
        self.page.wait_for_url(f"{self.url}/**")

    def _keep_sheet(self, pdf: bytes) -> str:
        """Keep the sheet's upper half as a picture; the address in one of its codes."""
        document = pypdfium2.PdfDocument(pdf)
        drawn = document[0].render(scale=200 / 72).to_pil()
        document.close()
        drawn.crop((0, 0, drawn.width, drawn.height // 2)).resize((800, 566)).save(self.out / "labels.webp", quality=82)
        return str(zxingcpp.read_barcodes(drawn)[0].text)


if __name__ == "__main__":
    main()
