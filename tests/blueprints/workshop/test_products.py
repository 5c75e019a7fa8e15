"""Products on a phone: facts, variants and prices, photos, stock, on and off sale."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.attachments.models import Picture
from domain.products import listing
from domain.products.models import ListingHistory, Product, Variant
from domain.stock.models import Stock, StockMovement
from domain.workshops.models import Certificate, Workshop
from tests.blueprints.workshop.conftest import Bench
from tests.factories.pictures import make_picture
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
Count = Callable[..., int]


def facts(bench: Bench, **changes: Any) -> dict[str, Any]:
    form = {
        "name": "三年陈红曲酒", "brand": "hong", "category": bench.category, "ingredients": "水、糯米，红曲米",
        "storage": "阴凉处", "shelf_life_days": "365", "allergens": ["大豆", "花生"], "alcohol_percent": "14.5",
    } | changes  # fmt: skip
    return {name: value for name, value in form.items() if value is not None}


def marked(document: Element) -> set[str | None]:
    """The fields that carry an error a screen reader can find."""
    fields = (field for tag in ("input", "select", "textarea") for field in document.iter(tag))
    return {field.get("name") for field in fields if field.get("aria-invalid")}


def row(app: Flask, model: Any, **values: Any) -> Any:
    with app.app_context():
        return db.session.query(model).filter_by(**values).one()


def approve(app: Flask, slug: str) -> None:
    """As the operator does."""
    with app.app_context():
        product = db.session.query(Product).filter_by(slug=slug).one()
        workshop = db.session.get_one(Workshop, product.workshop_id)
        listing.approve(product, workshop, "operator", revision=product.revision)
        db.session.commit()


def test_a_product_is_written_down_priced_photographed_and_put_on_sale(
    app: Flask, owner: Browser, bench: Bench, page: Page
) -> None:
    made = owner.post("/workshop/products/new", facts(bench))
    assert made.status_code == 302
    address = made.location
    assert "上架前还差" in text_of(page(owner.get(address)))
    assert owner.post(f"{address}/on-sale").status_code == 409
    variant = {"name": "500 mL 单瓶", "price": "48。00", "weight_grams": "980"}
    assert owner.post(f"{address}/variants/new", variant).status_code == 302
    photos = [(io.BytesIO(make_picture(color=color)), f"{color}.jpg") for color in ("red", "green")]
    uploaded = owner.post(f"{address}/pictures", {"pictures": photos}, content_type="multipart/form-data")
    assert uploaded.status_code == 302
    body = text_of(page(owner.get(address)))
    assert "演示号码" in body
    assert "都齐了，可以提交审核" in body
    assert owner.post(f"{address}/on-sale").status_code == 302
    assert "已提交给集群审核" in text_of(page(owner.get(address)))
    assert owner.get(f"/products/{address.rsplit('/', 1)[1]}").status_code == 404
    approve(app, address.rsplit("/", 1)[1])
    assert owner.get(f"/products/{address.rsplit('/', 1)[1]}").status_code == 200
    product = row(app, Product, slug=address.rsplit("/", 1)[1])
    assert (product.status, product.ingredients, product.allergens) == (
        "on_sale",
        ["水", "糯米", "红曲米"],
        ["大豆", "花生"],
    )
    assert (product.alcohol_percent, product.shelf_life_days, len(product.pictures)) == ("14.5", 365, 2)
    assert row(app, Variant, product_id=product.id).price_fen == 4800
    with owner.get(f"{product.pictures[0]}-400.webp") as served:
        assert (served.status_code, served.content_type) == (200, "image/webp")
        assert "immutable" in served.headers["Cache-Control"]
    assert owner.post(f"{address}/off-sale", {"reason": "酒没陈够"}).status_code == 302
    assert "酒没陈够" in text_of(page(owner.get(address)))


BAD_PRODUCTS = [
    ({"name": None}, {"name"}),
    ({"name": "酒"}, {"name"}),
    ({"name": "很长" * 21}, {"name"}),
    ({"name": "酒\x00名"}, {"name"}),
    ({"category": "nowhere"}, {"category"}),
    ({"brand": "gold"}, set()),
    ({"ingredients": " 、，"}, {"ingredients"}),
    ({"ingredients": "长" * 41}, {"ingredients"}),
    ({"ingredients": "、".join(str(n) for n in range(31))}, {"ingredients"}),
    ({"shelf_life_days": "-1"}, {"shelf_life_days"}),
    ({"shelf_life_days": "3651"}, {"shelf_life_days"}),
    ({"shelf_life_days": "一年"}, {"shelf_life_days"}),
    ({"shelf_life_days": "1.5"}, {"shelf_life_days"}),
    ({"alcohol_percent": "14.55"}, {"alcohol_percent"}),
    ({"alcohol_percent": "many"}, {"alcohol_percent"}),
    ({"storage": "", "description": "字" * 2001}, {"storage", "description"}),
    ({"workshop_id": "1"}, set()),
    ({"status": "on_sale"}, set()),
    ({"is_perishable": "perhaps"}, set()),
]


def test_a_bad_product_form_comes_back_with_its_errors(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for which in ("new", "edit"):
        for changes, names in BAD_PRODUCTS:
            with subtests.test(changes=changes, names=names, which=which):
                before = row(app, Product, slug=bench.slug).name
                path = "/workshop/products/new" if which == "new" else f"/workshop/products/{bench.slug}/edit"
                response = owner.post(path, facts(bench, **changes))
                assert response.status_code == 422
                document = page(response)
                assert marked(document) == names
                errors = [element for element in document.iter() if element.get("class") in {"field-error", "refusal"}]
                assert errors, "nothing says what is wrong"
                assert count(Product) == 1
                assert row(app, Product, slug=bench.slug).name == before
                [shown] = [field for field in document.iter("input") if field.get("name") == "storage"]
                assert shown.get("value") == changes.get("storage", "阴凉处")


BAD_VARIANTS = [
    ({"price": "12.805"}, {"price"}),
    ({"price": "-1"}, {"price"}),
    ({"price": "0"}, {"price"}),
    ({"price": "1e3"}, {"price"}),
    ({"price": "NaN"}, {"price"}),
    ({"price": "１２元"}, {"price"}),
    ({"price": "100000"}, {"price"}),
    ({"price": "1,280"}, {"price"}),
    ({"price": "٣"}, {"price"}),
    ({"price": None}, {"price"}),
    ({"weight_grams": "0"}, {"weight_grams"}),
    ({"weight_grams": "-5"}, {"weight_grams"}),
    ({"weight_grams": "99999999999999999999"}, {"weight_grams"}),
    ({"weight_grams": "0.5"}, {"weight_grams"}),
    ({"name": ""}, {"name"}),
    ({"name": "长" * 41}, {"name"}),
    ({"name": "坛\x07"}, {"name"}),
    ({"gtin": "06901234567892"}, set()),
    ({"price_fen": "1"}, set()),
]


def test_a_bad_price_or_weight_changes_nothing(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for which in ("new", "edit"):
        for changes, names in BAD_VARIANTS:
            with subtests.test(changes=changes, names=names, which=which):
                form = {"name": "陶坛", "price": "198.00", "weight_grams": "4600"} | changes
                path = f"/workshop/products/{bench.slug}/variants/new"
                if which == "edit":
                    path = f"/workshop/variants/{bench.variant_id}/edit"
                response = owner.post(path, {name: value for name, value in form.items() if value is not None})
                assert response.status_code == 422
                assert marked(page(response)) == names
                assert count(Variant) == 2
                kept = row(app, Variant, id=bench.variant_id)
                assert (kept.price_fen, kept.weight_grams) == (1280, 500)


YUAN = [("12.80", 1280), ("12.8", 1280), ("12", 1200), ("¥0.01", 1), ("１２．８０", 1280)]


def test_yuan_become_fen_exactly(subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench) -> None:
    for typed, fen in YUAN:
        with subtests.test(typed=typed, fen=fen):
            form = {"name": "单瓶", "price": typed, "weight_grams": "500"}
            assert owner.post(f"/workshop/variants/{bench.variant_id}/edit", form).status_code == 302
            assert row(app, Variant, id=bench.variant_id).price_fen == fen


def test_two_variants_of_one_name_are_refused_at_the_name(owner: Browser, bench: Bench, page: Page, app: Flask) -> None:
    name = row(app, Variant, id=bench.variant_id).name
    form = {"name": name, "price": "1.00", "weight_grams": "1"}
    response = owner.post(f"/workshop/products/{bench.slug}/variants/new", form)
    assert response.status_code == 422
    assert marked(page(response)) == {"name"}


BAD_COUNTS = [
    ({}, {"counted", "reason"}),
    ({"counted": "5"}, {"reason"}),
    ({"reason": "盘点"}, {"counted"}),
    ({"counted": "-1", "reason": "盘点"}, {"counted"}),
    ({"counted": "五", "reason": "盘点"}, {"counted"}),
    ({"counted": "1.5", "reason": "盘点"}, {"counted"}),
    ({"counted": "9999999", "reason": "盘点"}, {"counted"}),
    ({"counted": "5", "reason": "坏"}, {"reason"}),
    ({"counted": "5", "reason": "长" * 101}, {"reason"}),
    ({"counted": "5", "reason": "坏\x00了"}, {"reason"}),
    ({"counted": "3", "reason": "少了"}, {"counted"}),
    ({"counted": "5", "reason": "盘点", "seen": "x"}, set()),
    ({"counted": "5", "reason": "盘点", "reserved": "0"}, set()),
]


def test_a_bad_count_names_its_field_and_moves_nothing(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for form, names in BAD_COUNTS:
        with subtests.test(form=form, names=names):
            with app.app_context():
                db.session.query(Stock).filter_by(variant_id=bench.variant_id).update({"reserved": 4})
                db.session.commit()
            response = owner.post(f"/workshop/variants/{bench.variant_id}/stock", {"seen": "10"} | form)
            assert response.status_code == 422
            assert marked(page(response)) == names
            assert row(app, Stock, variant_id=bench.variant_id).on_hand == 10
            assert count(StockMovement) == 0


def test_a_count_is_kept_with_its_reason(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    path = f"/workshop/variants/{bench.variant_id}/stock"
    assert owner.post(path, {"counted": "7", "seen": "10", "reason": "破损三件"}).status_code == 302
    assert row(app, Stock, variant_id=bench.variant_id).on_hand == 7
    assert "破损三件" in text_of(page(owner.get(path)))
    late = owner.post(path, {"counted": "9", "seen": "10", "reason": "盘点"})
    assert late.status_code == 409
    assert "库存变成了 7 件" in text_of(page(late))


NO_PHOTOS = [
    b"",
    b"text",
    b"<svg/>",
    make_picture("GIF"),
    make_picture("JPEG")[:500],
    b"\x89PNG\r\n\x1a\n",
    b"MZ\x90",
    b"%PDF-1.7",
]


def test_a_photo_that_is_none_is_refused_at_the_field(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for content in NO_PHOTOS:
        with subtests.test(content=content):
            before = row(app, Product, slug=bench.slug).pictures
            files = {"pictures": [(io.BytesIO(make_picture()), "good.jpg"), (io.BytesIO(content), "bad.jpg")]}
            response = owner.post(
                f"/workshop/products/{bench.slug}/pictures", files, content_type="multipart/form-data"
            )
            assert response.status_code == 422
            assert marked(page(response)) == {"pictures"}
            assert row(app, Product, slug=bench.slug).pictures == before
            assert count(Picture) == 0


def test_no_photo_too_many_and_the_last_one(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    path = f"/workshop/products/{bench.slug}/pictures"
    [only] = row(app, Product, slug=bench.slug).pictures
    assert marked(page(owner.post(path))) == {"pictures"}
    files = {"pictures": [(io.BytesIO(make_picture(size=(8, n + 1))), f"{n}.jpg") for n in range(9)]}
    assert marked(page(owner.post(path, files, content_type="multipart/form-data"))) == {"pictures"}
    last = owner.post(f"{path}/remove", {"picture": only})
    assert last.status_code == 409
    assert "至少要有一张图片" in text_of(page(last))
    assert owner.post(f"{path}/forward", {"picture": "/pictures/" + "b" * 64}).status_code == 404
    assert owner.post(f"{path}/remove", {}).status_code == 422
    assert owner.post(f"{path}/remove", {"picture": "x" * 201}).status_code == 422
    assert row(app, Product, slug=bench.slug).pictures == [only]


def test_photos_change_places(app: Flask, owner: Browser, bench: Bench) -> None:
    path = f"/workshop/products/{bench.slug}/pictures"
    files = {"pictures": [(io.BytesIO(make_picture(color="blue")), "blue.jpg")]}
    owner.post(path, files, content_type="multipart/form-data")
    first, second = row(app, Product, slug=bench.slug).pictures
    owner.post(f"{path}/forward", {"picture": second})
    assert row(app, Product, slug=bench.slug).pictures == [second, first]
    owner.post(f"{path}/remove", {"picture": second})
    assert row(app, Product, slug=bench.slug).pictures == [first]


NO_PICTURES = [
    "/pictures/" + "a" * 64 + "-400.webp",
    "/pictures/" + "a" * 64 + "-401.webp",
    "/pictures/" + "A" * 64 + "-400.webp",
    "/pictures/short-400.webp",
    "/pictures/..%2f..%2fetc-400.webp",
    "/pictures/" + "a" * 64 + ".webp",
]


def test_a_picture_that_is_not_kept_is_not_found(subtests: pytest.Subtests, owner: Browser) -> None:
    for path in NO_PICTURES:
        with subtests.test(path=path):
            assert owner.get(path).status_code == 404


def test_without_a_valid_certificate_nothing_goes_on_sale(
    app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    path = f"/workshop/products/{bench.slug}"
    owner.post(f"{path}/off-sale")
    with app.app_context():
        certificate = db.session.query(Certificate).filter_by(workshop_id=bench.workshop_id).one()
        certificate.expires_on = certificate.issued_on
        db.session.commit()
    response = owner.post(f"{path}/on-sale")
    assert response.status_code == 409
    assert "证照不在有效期内" in text_of(page(response))
    assert row(app, Product, slug=bench.slug).status == "off_sale"
    assert count(ListingHistory) == 1


def test_pressed_twice_is_said_and_written_once(owner: Browser, bench: Bench, page: Page, count: Count) -> None:
    path = f"/workshop/products/{bench.slug}/off-sale"
    assert owner.post(path, {"reason": "长" * 101}).status_code == 422
    assert count(ListingHistory) == 0
    assert owner.post(path).status_code == 302
    again = owner.post(path)
    assert again.status_code == 409
    page(again)
    assert count(ListingHistory) == 1
