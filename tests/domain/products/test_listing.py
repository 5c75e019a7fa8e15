"""On sale only when nothing is missing, with a history of both ways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.clock import today
from core.db import db
from core.errors import DomainError
from core.states import TransitionRefused
from domain.products import editing, listing
from domain.products.finding import listing_history
from domain.products.models import Brand, ListingStatus, Product
from domain.stock.models import Stock
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


def sold(workshop: Workshop, product: Product) -> None:
    """Offered by its owner and approved by the operator."""
    listing.offer(product, workshop, "owner")
    listing.approve(product, workshop, "operator", revision=product.revision)


def test_a_complete_product_is_approved_goes_on_and_off_sale_with_history(workshop: Workshop, product: Product) -> None:
    assert listing.offer(product, workshop, "owner") == ListingStatus.SUBMITTED
    listing.give_back(product, "operator", "照片太暗")
    sold(workshop, product)
    listing.take_off_sale(product, "owner", "酒没陈够")
    assert listing.offer(product, workshop, "owner") == ListingStatus.ON_SALE
    moves = [(move.from_status, move.to_status, move.by, move.reason) for move in reversed(listing_history(product.id))]
    assert moves == [
        ("draft", "submitted", "owner", ""),
        ("submitted", "returned", "operator", "照片太暗"),
        ("returned", "submitted", "owner", ""),
        ("submitted", "on_sale", "operator", ""),
        ("on_sale", "off_sale", "owner", "酒没陈够"),
        ("off_sale", "on_sale", "owner", ""),
    ]


def test_no_owner_puts_on_sale_what_nobody_approved(workshop: Workshop, product: Product) -> None:
    listing.offer(product, workshop, "owner")
    with pytest.raises(TransitionRefused):
        listing.offer(product, workshop, "owner")
    assert product.status == ListingStatus.SUBMITTED
    assert product.approved_at is None


def test_an_owner_takes_back_what_was_submitted(workshop: Workshop, product: Product) -> None:
    listing.offer(product, workshop, "owner")
    listing.withdraw(product, "owner")
    assert product.status == ListingStatus.DRAFT
    with pytest.raises(TransitionRefused):
        listing.withdraw(product, "owner")
    with pytest.raises(TransitionRefused):
        listing.approve(product, workshop, "operator", revision=product.revision)


def test_what_was_changed_meanwhile_is_not_approved(workshop: Workshop, product: Product) -> None:
    listing.offer(product, workshop, "owner")
    seen = product.revision
    editing.change_variant(product.variants[0], editing.VariantFields("大坛", 1280, 500))
    with pytest.raises(listing.ListingChanged):
        listing.approve(product, workshop, "operator", revision=seen)
    assert product.status == ListingStatus.SUBMITTED
    listing.approve(product, workshop, "operator", revision=product.revision)


def test_a_certificate_that_ran_out_while_it_waited_keeps_it_off(workshop: Workshop, product: Product) -> None:
    listing.offer(product, workshop, "owner")
    _expired(workshop, product)
    with pytest.raises(listing.CertificateExpired):
        listing.approve(product, workshop, "operator", revision=product.revision)
    assert product.status == ListingStatus.SUBMITTED


@pytest.mark.parametrize(
    ("price_fen", "status"),
    [(1000, "on_sale"), (1200, "on_sale"), (800, "on_sale"), (1201, "submitted"), (799, "submitted")],
)
def test_a_small_change_of_price_is_the_owners_own(
    workshop: Workshop, product: Product, price_fen: int, status: str
) -> None:
    variant = product.variants[0]
    variant.price_fen = 1000
    sold(workshop, product)
    editing.change_variant(variant, editing.VariantFields(variant.name, price_fen, variant.weight_grams))
    assert product.status == status


def test_small_changes_of_price_do_not_add_up_unseen(workshop: Workshop, product: Product) -> None:
    variant = product.variants[0]
    variant.price_fen = 1000
    sold(workshop, product)
    for price_fen in (1150, 1200):
        editing.change_variant(variant, editing.VariantFields(variant.name, price_fen, variant.weight_grams))
    assert product.status == ListingStatus.ON_SALE
    editing.change_variant(variant, editing.VariantFields(variant.name, 1300, variant.weight_grams))
    assert product.status == ListingStatus.SUBMITTED
    assert listing_history(product.id)[0].reason == "改了价格，超出免审幅度"


@pytest.mark.parametrize("status", [ListingStatus.ON_SALE, ListingStatus.OFF_SALE])
def test_new_text_is_looked_at_again(workshop: Workshop, product: Product, status: ListingStatus) -> None:
    sold(workshop, product)
    if status == ListingStatus.OFF_SALE:
        listing.take_off_sale(product, "owner")
    fields = fields_of(product)
    editing.change_product(product, fields)
    assert product.approved_at is not None, "nothing was changed"
    editing.change_product(product, replace(fields, ingredients=["糯米", "红曲"]))
    assert product.approved_at is None
    assert listing.offer(product, workshop, "owner") == "submitted" if status == "off_sale" else "submitted"
    assert product.status == ListingStatus.SUBMITTED


def fields_of(product: Product) -> editing.ProductFields:
    names = {field.name for field in dataclasses.fields(editing.ProductFields)} - {"category", "brand"}
    values = {name: getattr(product, name) for name in names}
    return editing.ProductFields(category=product.category.slug, brand=Brand(product.brand), **values)


def _no_variant(workshop: Workshop, product: Product) -> None:
    for variant in product.variants:
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
        listing.offer(product, workshop, "陈师傅")
    assert product.status == ListingStatus.DRAFT
    assert listing_history(product.id) == []


def test_a_draft_can_not_be_taken_off(workshop: Workshop, product: Product) -> None:
    with pytest.raises(TransitionRefused):
        listing.take_off_sale(product, "陈师傅")
    sold(workshop, product)
    with pytest.raises(TransitionRefused):
        listing.offer(product, workshop, "陈师傅")
