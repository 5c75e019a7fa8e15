"""Each alarm says what happened, and leads to the order where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from blueprints.cluster.views.alarms import ALARM_WORDS
from core.db import db
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import PaymentAlarm
from tests.factories.accounts import make_owner
from tests.factories.books import Sold, refund, sell
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
LIST = "/cluster/alarms"


def test_alarms_lead_to_their_orders_and_foreign_numbers_nowhere(app: Flask, operator: Browser, page: Page) -> None:
    assert "没有告警" in text_of(page(operator.get(LIST)))
    with app.app_context():
        sale = sell([Sold(make_variant())])
        back = refund(sale, {sale.line_ids[0]: 300})
        for reference in (f"{sale.number}M", "NOBODY", back.out_refund_no):
            sound(AlarmKind.REFUND_REFUSED, reference, "NOT_ENOUGH")
        sound(AlarmKind.REFUND_REFUSED, "NOBODY", "NOT_ENOUGH")
        db.session.commit()
        db.session.refresh(back)
    document = page(operator.get(LIST))
    links = [link.get("href") for link in document.findall(".//tbody//a")]
    assert links.count(f"/cluster/orders/{sale.number}") == 2
    assert links.count(f"/cluster/refunds/{back.out_refund_no}") == 1
    assert len(links) == 3
    tiles = [text_of(link) for link in page(operator.get("/cluster")).findall(".//main//a")]
    assert "近七天资金告警3" in tiles
    words = text_of(document)
    assert "3 条告警" in words
    assert "¥3.00" in words
    assert "微信不肯退款" in words


def test_every_kind_has_its_words_in_both_languages(app: Flask, operator: Browser, page: Page) -> None:
    with app.app_context():
        for kind in AlarmKind:
            sound(kind, "2026-01-02" if kind is AlarmKind.BILL_UNREADABLE else "X1", "detail")
        db.session.commit()
    words = text_of(page(operator.get(LIST)))
    for word in ALARM_WORDS.values():
        assert word.what in words
        assert word.advice in words
    english = text_of(page(operator.get(LIST, headers={"Accept-Language": "en"})))
    assert not re.search("[\u4e00-\u9fff]", english.replace("中文", ""))


def test_owners_may_not(app: Flask, sign_in: Callable[[int], Browser]) -> None:
    with app.app_context():
        owner = make_owner(make_workshop()).id
        db.session.commit()
    assert sign_in(owner).get(LIST).status_code == 403


def test_who_saw_an_alarm_is_told_to_everybody_and_the_first_counts(app: Flask, operator: Browser, page: Page) -> None:
    with app.app_context():
        sound(AlarmKind.REFUND_REFUSED, "NOBODY", "NOT_ENOUGH")
        db.session.commit()
        key = db.session.query(PaymentAlarm).one().id
    assert operator.post(f"{LIST}/{key}/seen", {"note": "已充值"}).status_code == 302
    assert operator.post(f"{LIST}/{key}/seen", {"note": "我也看了"}).status_code == 302
    words = text_of(page(operator.get(LIST)))
    assert "已充值" in words
    assert "我也看了" not in words
    assert operator.post(f"{LIST}/{key}/seen", {"note": "长" * 201}).status_code == 422
    assert operator.post(f"{LIST}/987654/seen").status_code == 404
