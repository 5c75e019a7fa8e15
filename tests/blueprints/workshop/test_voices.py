"""The owner answers cases and reviews of the own workshop's goods, and of no other's."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from domain.aftersale.models import CaseKind
from domain.aftersale.reading import find_case
from domain.aftersale.returning import send_goods
from tests.factories.accounts import make_owner
from tests.factories.aftersale import make_case
from tests.factories.pictures import make_picture
from tests.factories.products import make_product, make_variant
from tests.factories.reviews import make_shown_review
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Check = Callable[[TestResponse], Element]


@dataclass(frozen=True)
class Voices:
    """A workshop's case and review, and another workshop's owner."""

    owner: int
    other_owner: int
    buyer: int
    case: str
    review: int


@pytest.fixture
def voices(app: Flask, clean_database: None) -> Voices:
    with committed(app):
        workshop = make_workshop()
        variant = make_variant(make_product(workshop))
        case = make_case(variant, CaseKind.RETURN)
        review = make_shown_review(variant, text="酒香")
        owner, other = make_owner(workshop), make_owner(make_workshop())
        return Voices(owner.id, other.id, case.account_id, case.number, review.id)


def status_of(app: Flask, number: str) -> str:
    with app.app_context():
        return find_case(number).status


def test_today_begins_with_the_cases_and_one_is_seen_through(
    app: Flask, voices: Voices, sign_in: Callable[[int], Browser], page: Check
) -> None:
    owner, here = sign_in(voices.owner), f"/workshop/aftersale/{voices.case}"
    assert "个售后等你答复" in text_of(page(owner.get("/workshop")))
    for path in ("/workshop/aftersale", "/workshop/aftersale?all=1", here):
        page(owner.get(path))
    assert owner.post(f"{here}/received").status_code == 409
    assert owner.post(f"{here}/approve").status_code == 302
    with committed(app):
        send_goods(voices.buyer, voices.case, "SF", "SF1234567890123")
    assert "SF1234567890123" in text_of(page(owner.get(here)))
    assert owner.post(f"{here}/received").status_code == 302
    assert status_of(app, voices.case) in {"refunding", "refunded"}
    page(owner.get(here))


def test_a_refusal_says_why_and_shows_it(
    app: Flask, voices: Voices, sign_in: Callable[[int], Browser], page: Check
) -> None:
    owner, here = sign_in(voices.owner), f"/workshop/aftersale/{voices.case}"
    page(refused := owner.post(f"{here}/refuse", {"text": ""}))
    assert (refused.status_code, status_of(app, voices.case)) == (422, "applied")
    photo = (io.BytesIO(make_picture()), "bottle.jpg")
    assert owner.post(f"{here}/words", {"text": "稍等，我看看", "pictures": photo}).status_code == 302
    assert owner.post(f"{here}/refuse", {"text": "瓶子是好的"}).status_code == 302
    text = text_of(page(owner.get(here)))
    assert "瓶子是好的" in text
    assert "稍等，我看看" in text
    assert owner.post(f"{here}/arbitration", {"text": "请看照片"}).status_code == 302
    assert status_of(app, voices.case) == "arbitration"


def test_a_review_is_answered_and_the_answer_changed(
    voices: Voices, sign_in: Callable[[int], Browser], page: Check
) -> None:
    owner = sign_in(voices.owner)
    assert "酒香" in text_of(page(owner.get("/workshop/reviews")))
    page(refused := owner.post(f"/workshop/reviews/{voices.review}/reply", {"text": "加微信"}))
    assert refused.status_code == 422
    for words in ("谢谢", "谢谢您"):
        assert owner.post(f"/workshop/reviews/{voices.review}/reply", {"text": words}).status_code == 302
    assert "酒香" not in text_of(page(owner.get("/workshop/reviews")))
    assert "谢谢您" in text_of(page(owner.get("/workshop/reviews?all=1")))


def test_another_workshops_cases_and_reviews_are_not_there(
    voices: Voices, sign_in: Callable[[int], Browser], unchanged: Unchanged
) -> None:
    other, here = sign_in(voices.other_owner), f"/workshop/aftersale/{voices.case}"
    with unchanged():
        assert other.get(here).status_code == 404
        for act in ("approve", "refuse", "received", "words", "arbitration"):
            assert (
                other.post(f"{here}/{act}", {"text": "不"} if act not in {"approve", "received"} else {}).status_code
                == 404
            )
        assert other.post(f"/workshop/reviews/{voices.review}/reply", {"text": "谢谢"}).status_code == 404
        assert voices.case not in other.get("/workshop/aftersale?all=1").get_data(as_text=True)
