"""A buyer's reviews in the browser: form, photos, what others see; nothing of other people's orders."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories.accounts import make_buyer
from tests.factories.pictures import make_picture
from tests.factories.products import make_product, make_variant
from tests.factories.reviews import make_received_order, make_shown_review
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser

Check = Callable[[TestResponse], Element]


@dataclass(frozen=True)
class Bought:
    """A received order of one line, and whose it is."""

    buyer: int
    stranger: int
    number: str
    sku: str
    slug: str

    @property
    def here(self) -> str:
        return f"/orders/{self.number}/lines/{self.sku}"


@pytest.fixture
def bought(app: Flask, clean_database: None) -> Bought:
    with committed(app):
        variant, buyer = make_variant(make_product(pictures=["/static/img/x"])), make_buyer("顾客丁")
        order = make_received_order({variant: 2}, buyer)
        return Bought(buyer.id, make_buyer().id, order.number, variant.sku, variant.product.slug)


@pytest.fixture
def browser_of(sign_in: Callable[[int], Browser]) -> Callable[[int], Browser]:
    return sign_in


def photo() -> tuple[io.BytesIO, str]:
    return io.BytesIO(make_picture()), "photo.jpg"


def work(app: Flask) -> None:
    """The jobs that the requests left behind, as a worker would."""
    from sqlalchemy import select

    from domain.reviews.checking import check
    from domain.reviews.models import Part, Review

    with committed(app):
        from core.db import db

        for review_id in db.session.scalars(select(Review.id)):
            check(review_id, Part.REVIEW)


def test_a_review_is_written_checked_and_read_by_everybody(
    app: Flask, bought: Bought, browser_of: Any, page: Check, browser: Browser
) -> None:
    mine = browser_of(bought.buyer)
    order = page(mine.get(f"/orders/{bought.number}"))
    assert f"{bought.here}/review" in [link.get("href") for link in order.iter("a")]
    page(mine.get(f"{bought.here}/review"))
    sent = mine.post(f"{bought.here}/review", {"stars": "4", "text": "豆香足"})
    assert sent.status_code == 302
    assert "豆香足" not in text_of(page(browser.get(f"/products/{bought.slug}")))
    assert "审核中" in text_of(page(mine.get(f"{bought.here}/review")))
    work(app)
    for path in (f"/products/{bought.slug}", f"/products/{bought.slug}/reviews"):
        text = text_of(page(browser.get(path)))
        assert "豆香足" in text
        assert "顾**" in text
        assert "4.0" in text
    assert "4.0" in text_of(page(browser.get("/products")))
    assert mine.post(f"{bought.here}/follow-up", {"text": "放了一周还是好"}).status_code == 302
    page(mine.get(f"{bought.here}/review"))


def test_photos_are_kept_and_wait_for_a_person(app: Flask, bought: Bought, browser_of: Any, page: Check) -> None:
    mine = browser_of(bought.buyer)
    sent = mine.post(f"{bought.here}/review", {"stars": "5", "pictures": [photo(), photo()], "is_anonymous": "1"})
    assert sent.status_code == 302
    work(app)
    mine_page = page(mine.get(f"{bought.here}/review"))
    assert "待人工审核" in text_of(mine_page)
    [picture] = [
        image.get("src") for image in mine_page.iter("img") if (image.get("src") or "").startswith("/pictures")
    ]
    answer = mine.get(picture)
    assert answer.mimetype == "image/webp"
    answer.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"stars": "6"},
        {"stars": "5", "text": "字" * 501},
        {"stars": "5", "pictures": (io.BytesIO(b"GIF89a"), "a.jpg")},
        {"stars": "5", "unknown": "1"},
    ],
)
def test_a_wrong_review_is_shown_again_and_nothing_is_kept(
    bought: Bought, browser_of: Any, page: Check, unchanged: Unchanged, wrong: dict[str, Any]
) -> None:
    mine = browser_of(bought.buyer)
    with unchanged():
        refused = mine.post(f"{bought.here}/review", wrong)
    assert refused.status_code == 422
    page(refused)


def test_nobody_reviews_for_another(bought: Bought, browser_of: Any, unchanged: Unchanged) -> None:
    theirs = browser_of(bought.stranger)
    with unchanged():
        assert theirs.get(f"{bought.here}/review").status_code == 404
        assert theirs.post(f"{bought.here}/review", {"stars": "1"}).status_code == 404
        assert theirs.post(f"{bought.here}/follow-up", {"text": "差"}).status_code == 404


def test_a_long_list_has_pages(app: Flask, browser: Browser, page: Check, clean_database: None) -> None:
    with committed(app):
        variant = make_variant(make_product(pictures=["/static/img/x"]))
        for place in range(12):
            make_shown_review(variant, stars=1 + place % 5, text=f"第 {place} 次")
        slug, workshop = variant.product.slug, variant.product.workshop_id
        from core.db import db
        from domain.workshops.models import Workshop

        workshop_slug = db.session.get_one(Workshop, workshop).slug
    first, second = (text_of(page(browser.get(f"/products/{slug}/reviews?page={n}"))) for n in (1, 2))
    assert ("第 11 次" in first, "第 0 次" in second, "第 0 次" in first) == (True, True, False)
    assert "第 11 次" in text_of(page(browser.get(f"/workshops/{workshop_slug}")))
