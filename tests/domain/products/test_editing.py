"""Writing products down, and their variants with GTINs of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput, NotFound
from core.gs1 import is_valid_gtin
from domain.products import editing, finding
from domain.products.models import Brand, ListingStatus, Product, Variant
from domain.workshops.models import Workshop
from tests.factories.products import make_category, make_product
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")
Bottle = editing.VariantFields("500 mL 单瓶", 4800, 980)


@pytest.fixture
def fields(session: scoped_session[Session]) -> editing.ProductFields:
    category = make_category()
    return editing.ProductFields(
        Brand.HONG, category.slug, "三年陈红曲酒", 1825, ingredients=["水", "糯米"], storage="阴凉处"
    )


@pytest.fixture
def workshop(session: scoped_session[Session]) -> Workshop:
    return make_workshop()


def create(workshop: Workshop, fields: editing.ProductFields) -> Product:
    return editing.create_product(workshop.id, workshop.slug, fields)


def test_a_new_product_is_a_draft_with_an_address_of_its_own(workshop: Workshop, fields: editing.ProductFields) -> None:
    first, second = create(workshop, fields), create(workshop, fields)
    assert first.status == ListingStatus.DRAFT
    assert first.slug.startswith(workshop.slug)
    assert first.slug != second.slug
    assert (first.name, first.ingredients, first.category.slug) == ("三年陈红曲酒", ["水", "糯米"], fields.category)


def test_changing_rewrites_the_facts_and_nothing_else(workshop: Workshop, fields: editing.ProductFields) -> None:
    product = create(workshop, fields)
    slug = product.slug
    editing.change_product(product, replace(fields, name="五年陈红曲酒", allergens=["大豆"]))
    assert (product.name, product.allergens, product.slug, product.status) == ("五年陈红曲酒", ["大豆"], slug, "draft")


def test_an_unknown_category_names_its_field(
    session: scoped_session[Session], workshop: Workshop, fields: editing.ProductFields
) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(workshop, replace(fields, category="nowhere"))
    assert set(refused.value.fields) == {"category"}
    assert session.scalar(select(func.count()).select_from(Product)) == 0


def test_each_variant_gets_a_demonstration_gtin_with_a_right_check_digit(
    workshop: Workshop, fields: editing.ProductFields
) -> None:
    product = create(workshop, fields)
    variants = [editing.add_variant(product, replace(Bottle, name=f"{n} 瓶")) for n in range(1, 4)]
    gtins = {variant.gtin for variant in variants}
    assert len(gtins) == 3
    assert all(is_valid_gtin(gtin) and gtin.startswith("0952") for gtin in gtins)
    assert [variant.position for variant in product.variants] == [0, 1, 2]


def test_one_product_has_no_two_variants_of_a_name(
    session: scoped_session[Session], workshop: Workshop, fields: editing.ProductFields
) -> None:
    product = create(workshop, fields)
    editing.add_variant(product, Bottle)
    other = editing.add_variant(product, replace(Bottle, name="陶坛"))
    with pytest.raises(editing.VariantNameTaken):
        editing.add_variant(product, Bottle)
    with pytest.raises(editing.VariantNameTaken):
        editing.change_variant(other, Bottle)
    session.refresh(other)
    assert other.name == "陶坛"
    assert session.scalar(select(func.count()).select_from(Variant).filter_by(product_id=product.id)) == 2


def test_a_product_has_at_most_twelve_variants(workshop: Workshop, fields: editing.ProductFields) -> None:
    product = create(workshop, fields)
    for n in range(editing.MOST_VARIANTS):
        editing.add_variant(product, replace(Bottle, name=f"规格 {n}"))
    with pytest.raises(editing.TooManyVariants):
        editing.add_variant(product, replace(Bottle, name="再一个"))


def test_a_variant_is_renamed_and_repriced(workshop: Workshop, fields: editing.ProductFields) -> None:
    variant = editing.add_variant(create(workshop, fields), Bottle)
    gtin = variant.gtin
    editing.change_variant(variant, editing.VariantFields("单瓶", 5000, 1000))
    assert (variant.name, variant.price_fen, variant.weight_grams, variant.gtin) == ("单瓶", 5000, 1000, gtin)


def test_another_workshops_things_are_not_found(workshop: Workshop, fields: editing.ProductFields) -> None:
    theirs = make_product()
    mine = create(workshop, fields)
    variant = editing.add_variant(mine, Bottle)
    assert [product.id for product in finding.products_of({workshop.id}).items] == [mine.id]
    assert finding.find_product_of(mine.slug, {workshop.id}).id == mine.id
    with pytest.raises(NotFound):
        finding.find_product_of(theirs.slug, {workshop.id})
    with pytest.raises(NotFound):
        finding.find_variant_of(variant.id, {theirs.workshop_id})
