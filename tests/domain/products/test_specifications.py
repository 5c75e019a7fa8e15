"""A product in up to two specifications: what happens to its variants when they change, and what the operator sees again."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from core.db import db
from core.errors import InvalidInput
from domain.cart import holding
from domain.cart.holding import Holder
from domain.cart.lines import LineProblem, read_contents
from domain.catalog import listing as catalog
from domain.products import editing, listing, pictures, specifications
from domain.products.models import ListingStatus, Product, Specification
from domain.products.specifications import CombinationFields, SpecificationWish, ValueWish
from tests.factories.products import make_product, make_variant
from tests.factories.specifications import make_flavored

pytestmark = pytest.mark.usefixtures("session")


def wish(name: str, *values: str, was: int | None = None, **renamed: str) -> SpecificationWish:
    """Values that stay, and (`old=new`) those that are renamed; all new when the dimension is."""
    kept = [ValueWish(value, value if was is not None else "") for value in values]
    return SpecificationWish(name, (*kept, *(ValueWish(new, old) for old, new in renamed.items())), was)


def names(product: Product) -> list[str]:
    return [variant.name for variant in product.variants]


@pytest.fixture
def plain() -> Product:
    """250 g and 500 g, only named."""
    product = make_product(pictures=["/pictures/a"], ingredients=["黑豆"])
    make_variant(product, name="250 g", position=0)
    make_variant(product, name="500 g", position=1)
    return product


def test_variants_that_were_only_named_are_one_specification(plain: Product) -> None:
    assert plain.dimensions == (Specification("规格", ("250 g", "500 g")),)
    assert make_product().dimensions == ()


def test_a_second_dimension_keeps_every_variant_with_its_first_value(plain: Product) -> None:
    skus = [variant.sku for variant in plain.variants]
    specifications.arrange(plain, [wish("口味", "原味", "微辣"), wish("重量", "250 g", "500 g", was=0)])
    assert names(plain) == ["原味 / 250 g", "原味 / 500 g"]
    assert [variant.sku for variant in plain.variants] == skus
    made = [combination.name for combination in specifications.combinations(plain)]
    assert made == ["原味 / 250 g", "原味 / 500 g", "微辣 / 250 g", "微辣 / 500 g"]
    assert plain.status == ListingStatus.SUBMITTED, "what a buyer reads is another now"


def test_renaming_goes_along_even_when_two_change_names_with_each_other() -> None:
    product = make_flavored()
    renamed = SpecificationWish("口味", (ValueWish("微辣", "原味"), ValueWish("原味", "微辣")), 0)
    specifications.arrange(product, [renamed, wish("重量", "250 g", "500 g", was=1)])
    found = {variant.sku: variant.name for variant in product.variants}
    assert found == {
        "flavored-250-plain": "微辣 / 250 g",
        "flavored-500-plain": "微辣 / 500 g",
        "flavored-250-hot": "原味 / 250 g",
    }


def test_a_value_more_needs_no_second_look_until_it_is_sold() -> None:
    product = make_flavored()
    specifications.arrange(
        product, [wish("口味", "原味", "微辣", "中辣", was=0), wish("重量", "250 g", "500 g", was=1)]
    )
    assert (product.status, product.approved_at is None) == (ListingStatus.ON_SALE, False)
    specifications.write_combinations(product, [CombinationFields(("中辣", "500 g"), 1900, 600)])
    assert product.status == ListingStatus.SUBMITTED
    assert names(product)[-1] == "中辣 / 500 g"


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ([wish("口味", "原味", was=0), wish("重量", "250 g", "500 g", was=1)], specifications.SpecificationInUse),
        ([wish("口味", "原味", "微辣", was=0)], specifications.SpecificationsCollide),
        ([], specifications.SpecificationsCollide),
        ([wish("口味", was=0)], InvalidInput),
        ([wish("口味", "原味", "微辣", "原味", was=0)], InvalidInput),
        ([wish("口味", "原味", "微 / 辣", was=0)], InvalidInput),
        ([wish("", "原味", "微辣", was=0)], InvalidInput),
        ([wish("口味", "原味", "微辣", was=0), wish("口味", "250 g", "500 g", was=1)], InvalidInput),
        ([wish("口味", *map(str, range(13)), was=0)], InvalidInput),
    ],
)
def test_what_variants_could_not_follow_is_refused(wishes: list[SpecificationWish], error: type[Exception]) -> None:
    product = make_flavored()
    with pytest.raises(error):
        specifications.arrange(product, wishes)
    db.session.refresh(product)
    assert names(product) == ["原味 / 250 g", "原味 / 500 g", "微辣 / 250 g"]
    assert product.status == ListingStatus.ON_SALE


def test_a_dimension_goes_when_the_rest_still_tells_variants_apart(plain: Product) -> None:
    specifications.arrange(plain, [wish("重量", "250 g", "500 g", was=0), wish("口味", "原味")])
    specifications.arrange(plain, [wish("重量", "250 g", "500 g", was=0)])
    assert names(plain) == ["250 g", "500 g"]
    assert plain.dimensions == (Specification("重量", ("250 g", "500 g")),)


def test_one_variant_may_have_no_specification_at_all_and_get_one_again() -> None:
    product = make_product()
    make_variant(product, name="500 mL 单瓶")
    specifications.arrange(product, [])
    assert (product.dimensions, names(product)) == ((), ["500 mL 单瓶"])
    assert [combination.values for combination in specifications.combinations(product)] == [()]
    editing.add_variant(product, editing.VariantFields("2.5 L 陶坛", 19800, 4600))
    assert product.dimensions == (Specification("规格", ("500 mL 单瓶", "2.5 L 陶坛")),)


def test_no_two_variants_have_the_same_values() -> None:
    product = make_flavored()
    with pytest.raises(IntegrityError):
        make_variant(product, name="another name", specification_values=["原味", "250 g"])


def test_disabling_is_the_owners_own_and_takes_it_from_lists_and_carts() -> None:
    product = make_flavored()
    holder = Holder(visitor_token="v" * 43)
    holding.add(holder, "flavored-250-plain", 1)
    off = CombinationFields(("原味", "250 g"), 1000, 500, is_enabled=False)
    specifications.write_combinations(product, [off])
    assert product.status == ListingStatus.ON_SALE
    assert [line.problem for line in read_contents(holder).lines] == [LineProblem.OFF_SALE]
    [card] = [each for each in catalog.list_cards(catalog.Query()).items if each.slug == product.slug]
    assert (card.price_fen, card.available) == (1100, 20), "neither its price nor its packets count"
    specifications.write_combinations(product, [CombinationFields(("原味", "250 g"), 1000, 500)])
    assert product.status == ListingStatus.ON_SALE, "it was approved before"


def test_the_last_one_on_sale_stays_and_a_product_without_any_is_not_offered() -> None:
    product = make_flavored()
    off = [
        CombinationFields(tuple(variant.specification_values), variant.price_fen, 500, is_enabled=False)
        for variant in product.variants
    ]
    with pytest.raises(specifications.LastVariantOnSale):
        specifications.write_combinations(product, off)
    for variant in product.variants:
        variant.is_enabled = False
    workshop = catalog.selling_workshops()[0]
    assert listing.VariantMissing in {type(error) for error in listing.obstacles(product, workshop)}


def test_a_dearer_combination_is_looked_at_a_little_dearer_one_is_not() -> None:
    product = make_flavored()
    for variant in product.variants:
        variant.approved_price_fen = variant.price_fen
    specifications.write_combinations(product, [CombinationFields(("微辣", "250 g"), 1200, 500)])
    assert product.status == ListingStatus.ON_SALE
    specifications.write_combinations(product, [CombinationFields(("微辣", "250 g"), 1500, 500)])
    assert product.status == ListingStatus.SUBMITTED


def test_a_strange_combination_or_picture_is_refused() -> None:
    product = make_flavored()
    for row in (
        CombinationFields(("特辣", "250 g"), 1000, 500),
        CombinationFields(("原味", "250 g"), 1000, 500, picture="/pictures/elsewhere"),
    ):
        with pytest.raises(InvalidInput):
            specifications.write_combinations(product, [row])


def test_a_variants_picture_goes_with_the_products(plain: Product) -> None:
    plain.pictures = ["/pictures/a", "/pictures/b"]
    plain.variants[0].picture = "/pictures/b"
    pictures.remove_picture(plain, "/pictures/b")
    assert plain.variants[0].picture == ""


def test_naming_a_variant_of_two_specifications_is_refused_of_one_it_renames_the_value() -> None:
    product = make_flavored()
    variant = product.variants[0]
    with pytest.raises(InvalidInput):
        editing.change_variant(variant, editing.VariantFields("别的", 1000, 500))
    with pytest.raises(InvalidInput):
        editing.add_variant(product, editing.VariantFields("别的", 1000, 500))
    other = make_product(specifications=[{"name": "重量", "values": ["250 g", "500 g"]}])
    made = make_variant(other, name="250 g")
    editing.change_variant(made, editing.VariantFields("300 g", 1000, 500))
    editing.add_variant(other, editing.VariantFields("1 kg", 3000, 1100))
    assert other.dimensions == (Specification("重量", ("300 g", "500 g", "1 kg")),)
