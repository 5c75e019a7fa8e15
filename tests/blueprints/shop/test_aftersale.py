"""After-sale in the browser: from the order page to the case, and nobody else's."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.aftersale.answering import approve, refuse
from domain.aftersale.models import AftersaleCase, CaseKind
from domain.aftersale.reading import find_case
from tests.factories.accounts import make_buyer
from tests.factories.aftersale import case_about, make_fresh_variant
from tests.factories.pictures import make_picture
from tests.factories.products import make_variant
from tests.factories.reviews import make_received_order
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Check = Callable[[TestResponse], Element]


@dataclass(frozen=True)
class Bought:
    """A received order of wine and tofu, and a case about the wine."""

    buyer: int
    stranger: int
    number: str
    wine: str
    tofu: str
    case: str
    workshop: int


@pytest.fixture
def bought(app: Flask, clean_database: None) -> Bought:
    with committed(app):
        wine, tofu, buyer = make_variant(), make_fresh_variant(), make_buyer()
        order = make_received_order({wine: 2, tofu: 3}, buyer)
        case = case_about(order, wine, CaseKind.RETURN)
        return Bought(
            buyer.id, make_buyer().id, order.number, wine.sku, tofu.sku, case.number, wine.product.workshop_id
        )


@pytest.fixture
def mine(bought: Bought, sign_in: Callable[[int], Browser]) -> Browser:
    return sign_in(bought.buyer)


def status_of(app: Flask, number: str) -> str:
    with app.app_context():
        return find_case(number).status


def test_spoilt_tofu_is_claimed_with_a_photo(app: Flask, bought: Bought, mine: Browser, page: Check) -> None:
    here = f"/orders/{bought.number}/lines/{bought.tofu}/aftersale"
    order = page(mine.get(f"/orders/{bought.number}"))
    assert here in [link.get("href") for link in order.iter("a")]
    form = page(mine.get(here))
    assert "坏单包赔" in text_of(form)
    assert "不适用七天无理由" in text_of(form)
    values = {"kind": "fresh_claim", "quantity": "2", "text": "两盒酸了"}
    refused = mine.post(here, values)
    assert refused.status_code == 422
    assert "至少一张照片" in text_of(page(refused))
    sent = mine.post(here, values | {"pictures": (io.BytesIO(make_picture()), "tofu.jpg")})
    assert sent.status_code == 302
    case = text_of(page(mine.get(sent.headers["Location"])))
    assert "两盒酸了" in case
    assert "¥25.60" in case
    assert "两盒酸了" not in text_of(page(mine.get("/aftersale")))


def test_goods_go_back_and_a_refusal_goes_to_the_operator(
    app: Flask, bought: Bought, mine: Browser, page: Check
) -> None:
    here = f"/aftersale/{bought.case}"
    assert mine.post(f"{here}/return", {"carrier_code": "SF", "tracking_number": "SF1234567890123"}).status_code == 409
    with committed(app):
        approve({bought.workshop}, bought.case, "作坊主 #1")
    page(mine.get(here))
    wrong = mine.post(f"{here}/return", {"carrier_code": "SF", "tracking_number": "1"})
    assert wrong.status_code == 422
    page(wrong)
    assert mine.post(f"{here}/return", {"carrier_code": "SF", "tracking_number": "SF1234567890123"}).status_code == 302
    with committed(app):
        refuse({bought.workshop}, bought.case, "作坊主 #1", "是空瓶")
    page(mine.get(here))
    assert mine.post(f"{here}/arbitration", {"text": "寄的时候是满的"}).status_code == 302
    assert status_of(app, bought.case) == "arbitration"
    assert mine.post(f"{here}/words", {"text": "有视频"}).status_code == 302
    assert "有视频" in text_of(page(mine.get(here)))
    assert mine.post(f"{here}/withdraw").status_code == 302
    assert status_of(app, bought.case) == "withdrawn"
    page(mine.get(here))


def test_anothers_case_and_order_are_not_there(
    bought: Bought, sign_in: Callable[[int], Browser], unchanged: Unchanged
) -> None:
    theirs = sign_in(bought.stranger)
    wish = {"kind": "return", "quantity": "1", "text": "给我"}
    parcel = {"carrier_code": "SF", "tracking_number": "SF1234567890123"}
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"/orders/{bought.number}/lines/{bought.wine}/aftersale", wish),
        (f"/aftersale/{bought.case}/withdraw", {}),
        (f"/aftersale/{bought.case}/return", parcel),
        (f"/aftersale/{bought.case}/words", {"text": "你好"}),
        (f"/aftersale/{bought.case}/arbitration", {"text": "你好"}),
    ]
    with unchanged():
        for path, values in posts:
            assert theirs.post(path, values).status_code == 404, path
        for path in (f"/aftersale/{bought.case}", f"/orders/{bought.number}/lines/{bought.wine}/aftersale"):
            assert theirs.get(path).status_code == 404, path


def test_a_second_case_of_a_line_is_refused_in_words(
    app: Flask, bought: Bought, mine: Browser, page: Check, unchanged: Unchanged
) -> None:
    here = f"/orders/{bought.number}/lines/{bought.wine}/aftersale"
    page(mine.get(here))
    with unchanged():
        refused = mine.post(here, {"kind": "return", "quantity": "1", "text": "再来"})
    assert refused.status_code == 409
    assert "已有一个售后" in text_of(page(refused))
    with app.app_context():
        assert db.session.query(AftersaleCase).count() == 1
