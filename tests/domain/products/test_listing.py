"""On sale only when nothing is missing, with a history of both ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.clock import today
from core.db import db
from core.errors import DomainError
from core.states import TransitionRefused
from domain.products import listing
from domain.products.finding import listing_history
from domain.products.models import ListingStatus, Product
from domain.stock.models import Stock, StockLot
from domain.workshops.models import Workshop, WorkshopStatus
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def workshop(session: object) -> Workshop:
    return make_workshop()


@pytest.fixture
def product(workshop: Workshop) -> Product:
    made = make_product(workshop, status=ListingStatus.DRAFT, pictures=["/pictures/a"], ingredients=["糯米"])
    make_variant(made)
    return made


def test_a_complete_product_goes_on_and_off_sale_with_history(workshop: Workshop, product: Product) -> None:
    listing.put_on_sale(product, workshop, "陈师傅")
    listing.take_off_sale(product, "陈师傅", "酒没陈够")
    listing.put_on_sale(product, workshop, "陈师傅")
    moves = [(move.from_status, move.to_status, move.by, move.reason) for move in reversed(listing_history(product.id))]
    assert moves == [
        ("draft", "on_sale", "陈师傅", ""),
        ("on_sale", "off_sale", "陈师傅", "酒没陈够"),
        ("off_sale", "on_sale", "陈师傅", ""),
    ]


def _no_variant(workshop: Workshop, product: Product) -> None:
    for variant in product.variants:
        db.session.query(StockLot).filter_by(variant_id=variant.id).delete()
        db.session.delete(db.session.get_one(Stock, variant.id))
        db.session.delete(variant)
    db.session.flush()
    db.session.refresh(product)


def _no_picture(workshop: Workshop, product: Product) -> None:
    product.pictures = []


def _no_ingredients(workshop: Workshop, product: Product) -> None:
    product.ingredients = []


def _expired(workshop: Workshop, product: Product) -> None:
    workshop.certificates[0].expires_on = today() - timedelta(days=1)


def _not_yet_valid(workshop: Workshop, product: Product) -> None:
    workshop.certificates[0].issued_on = today() + timedelta(days=1)


def _no_certificate(workshop: Workshop, product: Product) -> None:
    db.session.delete(workshop.certificates[0])
    db.session.flush()
    db.session.refresh(workshop)


def _suspended(workshop: Workshop, product: Product) -> None:
    workshop.status = WorkshopStatus.SUSPENDED


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_no_variant, listing.VariantMissing),
        (_no_picture, listing.PictureMissing),
        (_no_ingredients, listing.IngredientsMissing),
        (_expired, listing.CertificateExpired),
        (_not_yet_valid, listing.CertificateExpired),
        (_no_certificate, listing.CertificateExpired),
        (_suspended, listing.WorkshopSuspended),
    ],
)
def test_what_is_missing_is_named_and_the_product_stays_a_draft(
    workshop: Workshop,
    product: Product,
    spoil: Callable[[Workshop, Product], None],
    error: type[DomainError],
) -> None:
    spoil(workshop, product)
    db.session.flush()
    assert [type(found) for found in listing.obstacles(product, workshop)] == [error]
    with pytest.raises(error):
        listing.put_on_sale(product, workshop, "陈师傅")
    assert product.status == ListingStatus.DRAFT
    assert listing_history(product.id) == []


def test_a_draft_can_not_be_taken_off(workshop: Workshop, product: Product) -> None:
    with pytest.raises(TransitionRefused):
        listing.take_off_sale(product, "陈师傅")
    listing.put_on_sale(product, workshop, "陈师傅")
    with pytest.raises(TransitionRefused):
        listing.put_on_sale(product, workshop, "陈师傅")
