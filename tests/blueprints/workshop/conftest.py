"""One workshop with its owner signed in, and another workshop whose things are none of the owner's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from core.db import db
from domain.batches.models import BatchStatus
from domain.labels.minting import mint_codes
from domain.products.models import ListingStatus, Product
from domain.workshops.models import Workshop
from tests.factories.accounts import make_buyer, make_owner
from tests.factories.batches import make_batch
from tests.factories.fulfillment import make_part
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.web import Browser


@dataclass(frozen=True)
class Bench:
    """What one workshop has: a product on sale with a variant, a released batch with codes, an order of two packets."""

    owner_id: int
    workshop_id: int
    slug: str
    category: str
    variant_id: int
    batch_id: int
    open_batch_id: int
    lot: str
    serials: list[str]
    number: str
    uncoded_number: str
    uncoded_line_id: int


@pytest.fixture
def bench(app: Flask, clean_database: None) -> Bench:
    """The signed-in owner's workshop."""
    with app.app_context():
        made = furnish(make_workshop(name="四大桶红曲酒坊"))
        db.session.commit()
    return made


@pytest.fixture
def theirs(app: Flask, clean_database: None) -> Bench:
    """Another workshop."""
    with app.app_context():
        made = furnish(make_workshop())
        db.session.commit()
    return made


@pytest.fixture
def owner(bench: Bench, sign_in: Callable[[int], Browser]) -> Browser:
    return sign_in(bench.owner_id)


@pytest.fixture
def buyer(app: Flask, sign_in: Callable[[int], Browser]) -> Browser:
    with app.app_context():
        account_id = make_buyer().id
        db.session.commit()
    return sign_in(account_id)


@pytest.fixture
def count(app: Flask) -> Callable[..., int]:
    """`count(Model, **values)`: how many rows there are, seen from outside."""

    def rows(model: Any, **values: Any) -> int:
        with app.app_context():
            return int(db.session.query(model).filter_by(**values).count())

    return rows


def furnish(workshop: Workshop) -> Bench:
    owner = make_owner(workshop)
    product: Product = make_product(
        workshop, status=ListingStatus.ON_SALE, pictures=["/pictures/" + "a" * 64], ingredients=["水", "糯米"],
        storage="阴凉处", shelf_life_days=365,
    )  # fmt: skip
    coded, bare = make_variant(product), make_variant(product)
    batch = make_batch(coded, quantity=8)
    codes = mint_codes(batch, 4)
    part, uncoded = make_part({coded: 2}), make_part({bare: 1})
    return Bench(
        owner.id, workshop.id, product.slug, product.category.slug, coded.id, batch.id,
        make_batch(bare, status=BatchStatus.IN_PRODUCTION).id, batch.lot, [code.serial for code in codes],
        part.number, uncoded.number, uncoded.lines[0].id,
    )  # fmt: skip
