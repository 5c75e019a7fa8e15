"""Processes killed without warning: nothing paid is lost or doubled, and film goes on where it can."""

from __future__ import annotations

import re
import signal
import time
from itertools import pairwise
from urllib.parse import urljoin

import pytest

from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Owner, Person
from tests.journeys.test_packet import code_of_batch, decoded_times
from tests.journeys.test_purchase import ADDRESS, WINE, order_number, pay_at_wechat, put_in_cart

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]
WORKER = ("flask", "--app", "app", "worker")
INGEST = ("flask", "--app", "app", "ingest")


def is_paid(buyer: Person, number: str) -> bool:
    return bool(buyer.client.get(f"/orders/{number}/paid").json()["paid"])


def test_a_payment_survives_the_worker(product: Product) -> None:
    product.stop("worker", signal.SIGKILL)
    try:
        buyer = Person(product)
        put_in_cart(buyer, WINE, 1)
        checkout = buyer.sign_in_with_wechat("停电买家", "/sign-in?next=/checkout")
        checkout = buyer.submit(checkout, "/addresses", **ADDRESS)
        pay = buyer.submit(checkout, "/checkout")
        number = order_number(pay)
        pay_at_wechat(product, pay)
        time.sleep(3)
        assert not is_paid(buyer, number), "somebody else did the worker's job"
    finally:
        product.start("worker", *WORKER)
    wait_until(lambda: is_paid(buyer, number), 60, product)
    assert "deferrer" not in (product.folder / "worker.log").read_text()
    order = buyer.open(f"/orders/{number}")
    assert order.text.count('aria-label="进度"') == 1, "the order was split more than once"


def test_film_goes_on_after_the_recorder_was_killed(product: Product) -> None:
    owner = Owner(product, "banlixu")
    page = owner.open("/workshop/batches/new")
    kind = next(option for option in page.document.iter("option") if option.get("value"))
    row = {"material": "面粉", "lot": "MF2611", "supplier": "坂里乡粮站", "kilograms": "20"}
    fields = {f"ingredients.0.{name}": value for name, value in row.items()}
    page = owner.submit(page, "/workshop/batches/new", variant_id=kind.get("value", ""), quantity=10, **fields)
    path = "/workshop" + page.url.split("/workshop", 1)[1].split("#")[0]
    owner.submit(owner.open(path), f"{path}/zones/production/start")
    time.sleep(9)
    product.stop("ingest", signal.SIGKILL)
    time.sleep(4)
    product.start("ingest", *INGEST)
    time.sleep(25)
    owner.submit(owner.open(path), f"{path}/zones/production/finish")
    owner.submit(owner.open(path), f"{path}/finish")
    product.command("batch", "release", *code_of_batch(owner, path))
    time.sleep(8)
    scan = Person(product).open(owner.print_codes(path, 1)[0])
    films = set(re.findall(r'data-src="([^"]+recorded\.m3u8)"', scan.text))
    assert len(films) == 1
    address = urljoin(product.base_url, films.pop())
    assert "#EXT-X-DISCONTINUITY" in owner.client.get(address).text, "the gap is papered over"
    pictures, times = decoded_times(product, address)
    assert pictures > 60
    assert max(after - before for before, after in pairwise(times)).total_seconds() > 3
