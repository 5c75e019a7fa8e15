from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.browser.film import Packet
from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Person
from tests.journeys.test_packet import code_of_batch, make_batch


@pytest.fixture(autouse=True)
def everybody_leaves(chromium_path: str, product: Product) -> Iterator[None]:
    """After each test the people who came over HTTP close their browsers."""
    yield
    product.close_clients()


@pytest.fixture(scope="session")
def filmed(chromium_path: str, product: Product) -> Packet:
    wait_until(lambda: _sees(product, "neifang"), 60, product)
    began_at = datetime.now(UTC)
    owner, batch = make_batch(product, "neifang", seconds_in_each_zone=6)
    ended_at = datetime.now(UTC)
    gtin, lot = code_of_batch(owner, batch)
    product.command("batch", "release", gtin, lot)
    path = owner.print_codes(batch, 1)[0].removeprefix(product.base_url)
    # An open file closes within six seconds; only then is it in the book, and can be played from the packet's page.
    wait_until(lambda: owner.open(f"/01/{gtin}/10/{lot}").text.count("data-poster") == 3, 30, product)
    time.sleep(6)
    product.close_clients()
    return Packet(path, lot, began_at, ended_at)


def _sees(product: Product, workshop: str) -> bool:
    page = Person(product).open(f"/live/{workshop}")
    return page.text.count("data-live") == 3
