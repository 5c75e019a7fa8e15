"""What the API shows: the catalogue, the directory, the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.blueprints.shop.api.conftest import World
from tests.blueprints.shop.api.phone import Phone
from tests.fixtures.racing import committed


def test_the_first_page(fresh_phone: Phone, world: World) -> None:
    home = fresh_phone.get("/home").get_json()
    assert {brand["code"] for brand in home["brands"]} == {"hong", "xian"}
    assert len(home["featured"]) == 3
    assert [workshop["name"] for workshop in home["workshops"]] == ["四大桶红曲酒坊"]
    assert home["categories"]


def test_a_product_is_told_whole(fresh_phone: Phone, world: World) -> None:
    product = fresh_phone.get(f"/products/{world.product}").get_json()
    assert product["variants"][0] == {
        "sku": world.wine,
        "name": product["variants"][0]["name"],
        "values": [product["variants"][0]["name"]],
        "picture": None,
        "price_fen": 6800,
        "weight_grams": 2000,
        "available": 49,
        "flash": None,
        "group_buy": None,
    }
    named = [variant["name"] for variant in product["variants"]]
    assert product["specifications"] == [{"name": "规格", "values": named}]
    assert product["ingredients"] == ["糯米", "红曲米"]
    assert product["pictures"][0]["width_400"] == "http://localhost/static/img/products/test-400.webp"
    assert product["latest_batch"]["trace_url"].startswith("http://localhost/01/")
    assert product["workshop"] == {"slug": world.workshop, "name": "四大桶红曲酒坊"}


def test_two_specifications_and_what_is_sold_of_them(app: Flask, fresh_phone: Phone, world: World) -> None:
    from tests.factories.specifications import make_flavored

    with committed(app):
        product = make_flavored()
        product.variants[1].is_enabled = False
        product.variants[0].picture = product.pictures[1]
        slug = product.slug
    told = fresh_phone.get(f"/products/{slug}").get_json()
    assert told["specifications"] == [
        {"name": "口味", "values": ["原味", "微辣"]},
        {"name": "重量", "values": ["250 g", "500 g"]},
    ]
    assert [(each["name"], each["values"]) for each in told["variants"]] == [
        ("原味 / 250 g", ["原味", "250 g"]),
        ("微辣 / 250 g", ["微辣", "250 g"]),
    ]
    assert told["variants"][0]["picture"]["width_400"].endswith("/pictures/b-400.webp")
    assert told["variants"][1]["picture"] is None
    fresh_phone.visitor = fresh_phone.post("/visitor", key="").get_json()["visitor_token"]
    line = {"sku": "flavored-500-plain", "quantity": 1}
    assert fresh_phone.post("/cart/lines", line).status_code == 404, "it is not sold any more"
    line["sku"] = told["variants"][1]["sku"]
    assert fresh_phone.post("/cart/lines", line).status_code in {200, 201}
    cart = fresh_phone.get("/cart").get_json()
    assert [each["variant_name"] for group in cart["groups"] for each in group["lines"]] == ["微辣 / 250 g"]


def test_filters_narrow_the_list(fresh_phone: Phone, world: World) -> None:
    assert [item["slug"] for item in fresh_phone.get("/products", brand="hong").get_json()["items"]] == [world.product]
    assert len(fresh_phone.get("/products", workshop=world.workshop).get_json()["items"]) == 1
    assert fresh_phone.get("/products", q="100%").get_json()["items"] == []
    assert len(fresh_phone.get("/products", q="测试 商品").get_json()["items"]) == 3


@pytest.mark.parametrize("sort", ["default", "newest", "price_up", "price_down", "sold"])
def test_cursors_lead_through_the_whole_list_once(app: Flask, fresh_phone: Phone, world: World, sort: str) -> None:
    from tests.factories.products import make_product, make_variant

    with committed(app):
        for price in (1250, 1250, 6800, 900):
            make_variant(make_product(sold_count=price % 7), price_fen=price)
    whole = [item["slug"] for item in fresh_phone.get("/products", sort=sort, limit=50).get_json()["items"]]
    assert len(whole) == len(set(whole)) == 7
    walked: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = fresh_phone.get("/products", sort=sort, limit=2, **cursor).get_json()
        walked += [item["slug"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert walked == whole


def test_a_cursor_of_another_sort_is_refused(fresh_phone: Phone, world: World) -> None:
    cursor = fresh_phone.get("/products", sort="price_up", limit=1).get_json()["next_cursor"]
    refused = fresh_phone.get("/products", sort="newest", limit=1, cursor=cursor)
    assert (refused.status_code, list(refused.get_json()["fields"])) == (422, ["cursor"])


def test_the_directory_by_cursor_members_first(app: Flask, fresh_phone: Phone, world: World) -> None:
    from tests.factories.workshops import make_workshop

    with committed(app):
        for is_member in (False, True, False):
            make_workshop(is_member=is_member)
    whole = fresh_phone.get("/workshops").get_json()["items"]
    assert [item["is_member"] for item in whole] == sorted((item["is_member"] for item in whole), reverse=True)
    walked: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = fresh_phone.get("/workshops", limit=2, **cursor).get_json()
        walked += [item["slug"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert walked == [item["slug"] for item in whole]


def test_a_workshop_with_its_licence_and_goods(fresh_phone: Phone, world: World) -> None:
    workshop = fresh_phone.get(f"/workshops/{world.workshop}").get_json()
    assert workshop["licence"]["is_valid"] is True
    assert [product["slug"] for product in workshop["products"]] == [world.product]


def test_who_i_am(phone: Phone) -> None:
    assert phone.get("/me").get_json() == {
        "name": "顾客辛",
        "masked_phone": "",
        "is_staff": False,
        "orders": {"awaiting_payment": 1, "paid": 1, "completed": 0, "cancelled": 0, "expired": 0, "refunded": 0},
    }


def test_the_document_says_what_it_must(fresh_phone: Phone) -> None:
    spec = fresh_phone.client.get("/api/v1/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert "401" in operation["responses"]
            keys = [parameter["name"] for parameter in operation["parameters"]]
            is_free = operation["operationId"] in {"sign_in", "make_visitor", "preview", "preview_in_group"}
            assert ("Idempotency-Key" in keys) == (method != "get" and not is_free), (method, path)


def test_the_page_about_the_api(fresh_phone: Phone, page: Callable[[TestResponse], Element]) -> None:
    document = page(fresh_phone.client.get("/api/v1/docs"))
    names = {element.get("id") for details in document.iter("details") for element in details.iter("div")}
    assert {"sign_in", "place_order", "schema-OrderDetail"} <= names
    targets = {link.get("href", "")[1:] for link in document.iter("a") if link.get("href", "").startswith("#")}
    ids = {element.get("id") for element in document.iter() if element.get("id")}
    assert targets <= ids


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/home", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/sign-in", {"POST", "OPTIONS"}),
        ("PATCH", "/addresses/1", {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
    ],
)
def test_another_method_is_405_with_allow(fresh_phone: Phone, method: str, path: str, allowed: set[str]) -> None:
    response = fresh_phone.client.open(f"/api/v1{path}", method=method)
    assert response.status_code == 405
    assert response.mimetype == "application/problem+json"
    assert set(response.headers["Allow"].replace(" ", "").split(",")) == allowed


def test_head_and_options(fresh_phone: Phone, world: World) -> None:
    head = fresh_phone.client.head("/api/v1/products")
    assert (head.status_code, head.get_data()) == (200, b"")
    options = fresh_phone.client.options("/api/v1/orders")
    assert options.status_code == 200
    assert "POST" in options.headers["Allow"]


def test_an_unknown_address_is_a_problem_document(fresh_phone: Phone) -> None:
    response = fresh_phone.get("/no-such-thing")
    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")


def test_answers_are_kept_by_no_cache(phone: Phone) -> None:
    assert phone.get("/me").headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in phone.get("/me").headers
