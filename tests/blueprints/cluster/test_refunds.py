"""The operator finds refunds by their state, reads one's history, and takes the list away as a spreadsheet."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.clock import today
from core.db import db
from domain.payments.browsing import RefundFilter, every_refund
from domain.payments.models import RefundHistory, RefundStatus
from tests.factories.accounts import make_owner
from tests.factories.books import Sold, refund, sell
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
LIST = "/cluster/refunds"


@pytest.fixture
def refunded(app: Flask, operator: Browser) -> tuple[str, list[str]]:
    """An order's number, and its refunds: one in each state, of 1.00, 2.00, …"""
    with app.app_context():
        sale = sell([Sold(make_variant(), 9)])
        numbers = []
        for fen, status in enumerate(RefundStatus, 1):
            made = refund(sale, {sale.line_ids[0]: fen * 100}, status=status)
            made.reason = "=1+1"
            db.session.add(RefundHistory(refund_row_id=made.id, by="owner #1", to_status=RefundStatus.ASKED))
            numbers.append(made.out_refund_no)
        db.session.commit()
        return sale.number, numbers


def listed(document: Element) -> list[str]:
    links = [link.get("href") or "" for link in document.findall(".//tbody//a")]
    return [link.removeprefix(f"{LIST}/") for link in links if link.startswith(f"{LIST}/")]


def test_each_filter_finds_its_refunds(
    subtests: pytest.Subtests, operator: Browser, refunded: tuple[str, list[str]], page: Page
) -> None:
    order, numbers = refunded
    newest_first = numbers[::-1]
    expected = {
        "": newest_first, f"?number={order.lower()}": newest_first, f"?number={order}M": newest_first,
        f"?number={numbers[2]}": [numbers[2]], "?number=nothing": [],
        f"?from_day={today()}&until_day={today()}": newest_first, f"?until_day={today() - timedelta(days=1)}": [],
    } | {f"?status={status.value}": [number] for status, number in zip(RefundStatus, numbers, strict=True)}  # fmt: skip
    for query, found in expected.items():
        with subtests.test(query=query):
            assert listed(page(operator.get(f"{LIST}{query}"))) == found
    for wrong in ("status=nope", "from_day=x", "cursor=x"):
        with subtests.test(query=wrong):
            assert operator.get(f"{LIST}?{wrong}").status_code == 422


def test_one_refund_has_its_history_and_leads_to_the_order(
    operator: Browser, refunded: tuple[str, list[str]], page: Page
) -> None:
    order, numbers = refunded
    document = page(operator.get(f"{LIST}/{numbers[3]}"))
    assert f"/cluster/orders/{order}" in [link.get("href") for link in document.findall(".//main//a")]
    words = text_of(document)
    for word in ("¥4.00", "退款异常", "待提交微信", "作坊"):
        assert word in words
    assert operator.get(f"{LIST}/NOPE").status_code == 404


def test_the_spreadsheet_holds_the_lists_rows_and_no_formula(
    operator: Browser, refunded: tuple[str, list[str]]
) -> None:
    with operator.get(f"{LIST}.xlsx?status=abnormal") as response:
        assert response.headers["Content-Disposition"].startswith("attachment; filename=refunds-")
        with zipfile.ZipFile(io.BytesIO(response.get_data())) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 2
    assert "<v>4</v>" in sheet
    assert "<f>" not in sheet
    assert "=1+1" in sheet


def test_pages_follow_one_another_without_gap_or_repetition(app: Flask, refunded: tuple[str, list[str]]) -> None:
    with app.app_context():
        walked = [found.refund.out_refund_no for found in every_refund(RefundFilter(), chunk=2)]
    assert walked == refunded[1][::-1]


def test_owners_may_not(app: Flask, refunded: tuple[str, list[str]], sign_in: Callable[[int], Browser]) -> None:
    with app.app_context():
        owner = make_owner(make_workshop()).id
        db.session.commit()
    stranger = sign_in(owner)
    for path in ("", ".xlsx", f"/{refunded[1][0]}"):
        assert stranger.get(f"{LIST}{path}").status_code == 403


def test_the_pages_are_english_for_those_who_read_it(
    operator: Browser, refunded: tuple[str, list[str]], page: Page
) -> None:
    for path in ("", f"/{refunded[1][0]}"):
        words = text_of(page(operator.get(f"{LIST}{path}", headers={"Accept-Language": "en"})))
        assert not re.search("[\u4e00-\u9fff]", words.replace("中文", "")), path
