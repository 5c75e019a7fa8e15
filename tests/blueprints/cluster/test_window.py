"""The operator writes a topic and a banner; buyers see both on the first page."""

from __future__ import annotations

import io
from collections.abc import Callable
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from core.clock import today
from core.db import db
from domain.showcase.models import Banner
from tests.factories.pictures import make_picture
from tests.factories.products import make_product, make_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def photo() -> tuple[io.BytesIO, str]:
    return io.BytesIO(make_picture()), "window.jpg"


def test_from_a_topic_to_the_first_page(app: Flask, operator: Browser, browser: Browser, page: Page) -> None:
    with app.app_context():
        product = make_variant(make_product(name="三年陈")).product
        product_id, slug = product.id, product.slug
        db.session.commit()
    for path in ("/cluster/topics", "/cluster/topics/new", "/cluster/banners", "/cluster/banners/new"):
        page(operator.get(path))
    wish = {"title": "年货", "is_shown": "1", "request_key": "topic-key-0001"}
    made = operator.post("/cluster/topics/new", wish | {"picture": photo()})
    assert made.status_code == 302
    topic = made.location
    assert operator.post("/cluster/topics/new", wish | {"picture": photo()}).location == topic, "sent twice, made once"
    assert text_of(page(operator.get("/cluster/topics"))).count("年货") == 1
    for path in ("topics/new", "banners/new", "promotions/new/coupons", "promotions/new/bundles"):
        assert 'name="request_key"' in operator.get(f"/cluster/{path}").get_data(as_text=True)
    assert operator.post(f"{topic}/products", {"product": slug}).status_code == 302
    assert operator.post(f"{topic}/products", {"product": "nope"}).status_code == 422
    assert "三年陈" in text_of(page(operator.get(topic)))
    form = {"title": "过年", "target": f"topic:{topic.rsplit('/', 1)[1]}", "from_day": str(today())}
    assert operator.post("/cluster/banners/new", form).status_code == 422
    assert operator.post("/cluster/banners/new", form | {"picture": photo()}).status_code == 302
    assert "正在展示" in text_of(page(operator.get("/cluster/banners")))
    assert "过年" in text_of(page(browser.get("/")))
    assert "三年陈" in text_of(page(browser.get(topic.removeprefix("/cluster"))))
    assert operator.post(f"{topic}/products/remove", {"product_id": str(product_id)}).status_code == 302
    with app.app_context():
        banner_id = db.session.query(Banner).one().id
    page(operator.get(f"/cluster/banners/{banner_id}"))
    wrong = form | {"until_day": "2020-01-01"}
    assert operator.post(f"/cluster/banners/{banner_id}", wrong).status_code == 422
    page(operator.post(f"/cluster/banners/{banner_id}", wrong))
    assert operator.post(f"/cluster/banners/{banner_id}/remove").status_code == 302
    assert operator.post(f"/cluster/banners/{banner_id}/remove").status_code == 404
    assert "过年" not in text_of(page(browser.get("/")))
