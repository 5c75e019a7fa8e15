from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.product import Product


@pytest.fixture(autouse=True)
def everybody_leaves(product: Product) -> Iterator[None]:
    """After each test its people close their browsers."""
    yield
    product.close_clients()
