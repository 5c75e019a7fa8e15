"""The operator decides disputes, and shows or refuses what no check could decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.aftersale.answering import refuse
from domain.aftersale.arbitrating import ask_as_buyer
from domain.aftersale.models import CaseKind
from domain.aftersale.reading import find_case
from domain.reviews.checking import check
from domain.reviews.models import Part, Review
from tests.factories.aftersale import make_case
from tests.factories.products import make_variant
from tests.factories.reviews import make_review
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Check = Callable[[TestResponse], Element]


@dataclass(frozen=True)
class Waiting:
    """A disputed case over ¥12.80 and a held review."""

    case: str
    review: int


@pytest.fixture
def waiting(app: Flask, clean_database: None) -> Waiting:
    with committed(app):
        case = make_case(make_variant(price_fen=1280), CaseKind.REFUND_ONLY)
        refuse({case.workshop_id}, case.number, "作坊主 #1", "瓶子是好的")
        ask_as_buyer(case.account_id, case.number, "请看照片")
        review = make_review(make_variant(), text="加微信返利")
        check(review.id, Part.REVIEW)
        return Waiting(case.number, review.id)


def test_a_dispute_is_decided_with_a_part_of_the_money(
    app: Flask, waiting: Waiting, operator: Browser, page: Check, unchanged: Unchanged
) -> None:
    here = f"/cluster/aftersale/{waiting.case}"
    assert waiting.case in text_of(page(operator.get("/cluster/aftersale")))
    assert "请看照片" in text_of(page(operator.get(here)))
    wish = {"decision": "refund", "amount": "6.50", "reason": "各担一半"}
    with unchanged():
        for wrong in ({"reason": ""}, {"amount": "12.81"}, {"amount": "0"}, {"amount": "-1"}, {"decision": "maybe"}):
            refused = operator.post(f"{here}/decision", wish | wrong)
            assert refused.status_code == 422, wrong
            page(refused)
    assert operator.post(f"{here}/words", {"text": "双方还有照片吗？"}).status_code == 302
    assert operator.post(f"{here}/decision", wish).status_code == 302
    with app.app_context():
        assert (find_case(waiting.case).status, find_case(waiting.case).approved_fen) == ("refunding", 650)
    assert operator.post(f"{here}/decision", wish).status_code == 409
    page(operator.get(here))


def test_a_held_review_is_refused_with_a_reason_or_shown(
    app: Flask, waiting: Waiting, operator: Browser, page: Check
) -> None:
    here = f"/cluster/reviews/{waiting.review}"
    assert "加微信返利" in text_of(page(operator.get("/cluster/reviews")))
    page(refused := operator.post(here, {"part": "review", "status": "refused"}))
    assert refused.status_code == 422
    assert operator.post(here, {"part": "follow_up", "status": "shown"}).status_code == 404
    assert operator.post(here, {"part": "review", "status": "refused", "reason": "广告"}).status_code == 302
    assert "加微信返利" not in text_of(page(operator.get("/cluster/reviews")))
    with app.app_context():
        assert db.session.get_one(Review, waiting.review).status == "refused"
