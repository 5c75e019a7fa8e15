"""Chinese is found by word and by part, in any width and case; nothing is found by signs in another order."""

from __future__ import annotations

import pytest

from domain.catalog import listing
from domain.catalog.listing import Query
from domain.products import editing
from domain.products.models import Brand, Product
from domain.products.terms import asked_terms, terms_of
from tests.factories.products import make_category, make_product, make_variant
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


def found(text: str) -> list[str]:
    return [card.name for card in listing.list_cards(Query(text=text)).items]


@pytest.fixture
def wine(session: object) -> Product:
    return make_variant(
        make_product(
            make_workshop(name="四大桶红曲酒坊"), name="三年陈红曲酒", name_en="Three-Year Wine", brand="hong",
            tagline="陶坛里睡了三年", ingredients=["水", "糯米"], category_id=make_category(name="黄酒").id,
        )
    ).product  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "红曲酒",
        "曲",
        "陈红",
        "四大桶",
        "坂里红",
        "黄酒",
        "糯米",
        "陶坛",
        "WINE",
        "ｗｉｎｅ",
        "win",
        "红曲 糯米",
        "三年 四大桶",
    ],
)
def test_it_is_found_by(wine: Product, text: str) -> None:
    assert found(text) == ["三年陈红曲酒"]


@pytest.mark.parametrize("text", ["酒曲红", "红酒", "豆腐", "ine", "红曲 豆腐", "%", "_", "红%酒", "😀"])
def test_it_is_not_found_by(wine: Product, text: str) -> None:
    assert found(text) == []


def test_what_is_named_so_stands_before_what_only_holds_it() -> None:
    make_variant(make_product(name="红曲豆腐", ingredients=["糯米酒"]))
    make_variant(make_product(make_workshop(name="糯米酒坊"), name="红糟"))
    make_variant(make_product(name="糯米酒"))
    assert found("糯米酒") == ["糯米酒", "红糟", "红曲豆腐"]
    walked, cursor = [], None
    while True:
        part = listing.list_cards_after(Query(text="糯米酒"), cursor, size=1)
        walked += [card.name for card in part.items]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert walked == ["糯米酒", "红糟", "红曲豆腐"]


def test_editing_keeps_the_terms() -> None:
    workshop, shelf = make_workshop(), make_category()
    fields = editing.ProductFields(Brand.XIAN, shelf.slug, "黑豆腐", 7, ingredients=["黑豆"])
    product = editing.create_product(workshop.id, workshop.slug, fields)
    assert {"黑豆", "豆腐"} <= set(product.search_terms)
    editing.change_product(product, editing.ProductFields(Brand.XIAN, shelf.slug, "白豆花", 7))
    assert "豆腐" not in product.search_terms
    assert "豆花" in product.search_terms


def test_terms_are_signs_pairs_words_and_beginnings() -> None:
    assert terms_of(["红曲酒 500ml"]) == sorted(["红", "曲", "酒", "红曲", "曲酒", "5", "50", "500", "500m", "500ml"])
    assert asked_terms("红曲酒 500") == ["500", "曲酒", "红曲"]
    assert asked_terms("！？") == []
