"""The owner checks what the cluster owes: statements with every row, agreed or disputed, as PDF and spreadsheet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.clock import now, today
from core.db import db
from domain.settlement import payouts, statements
from domain.settlement.drafting import draft_statement
from domain.settlement.models import Statement
from domain.settlement.payees import enter_payee
from domain.workshops.models import Workshop
from tests.blueprints.workshop.conftest import Bench
from tests.factories.books import Sold, receive, refund, sell
from tests.factories.products import make_product, make_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


@pytest.fixture
def sent(app: Flask, bench: Bench) -> str:
    """A statement of the owner's workshop: two jars at 50.00 less a coupon of 5.00, freight 8.00, one refund of 10.00."""
    with app.app_context():
        workshop = db.session.get_one(Workshop, bench.workshop_id)
        variant = make_variant(make_product(workshop, name="三年陈红曲酒"), name="500 ml")
        sale = sell([Sold(variant, 2, 5000, own_fen=500)], {workshop.id: 800}, at=now() - timedelta(days=20))
        receive(sale)
        refund(sale, {sale.line_ids[0]: 1000}).succeeded_at = now() - timedelta(days=5)
        day = today()
        made = draft_statement(workshop.id, day - timedelta(days=30), day - timedelta(days=1), by="operator #1")
        statements.send(made, "operator #1")
        number = made.number
        db.session.commit()
    return number


def status_of(app: Flask, number: str) -> str:
    with app.app_context():
        return db.session.scalars(select(Statement.status).filter_by(number=number)).one()


def test_the_figures_and_the_rows_behind_them(owner: Browser, sent: str, page: Page) -> None:
    shown = text_of(page(owner.get(f"/workshop/statements/{sent}")))
    # Commission is 5 % of 95.00, and of it what belongs to the 10.00 of 95.00 that went back is undone: 4.75 - 0.50.
    for text in ("¥100.00", "-¥5.00", "-¥4.25", "¥8.00", "-¥10.00", "¥88.75", "三年陈红曲酒", "×2", "集群运营"):
        assert text in shown, text
    assert sent in text_of(page(owner.get("/workshop/statements")))


def test_agreeing_once(app: Flask, owner: Browser, sent: str, page: Page) -> None:
    address = f"/workshop/statements/{sent}"
    assert owner.post(f"{address}/agree").location == address
    assert status_of(app, sent) == "agreed"
    assert owner.post(f"{address}/agree").status_code == 409
    refused = owner.post(f"{address}/dispute", {"reason": "少了一单"})
    assert refused.status_code == 409
    assert "当前状态不能进行此操作" in text_of(page(refused))
    assert status_of(app, sent) == "agreed"


@pytest.mark.parametrize("reason", ["", " ", "x", "长" * 201])
def test_a_dispute_says_where(app: Flask, owner: Browser, sent: str, page: Page, reason: str) -> None:
    address = f"/workshop/statements/{sent}"
    refused = owner.post(f"{address}/dispute", {"reason": reason})
    assert refused.status_code == 422
    page(refused)
    assert status_of(app, sent) == "sent"
    assert owner.post(f"{address}/dispute", {"reason": "少了一单"}).status_code == 302
    assert status_of(app, sent) == "disputed"
    assert "少了一单" in text_of(page(owner.get(address)))


def test_anothers_statement_and_a_draft_are_not_there(
    app: Flask, sent: str, theirs: Bench, sign_in: Callable[[int], Browser], unchanged: Any
) -> None:
    stranger = sign_in(theirs.owner_id)
    with unchanged():
        for path in ("", ".pdf", ".xlsx"):
            assert stranger.get(f"/workshop/statements/{sent}{path}").status_code == 404
        assert stranger.post(f"/workshop/statements/{sent}/agree").status_code == 404
    assert sent not in stranger.get("/workshop/statements").get_data(as_text=True)


def test_paper_and_spreadsheet_hold_the_same_rows(owner: Browser, sent: str) -> None:
    paper = owner.get(f"/workshop/statements/{sent}.pdf")
    assert paper.mimetype == "application/pdf"
    text = pypdfium2.PdfDocument(paper.data)[0].get_textpage().get_text_range()
    for word in (sent, "三年陈红曲酒", "100.00", "-4.25", "80.75", "¥88.75"):
        assert word in text, word
    sheet = owner.get(f"/workshop/statements/{sent}.xlsx")
    with zipfile.ZipFile(io.BytesIO(sheet.data)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>100</v>" in cells
    assert "<v>80.75</v>" in cells


def test_a_payout_is_shown_when_the_bank_has_paid(
    app: Flask, owner: Browser, sent: str, bench: Bench, page: Page
) -> None:
    with app.app_context():
        enter_payee(bench.workshop_id, holder="四大桶红曲酒坊", bank="长泰农商银行", account="62303610000001", by="op")
        made = statements.find_statement(sent)
        statements.agree(made, "x")
        statements.approve(made, "x")
        [row] = payouts.rows_of(payouts.make_payout_file([made.id], "x"))
        payouts.mark_paid(row.payout, "BANK-77", "x")
        db.session.commit()
    shown = text_of(page(owner.get(f"/workshop/statements/{sent}")))
    assert "BANK-77" in shown
    assert "已到账" in shown
    assert "尾号 0001" in text_of(page(owner.get("/workshop/statements")))


def test_the_sales_picture_counts_what_was_paid_and_not_given_back(owner: Browser, sent: str, page: Page) -> None:
    shown = text_of(page(owner.get("/workshop/sales?days=30")))
    assert "三年陈红曲酒" in shown
    assert "¥85.00" in shown
    assert "¥85.00" not in text_of(page(owner.get("/workshop/sales?days=7")))
    assert owner.get("/workshop/sales?days=8").status_code == 422
