"""The operator sees what should have left by now, over all workshops, and what WeChat refused to hear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from core.clock import now
from core.db import db
from domain.fulfillment.models import ReportStatus, ShippingReport
from tests.factories.makers import buy
from tests.factories.products import make_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def test_late_parts_stand_there_with_how_late_they_are(
    app: Flask, clean_database: None, operator: Browser, page: Page
) -> None:
    with app.app_context():
        orders = [buy({make_variant(stock=3): 1}) for _ in range(3)]
        for order, hours in zip(orders, (1, 37, 50), strict=True):
            order.paid_at = now() - timedelta(hours=hours)
        numbers = [order.number for order in orders]
        db.session.commit()
    words = text_of(page(operator.get("/cluster/unshipped")))
    assert numbers[0] not in words
    assert words.index(numbers[2]) < words.index(numbers[1])
    assert (words.count("已超 48 小时"), words.count("快到 48 小时")) == (1, 1)


def test_only_reports_that_need_a_person_are_shown(
    app: Flask, clean_database: None, operator: Browser, page: Page
) -> None:
    with app.app_context():
        variant = make_variant(stock=5)
        for status in (ReportStatus.COMPLETE, ReportStatus.REFUSED, ReportStatus.CORRECTION_SPENT):
            order_id = buy({variant: 1}).id
            report = ShippingReport(out_trade_no=f"NO-{status}", order_id=order_id, status=status, errcode=10060001)
            db.session.add(report)
        db.session.commit()
    words = text_of(page(operator.get("/cluster/unshipped")))
    assert "NO-refused" in words
    assert "NO-correction_spent" in words
    assert "NO-complete" not in words
