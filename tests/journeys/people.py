"""People who use the running product through HTTP alone: they open pages, fill in the forms there, follow links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

import html5lib
import httpx
import pypdfium2
import zxingcpp

from tests.fixtures.product import Product


@dataclass
class Page:
    """A page that was opened: its document and where it is."""

    url: str
    status: int
    document: Element
    text: str

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form with this action, as a browser would send them untouched."""
        form = next((form for form in self.document.iter("form") if form.get("action", "") == action), None)
        there = [form.get("action") for form in self.document.iter("form")]
        assert form is not None, f"{self.url}: no form to {action}, only {there}"
        values = {}
        for field in form.iter("input"):
            kind = field.get("type", "text")
            if field.get("name") and (kind not in {"radio", "checkbox", "submit"} or field.get("checked") is not None):
                values[field.get("name", "")] = field.get("value", "")
        for area in form.iter("textarea"):
            values[area.get("name", "")] = area.text or ""
        for select in form.iter("select"):
            options = list(select.iter("option"))
            chosen = next((option for option in options if option.get("selected") is not None), options[0])
            values[select.get("name", "")] = chosen.get("value", chosen.text or "")
        return values

    def links(self, containing: str) -> list[str]:
        """Addresses of links whose address contains a text."""
        found = [link.get("href", "") for link in self.document.iter("a")]
        return [urljoin(self.url, href) for href in found if containing in href]


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, product: Product, agent: str = "Mozilla/5.0 (X11; Linux x86_64)") -> None:
        self.product = product
        headers = {"User-Agent": agent, "Accept": "text/html"}
        client = httpx.Client(base_url=product.base_url, follow_redirects=True, timeout=30, headers=headers)
        self.client = product.keep_open(client)

    def open(self, address: str, status: int = 200) -> Page:
        return self._page(self.client.get(address), status)

    def submit(self, page: Page, action: str, status: int = 200, **values: str | int) -> Page:
        """Send a form of a page with some fields changed."""
        data = page.form(action) | {name: str(value) for name, value in values.items()}
        return self._page(self.client.post(urljoin(page.url, action or page.url), data=data), status)

    def sign_in_with_wechat(self, nickname: str, first: str = "/sign-in") -> Page:
        """Scan WeChat's QR code on the sign-in page, as the pretend person of that nickname."""
        sign_in = self.open(first)
        desk = self._page(self.client.get(sign_in.links("/sign-in/wechat")[0]), 200)
        uuid = re.search(r"/connect/(?:qrconnect|confirm)/([\w-]+)", desk.text)
        assert uuid, desk.text[:2000]
        wechat = self.product.wechat_url
        self.client.post(f"{wechat}/connect/confirm/{uuid[1]}", data={"act": "allow", "new_nickname": nickname})
        return self._page(self.client.get(f"{wechat}/connect/qrconnect/{uuid[1]}"), 200)

    def _page(self, response: httpx.Response, status: int) -> Page:
        document = html5lib.parse(response.text, namespaceHTMLElements=False)
        asked = f"{response.request.method} {response.url}"
        assert response.status_code == status, f"{asked}: {response.status_code}\n{_visible(document)[:1500]}"
        return Page(str(response.url), response.status_code, document, response.text)


class Owner(Person):
    """A workshop's owner, signed in."""

    def __init__(self, product: Product, workshop: str) -> None:
        super().__init__(product)
        page = self.open("/staff/sign-in")
        self.submit(page, "", username=workshop, password="banli-demo")

    def released_batch(self, slug: str) -> str:
        """The path of a released batch of a product's first variant (in the demo a SKU is a piece of the GTIN)."""
        sku = self.open(f"/products/{slug}").form("/cart/lines")["sku"]
        page = self.open("/workshop/batches?status=released")
        for link in dict.fromkeys(page.links("/workshop/batches/")):
            if re.search(r"/batches/\d+$", link) and f"/01/0952{sku}" in self.open(link).text:
                return link
        raise AssertionError(f"no released batch of {slug}")

    def print_codes(self, batch: str, count: int, paper: str = "a4") -> list[str]:
        """Print labels of a batch and scan them from the sheet: the addresses on the packets."""
        path = "/workshop" + batch.split("/workshop", 1)[1]
        page = self.submit(self.open(path), f"{path}/labels", count=count)
        runs = {int(found) for found in re.findall(r"labels\.pdf\?run=(\d+)", page.text)}
        sheet = self.client.get(f"{path}/labels.pdf", params={"run": max(runs), "paper": paper})
        assert sheet.status_code == 200, sheet.text
        return scan_sheet(sheet.content)


def _visible(document: Element) -> str:
    main = document.find(".//main")
    return " ".join(" ".join((main if main is not None else document).itertext()).split())


def scan_sheet(pdf: bytes) -> list[str]:
    """Every QR code of a PDF, read from its rendered pages."""
    document = pypdfium2.PdfDocument(pdf)
    codes = []
    for page in document:
        picture = page.render(scale=300 / 72).to_pil()
        codes += [found.text for found in zxingcpp.read_barcodes(picture)]
        page.close()
    document.close()
    return codes
