"""Finding goods: filters, search, sorting, pages; and goods that may not be sold are nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from core.clock import today
from core.db import db
from domain.products.models import ListingStatus, Product
from domain.workshops.models import Certificate, Workshop, WorkshopStatus
from tests.factories.products import make_category, make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def shelf(app: Flask, clean_database: None) -> None:
    """Four products of two workshops: 红曲酒 ¥68, 100%糯米酒 ¥12.80 with a dear variant, 黑豆腐 ¥5, O'Neill_"蛋糕" ¥30."""
    with committed(app):
        winery, kitchen = make_workshop(slug="winery", name="酒坊"), make_workshop(slug="kitchen", name="豆腐坊")
        wines, foods = make_category(slug="wine", name="酒"), make_category(slug="food", name="食品")
        rows = [
            ("red", "红曲酒", winery, wines, "hong", [6800], 5),
            ("rice", "100%糯米酒", winery, wines, "hong", [1280, 25600], 9),
            ("tofu", "黑豆腐 🍲", kitchen, foods, "xian", [500], 7),
            ("cake", 'O\'Neill_"蛋糕"', kitchen, foods, "xian", [3000], 1),
        ]
        for slug, name, workshop, category, brand, prices, sold in rows:
            product = make_product(
                workshop, slug=slug, name=name, category_id=category.id, brand=brand, sold_count=sold,
                name_en=f"{slug} of Banli", tagline="慢慢做",
            )  # fmt: skip
            for price in prices:
                make_variant(product, sku=f"{slug}-{price}", price_fen=price)


def slugs(document: Element) -> list[str]:
    """The products of a list, in its order."""
    main = document.find(".//main")
    assert main is not None
    links = [link.get("href", "") for link in main.iter("a")]
    return list(dict.fromkeys(link.removeprefix("/products/") for link in links if link.startswith("/products/")))


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["red", "rice", "tofu", "cake"]),
        ("brand=hong", ["red", "rice"]),
        ("brand=xian&category=food", ["tofu", "cake"]),
        ("category=wine&sort=price_up", ["rice", "red"]),
        ("workshop=kitchen", ["tofu", "cake"]),
        ("workshop=nobody", []),
        ("brand=hong&workshop=kitchen", []),
        ("sort=newest", ["cake", "tofu", "rice", "red"]),
        ("sort=price_up", ["tofu", "rice", "cake", "red"]),
        ("sort=price_down", ["red", "cake", "rice", "tofu"]),
        ("sort=sold", ["rice", "tofu", "red", "cake"]),
        ("brand=&category=&workshop=&q=&sort=default&page=1", ["red", "rice", "tofu", "cake"]),
        ("page=2", []),
        ("utm_source=wechat", ["red", "rice", "tofu", "cake"]),
    ],
)
def test_filters_and_orders(browser: Browser, page: Page, query: str, expected: list[str]) -> None:
    response = browser.get(f"/products?{query}")
    assert response.status_code == 200
    assert slugs(page(response)) == expected


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("酒", ["red", "rice"]), ("红曲", ["red"]), ("酒坊", ["red", "rice"]), ("tofu", ["tofu"]), ("TOFU banli", ["tofu"]),
        ("酒 红", ["red", "rice"]), ("酒 红曲", ["red"]), ("慢慢做", ["red", "rice", "tofu", "cake"]), ("🍲", ["tofu"]), ("没有", []),
        ("%", ["rice"]), ("_", ["cake"]), ("100%", ["rice"]), ("'", ["cake"]), ('"', ["cake"]), ("\\", []),
        ("%_%", []), ("'; DROP TABLE products; --", []), ("<script>alert(1)</script>", []), ("{{ 7*7 }}", []),
        ("酒" * 40, []), ("\t 酒 \n", ["red", "rice"]), ("a b c d e f g h i j", []),
    ],
)  # fmt: skip
def test_words_are_found_as_they_are_written(browser: Browser, page: Page, words: str, expected: list[str]) -> None:
    document = page(browser.get(f"/products?q={quote(words)}"))
    assert slugs(document) == expected
    assert document.findall(".//main//script") == []


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("brand=green", "brand"), ("sort=cheap", "sort"), ("sort=price_up%00", "sort"), ("page=0", "page"),
        ("page=-1", "page"), ("page=1001", "page"), ("page=two", "page"), ("page=1.5", "page"), ("page=1e3", "page"),
        ("page=99999999999999999999", "page"), ("q=" + "x" * 41, "q"), ("q=a%00b", "q"), ("category=" + "x" * 81, "category"),
        ("workshop=" + "x" * 81, "workshop"), ("workshop=a%00b", "workshop"),
    ],
)  # fmt: skip
def test_a_wrong_address_of_the_list_names_the_field(browser: Browser, page: Page, query: str, field: str) -> None:
    response = browser.get(f"/products?{query}")
    assert response.status_code == 422
    page(response)
    problem = browser.get(f"/products?{query}", headers={"Accept": "application/json"}).get_json()
    assert list(problem["fields"]) == [field]
    assert problem["fields"][field] in text_of(page(response))


def test_pages_follow_each_other_and_keep_the_filters(app: Flask, browser: Browser, page: Page) -> None:
    with committed(app):
        workshop, category = make_workshop(), make_category().id
        for _ in range(25):
            make_variant(make_product(workshop, category_id=category, brand="hong"))
    first = page(browser.get("/products?brand=hong&sort=price_up"))
    onward = [link.get("href", "") for link in first.iter("a") if "page=2" in link.get("href", "")]
    assert onward
    assert all("brand=hong" in link and "sort=price_up" in link for link in onward)
    second = page(browser.get(onward[0]))
    assert (len(slugs(first)), len(slugs(second))) == (20, 5)
    assert not set(slugs(first)) & set(slugs(second))


def suspend(workshop_id: int) -> None:
    db.session.execute(update(Workshop).filter_by(id=workshop_id).values(status=WorkshopStatus.SUSPENDED))


def expire_certificate(workshop_id: int) -> None:
    yesterday = today() - timedelta(days=1)
    db.session.execute(update(Certificate).filter_by(workshop_id=workshop_id).values(expires_on=yesterday))


def date_certificate_tomorrow(workshop_id: int) -> None:
    tomorrow = today() + timedelta(days=1)
    db.session.execute(update(Certificate).filter_by(workshop_id=workshop_id).values(issued_on=tomorrow))


def lose_certificate(workshop_id: int) -> None:
    db.session.execute(delete(Certificate).filter_by(workshop_id=workshop_id))


def take_off_sale(workshop_id: int) -> None:
    db.session.execute(update(Product).filter_by(workshop_id=workshop_id).values(status=ListingStatus.OFF_SALE))


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    "event", [suspend, expire_certificate, date_certificate_tomorrow, lose_certificate, take_off_sale]
)
def test_what_may_not_be_sold_is_nowhere(
    app: Flask, browser: Browser, page: Page, event: Callable[[int], None]
) -> None:
    assert browser.get("/products/red").status_code == 200
    assert browser.post("/cart/lines", {"sku": "red-6800"}).status_code == 302
    with committed(app):
        event(db.session.query(Workshop).filter_by(slug="winery").one().id)
    response = browser.get("/products/red")
    assert response.status_code == 404
    page(response)
    for path in ("/", "/products", "/products?q=酒", "/products?workshop=winery", "/workshops/winery"):
        document = page(browser.get(path))
        assert not {"red", "rice"} & set(slugs(document)), path
    assert browser.post("/cart/lines", {"sku": "rice-1280"}).status_code == 404
    assert "已下架" in text_of(page(browser.get("/cart")))
    # The workshop itself stays in the directory, with its licence in the open.
    assert browser.get("/workshops/winery").status_code == 200


def test_a_certificate_is_good_through_its_last_day(app: Flask, browser: Browser) -> None:
    with committed(app):
        product = make_variant().product
        db.session.execute(
            update(Certificate).filter_by(workshop_id=product.workshop_id).values(issued_on=today(), expires_on=today())
        )
        slug = product.slug
    assert browser.get(f"/products/{slug}").status_code == 200


def test_the_directory_is_filtered_by_kind_and_town(app: Flask, browser: Browser, page: Page) -> None:
    with committed(app):
        for slug, kind, town in (("a", "红曲酒", "坂里乡"), ("b", "红曲酒", "武安镇"), ("c", "糕饼", "坂里乡")):
            make_workshop(slug=slug, kind=kind, town=town, is_member=slug == "a")
    expected = {"": "abc", "?kind=红曲酒": "ab", "?town=坂里乡": "ac", "?kind=红曲酒&town=坂里乡": "a", "?kind=茶": ""}
    for query, found in expected.items():
        document = page(browser.get(f"/workshops{query}"))
        links = [link.get("href", "") for link in document.iter("a")]
        assert {slug for slug in "abc" if f"/workshops/{slug}" in links} == set(found), query


@pytest.mark.parametrize("field", ["kind", "town"])
@pytest.mark.parametrize("value", ["x" * 41, "a%00b"])
def test_a_wrong_address_of_the_directory_names_the_field(browser: Browser, field: str, value: str) -> None:
    response = browser.get(f"/workshops?{field}={value}", headers={"Accept": "application/json"})
    assert (response.status_code, list(response.get_json()["fields"])) == (422, [field])


@pytest.mark.parametrize(
    "path",
    ["/products/none", "/products/a%00b", "/products/" + "x" * 3000, "/products/..%2F", "/workshops/none",
     "/workshops/%F0%9F%8D%B6", "/workshops/a%00b", "/nothing", "/%00"],
)  # fmt: skip
def test_what_does_not_exist(browser: Browser, page: Page, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 404
    page(response)
