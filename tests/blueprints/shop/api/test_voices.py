"""Reviews and after-sale in the mini-program."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from domain.aftersale.answering import refuse
from domain.aftersale.reading import find_case
from domain.reviews.checking import check
from domain.reviews.models import Part, Review
from tests.blueprints.shop.api.conftest import SignPhoneIn
from tests.blueprints.shop.api.phone import PREFIX, Phone
from tests.factories.accounts import make_buyer
from tests.factories.aftersale import make_fresh_variant
from tests.factories.pictures import make_picture
from tests.factories.products import make_product, make_variant
from tests.factories.reviews import make_received_order
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged


@pytest.fixture
def bought(app: Flask, clean_database: None) -> dict[str, str | int]:
    with committed(app):
        wine, tofu = make_variant(make_product(brand="hong")), make_fresh_variant()
        buyer = make_buyer("顾客丁")
        order = make_received_order({wine: 1, tofu: 2}, buyer)
        return {
            "buyer": buyer.id, "stranger": make_buyer().id, "number": order.number, "wine": wine.sku,
            "tofu": tofu.sku, "slug": wine.product.slug, "workshop": tofu.product.workshop_id,
        }  # fmt: skip


@pytest.fixture
def phone(bought: dict[str, str | int], sign_phone_in: SignPhoneIn) -> Phone:
    return sign_phone_in(int(bought["buyer"]))


def upload(phone: Phone, content: bytes) -> tuple[int, dict[str, str]]:
    answer = phone.client.post(
        f"{PREFIX}/pictures",
        data={"picture": (io.BytesIO(content), "photo.jpg")},
        headers={"Authorization": f"Bearer {phone.token}"} if phone.token else {},
    )
    return answer.status_code, answer.get_json()


def test_a_photo_is_uploaded_by_somebody_signed_in(phone: Phone, app: Flask) -> None:
    status, stored = upload(phone, make_picture())
    assert (status, len(stored["id"])) == (201, 64)
    assert upload(phone, b"no picture")[0] == 422
    too_much = phone.client.post(
        f"{PREFIX}/pictures",
        data=b"x" * (14 * 1024 * 1024),
        content_type="multipart/form-data; boundary=x",
        headers={"Authorization": f"Bearer {phone.token}"},
    )
    assert too_much.status_code == 413
    phone.token = ""
    assert upload(phone, make_picture())[0] == 401


def test_a_review_through_the_api(app: Flask, phone: Phone, bought: dict[str, str | int]) -> None:
    here = f"/orders/{bought['number']}/lines/{bought['wine']}"
    states = phone.get(f"/orders/{bought['number']}").get_json()["line_states"]
    assert {state["sku"]: state["allowed_actions"] for state in states}[bought["wine"]] == ["review", "ask_aftersale"]
    assert phone.get(f"{here}/review").status_code == 404
    assert phone.post(f"{here}/review", {"stars": 5, "pictures": ["a" * 64]}).status_code == 422
    written = phone.post(f"{here}/review", {"stars": 5, "text": "酒香"})
    assert (written.status_code, written.get_json()["status"]) == (201, "pending")
    assert phone.post(f"{here}/review", {"stars": 5}).get_json()["code"] == "already_reviewed"
    assert phone.get(f"/products/{bought['slug']}/reviews").get_json()["items"] == []
    with committed(app):
        check(Review.query.one().id, Part.REVIEW)
    listed = phone.get(f"/products/{bought['slug']}/reviews").get_json()
    assert (listed["rating"], listed["count"], listed["items"][0]["author"]) == (5.0, 1, "顾**")
    assert phone.post(f"{here}/follow-up", {"text": "还在喝"}).get_json()["follow_up_status"] == "pending"
    assert phone.get(f"/products/{bought['slug']}").get_json()["rating"] == 5.0


def test_a_claim_through_the_api(app: Flask, phone: Phone, bought: dict[str, str | int]) -> None:
    here = f"/orders/{bought['number']}/lines/{bought['tofu']}/aftersale"
    rights = phone.get(here).get_json()
    assert (rights["kinds"], rights["most_quantity"], rights["most_fen"]) == (["fresh_claim"], 2, 2560)
    wish = {"kind": "fresh_claim", "quantity": 1, "text": "酸了"}
    assert "pictures" in phone.post(here, wish).get_json()["fields"]
    photo = upload(phone, make_picture())[1]["id"]
    made = phone.post(here, wish | {"pictures": [photo]})
    case = made.get_json()
    assert (made.status_code, case["status"], case["amount_fen"]) == (201, "applied", 1280)
    assert case["allowed_actions"] == ["withdraw", "say"]
    assert phone.post(here, wish | {"pictures": [photo]}).get_json()["code"] == "case_open"
    at = f"/aftersale/{case['number']}"
    assert phone.post(f"{at}/words", {"text": "再补一句"}).status_code == 200
    with committed(app):
        refuse({int(bought["workshop"])}, case["number"], "作坊主 #1", "看不出来")
    assert phone.get(at).get_json()["allowed_actions"] == ["ask_operator", "withdraw", "say"]
    assert phone.post(f"{at}/arbitration", {"text": "请看照片"}).get_json()["status"] == "arbitration"
    assert phone.post(f"{at}/withdraw").get_json()["status"] == "withdrawn"
    assert [card["number"] for card in phone.get("/aftersale").get_json()["items"]] == [case["number"]]


def test_anothers_lines_and_cases_are_not_found(
    app: Flask, phone: Phone, bought: dict[str, str | int], sign_phone_in: SignPhoneIn, unchanged: Unchanged
) -> None:
    here = f"/orders/{bought['number']}/lines/{bought['wine']}"
    case = phone.post(f"{here}/aftersale", {"kind": "return", "quantity": 1, "text": "不要了"}).get_json()
    theirs, at = sign_phone_in(int(bought["stranger"])), f"/aftersale/{case['number']}"
    with unchanged():
        for path in (f"{here}/review", f"{here}/aftersale", at):
            assert theirs.get(path).status_code == 404, path
        for path, body in (
            (f"{here}/review", {"stars": 1}),
            (f"{here}/follow-up", {"text": "差"}),
            (f"{here}/aftersale", {"kind": "return", "quantity": 1, "text": "给我"}),
            (f"{at}/withdraw", None),
            (f"{at}/return", {"carrier_code": "SF", "tracking_number": "SF1234567890123"}),
            (f"{at}/words", {"text": "你好"}),
            (f"{at}/arbitration", {"text": "你好"}),
        ):
            assert theirs.post(path, body).status_code == 404, path
    with app.app_context():
        assert find_case(case["number"]).status == "applied"
