"""The demo's data tells one coherent, lawful story, and a broken file is refused by name."""

import re
import shutil
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from stdnum import ean

from demo.content import reading

TODAY = date(2026, 11, 22)
CONTENT = reading.read_content()
MEMBERS = {workshop.slug: workshop for workshop in CONTENT.workshops if workshop.member}
PRODUCTS = {product.slug: product for product in CONTENT.products}
VARIANTS = [variant for product in CONTENT.products for variant in product.variants]


def test_the_district_has_44_workshops_of_which_10_are_members() -> None:
    assert len(CONTENT.workshops) == 44
    assert len(MEMBERS) == 10
    assert {workshop.town for workshop in MEMBERS.values()} == {"坂里乡"}


@pytest.mark.parametrize("rows", [CONTENT.workshops, CONTENT.products, CONTENT.categories, CONTENT.materials])
def test_slugs_and_names_are_unique(rows: tuple[reading.Workshop, ...]) -> None:
    assert len({row.slug for row in rows}) == len(rows)
    assert len({row.name for row in rows}) == len(rows)
    assert len({row.name_en for row in rows}) == len(rows)


def test_certificates_are_unique_demo_numbers_and_members_hold_valid_ones() -> None:
    assert len({workshop.certificate_number for workshop in CONTENT.workshops}) == 44
    assert all(workshop.certificate_number.startswith("示例") for workshop in CONTENT.workshops)
    assert all(workshop.issued_on <= TODAY < workshop.expires_on for workshop in CONTENT.workshops)
    near_expiry = [workshop for workshop in CONTENT.workshops if (workshop.expires_on - TODAY).days <= 30]
    assert len(near_expiry) == 2
    assert not any(workshop.member for workshop in near_expiry)


def test_two_members_became_enterprises_with_their_trademarks() -> None:
    enterprises = [workshop for workshop in CONTENT.workshops if workshop.upgraded_to_enterprise_on]
    assert {workshop.trademark for workshop in enterprises} == {"四大桶", "内枋豆腐"}
    assert all(workshop.member for workshop in enterprises)
    assert enterprises == [workshop for workshop in CONTENT.workshops if workshop.certificate_type == "食品生产许可证"]


def test_each_member_sells_two_to_five_products() -> None:
    counts = Counter(product.workshop for product in CONTENT.products)
    assert set(counts) == set(MEMBERS)
    assert all(2 <= count <= 5 for count in counts.values())
    assert {product.category for product in CONTENT.products} == {category.slug for category in CONTENT.categories}


def test_gtins_are_valid_unique_and_in_the_demo_range() -> None:
    gtins = [variant.gtin for variant in VARIANTS]
    assert len(set(gtins)) == len(gtins)
    assert all(gtin.startswith("0952") and ean.is_valid(gtin) and len(gtin) == 14 for gtin in gtins)


def test_prices_are_positive_and_larger_packages_cost_more_but_not_more_per_gram() -> None:
    assert all(variant.price_fen > 0 and variant.stock > 0 for variant in VARIANTS)
    for product in CONTENT.products:
        for smaller, larger in pairwise(product.variants):
            if smaller.values[:-1] != larger.values[:-1]:
                continue
            assert larger.price_fen > smaller.price_fen, product.slug
            assert larger.weight_grams > smaller.weight_grams, product.slug
            assert larger.price_fen / smaller.price_fen < 1.1 * larger.weight_grams / smaller.weight_grams, product.slug


def test_alcohol_is_declared_with_its_warning() -> None:
    for product in CONTENT.products:
        is_wine = product.category == "wine" or product.slug == "sidatong-gift-pair"
        assert (product.alcohol_percent is not None) == is_wine, product.slug
        assert ("过量饮酒有害健康" in product.warnings) == is_wine, product.slug
        assert not is_wine or product.brand == "hong", product.slug


def test_what_spoils_is_flagged_as_perishable() -> None:
    for product in CONTENT.products:
        if product.shelf_life_days <= 15:
            assert product.fresh_perishable, product.slug
        if product.shelf_life_days > 90:
            assert not product.fresh_perishable, product.slug


def test_allergens_follow_from_ingredients() -> None:
    causes = {"面粉": "含麸质的谷物", "大豆": "大豆", "黑豆": "大豆", "花生仁": "花生", "鲜鸡蛋": "蛋类"}
    for product in CONTENT.products:
        for ingredient, allergen in causes.items():
            assert ingredient not in product.ingredients or allergen in product.allergens, (product.slug, allergen)


@pytest.mark.parametrize("claim", ["零添加", "不添加", "无添加", "养生", "治疗", "保健", "最好", "国家级", "纯天然"])
def test_no_copy_makes_a_claim_the_law_forbids(claim: str) -> None:
    texts = [product.tagline + product.description for product in CONTENT.products]
    texts += [workshop.story for workshop in CONTENT.workshops]
    assert not [text for text in texts if claim in text]


def test_no_phone_numbers_anywhere() -> None:
    for path in reading.CONTENT_DIRECTORY.glob("*.toml"):
        assert not re.search(r"\b1[3-9]\d{9}\b|\b0\d{2,3}-\d{7,8}\b", path.read_text(encoding="utf-8")), path.name


def test_each_product_has_a_batch_that_passes_the_three_zones_in_order() -> None:
    assert sorted(batch.product for batch in CONTENT.batches) == sorted(PRODUCTS)
    for batch in CONTENT.batches:
        assert [step.zone for step in batch.steps] == ["raw", "washing", "production"]
        assert all(earlier.offset_minutes < later.offset_minutes for earlier, later in pairwise(batch.steps))


def test_what_goes_into_a_batch_is_on_the_label() -> None:
    names = {material.slug: material.name for material in CONTENT.materials}
    for batch in CONTENT.batches:
        product = PRODUCTS[batch.product]
        label = {text.split("（")[0] for text in product.ingredients + product.additives}
        put_in = {names[ingredient.material] for ingredient in batch.ingredients}
        assert put_in == label - {"水"}, batch.product


def test_red_yeast_as_a_colorant_stays_far_below_a_gram_a_kilogram() -> None:
    for batch in CONTENT.batches:
        if not any("红曲米" in additive for additive in PRODUCTS[batch.product].additives):
            continue
        grams = {ingredient.material: ingredient.grams for ingredient in batch.ingredients}
        assert grams["red-yeast-rice"] / sum(grams.values()) < 0.0009, batch.product


def test_lot_codes_use_only_characters_a_code_may_carry() -> None:
    lots = {material.lot(date(2026, 11, 20), 3) for material in CONTENT.materials}
    assert len(lots) == len(CONTENT.materials)
    assert "NM261120-03" in lots
    assert all(re.fullmatch(r"[A-Z0-9-]{1,20}", lot) for lot in lots)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("workshops.toml", 'kind = "wine"', 'kind = "whisky"', "kind"),
        ("workshops.toml", "staff_count = 11", "staff_count = 0", "staff_count"),
        ("workshops.toml", "member = true", 'member = "yes"', "member"),
        ("workshops.toml", "founded_year = 1998", "founded_yeer = 1998", "founded_yeer"),
        ("products.toml", "price_fen = 4800", "price_fen = -1", "price_fen"),
        ("products.toml", "price_fen = 4800", "price_fen = 48.0", "price_fen"),
        ("products.toml", 'gtin = "0952', 'gtin = "6901', "gtin"),
        ("products.toml", 'workshop = "sidatong"', 'workshop = "xinan-laojiu"', "xinan-laojiu"),
        ("products.toml", 'category = "wine"', 'category = "beer"', "beer"),
        ("batches.toml", 'material = "glutinous-rice"', 'material = "hops"', "hops"),
        ("batches.toml", 'zone = "raw"', 'zone = "yard"', "zone"),
        ("carriers.toml", "[[carriers]]", "[[couriers]]", "couriers"),
        ("materials.toml", 'supplier = "banli-granary"', 'supplier = "nobody"', "nobody"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, file: str, old: str, new: str, named: str) -> None:
    for path in reading.CONTENT_DIRECTORY.glob("*.toml"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(reading.ContentInvalid, match=named) as refusal:
        reading.read_content(tmp_path)
    assert file in str(refusal.value)
