"""The operator reads how the bills stand, explains a difference, and has a bill fetched again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from core.clock import now, today
from core.db import db
from domain.payments.models import BillDifference, BillDifferenceNote, TradeBill, TradeBillRow
from domain.payments.reconciling import compare
from tests.factories.accounts import make_owner
from tests.factories.books import Sold, refund, sell
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
LIST = "/cluster/reconciliation"


@pytest.fixture
def numbers(app: Flask, operator: Browser) -> list[str]:
    """Yesterday: an order whose sum the bill has wrong, one the bill lacks, a payment only the bill has."""
    yesterday = today() - timedelta(days=1)
    with app.app_context():
        sales = [sell([Sold(make_variant())], at=now() - timedelta(days=1)) for _ in range(2)]
        refund(sales[1], {sales[1].line_ids[0]: 300})
        bill = TradeBill(bill_on=yesterday, digest="a", rows=2)
        db.session.add(bill)
        db.session.flush()
        for line, (trade_no, told) in enumerate([(f"{sales[0].number}M", f"T{sales[0].number}"), ("OTHER1", "T1")], 1):
            db.session.add(
                TradeBillRow(
                    trade_bill_id=bill.id, line=line, traded_at=f"{yesterday} 12:00:00", is_refund=False,
                    transaction_id=told, out_trade_no=trade_no, refund_id="", out_refund_no="", state="SUCCESS",
                    amount_fen=1001, fee_fen=6, rate="0.60%",
                )
            )  # fmt: skip
        db.session.flush()
        compare(yesterday)
        db.session.commit()
        return [sale.number for sale in sales]


def jobs(app: Flask) -> list[Any]:
    with app.app_context():
        found = text("SELECT args->>'day' FROM procrastinate_jobs WHERE task_name LIKE '%reconcile_day'")
        return list(db.session.scalars(found))


def notes(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(BillDifferenceNote.id))) or 0


def test_a_days_differences_show_both_sides_and_lead_to_orders(
    operator: Browser, numbers: list[str], page: Page
) -> None:
    day = today() - timedelta(days=1)
    assert "未说明的对账差异3" in text_of(page(operator.get("/cluster")))
    listed = text_of(page(operator.get(LIST)))
    assert "有差异" in listed
    assert "¥20.02" in listed, "10.01 unknown, 10.00 missing, 0.01 wrong"
    document = page(operator.get(f"{LIST}/{day}"))
    words = text_of(document)
    for word in ("收款金额不同", "账单有收款，我方没有", "我方有收款，账单没有", "¥0.01", "-¥10.00", "OTHER1", "0.60%"):
        assert word in words, word
    links = [link.get("href") or "" for link in document.findall(".//tbody//a")]
    assert sorted(links) == sorted(f"/cluster/orders/{number}" for number in numbers)
    assert all(operator.get(link).status_code == 200 for link in links)


def test_a_difference_is_explained_with_a_reason_and_not_without(
    app: Flask, operator: Browser, numbers: list[str], page: Page
) -> None:
    day = today() - timedelta(days=1)
    with app.app_context():
        keys = list(db.session.scalars(select(BillDifference.id).order_by(BillDifference.id)))
    refused = operator.post(f"{LIST}/{day}/{keys[0]}", {"reason": " "})
    assert refused.status_code == 422
    page(refused)
    assert operator.post(f"{LIST}/{day}/987654", {"reason": "已核实"}).status_code == 404
    assert notes(app) == 0
    for key in keys:
        assert operator.post(f"{LIST}/{day}/{key}", {"reason": "已向微信支付核实"}).status_code == 302
    assert "未说明的对账差异0" in text_of(page(operator.get("/cluster")))
    assert "已说明" in text_of(page(operator.get(LIST)))
    words = text_of(page(operator.get(f"{LIST}/{day}")))
    assert words.count("已向微信支付核实") == 3
    assert words.count("集群运营 #") == 3


def test_a_bill_is_fetched_again_by_a_job(app: Flask, operator: Browser, page: Page) -> None:
    page(operator.get(LIST))
    for wrong in (today(), today() - timedelta(days=91), "soon"):
        refused = operator.post(LIST, {"day": str(wrong)})
        assert refused.status_code == 422
        page(refused)
    assert jobs(app) == []
    yesterday = str(today() - timedelta(days=1))
    assert operator.post(LIST, {"day": yesterday}).status_code == 302
    assert jobs(app) == [yesterday]


def test_days_without_a_bill_are_not_there(operator: Browser) -> None:
    for day in ("2020-01-01", "yesterday", "2026-02-30"):
        assert operator.get(f"{LIST}/{day}").status_code == 404


def test_owners_may_not(app: Flask, numbers: list[str], sign_in: Callable[[int], Browser]) -> None:
    with app.app_context():
        owner = make_owner(make_workshop()).id
        db.session.commit()
    stranger, day = sign_in(owner), today() - timedelta(days=1)
    for path in (LIST, f"{LIST}/{day}"):
        assert stranger.get(path).status_code == 403
    assert stranger.post(LIST, {"day": str(day)}).status_code == 403
    assert stranger.post(f"{LIST}/{day}/1", {"reason": "已核实"}).status_code == 403
    assert (jobs(app), notes(app)) == ([], 0)


def test_the_pages_are_english_for_those_who_read_it(operator: Browser, numbers: list[str], page: Page) -> None:
    for path in (LIST, f"{LIST}/{today() - timedelta(days=1)}"):
        words = text_of(page(operator.get(path, headers={"Accept-Language": "en"})))
        assert not re.search("[\u4e00-\u9fff]", words.replace("中文", "")), path
