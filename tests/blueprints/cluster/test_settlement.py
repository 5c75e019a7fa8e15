"""The operator settles a month: drafts for all, sends, approves, hands to the bank, notes its answer; the books balance."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.clock import now, today
from core.db import db
from domain.settlement import statements
from domain.settlement.models import Payee, Payout, Statement
from domain.workshops.models import Workshop
from tests.domain.settlement.test_posting import balances
from tests.factories.accounts import make_owner
from tests.factories.books import Sold, receive, sell
from tests.factories.products import make_variant
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
LIST = "/cluster/settlement/statements"


@pytest.fixture
def sold(app: Flask, operator: Browser) -> list[str]:
    """Two workshops with 10.00 received each; their slugs."""
    slugs = []
    with app.app_context():
        for _ in range(2):
            variant = make_variant()
            receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
            slugs.append(db.session.get_one(Workshop, variant.product.workshop_id).slug)
        db.session.commit()
    return slugs


def period() -> dict[str, str]:
    day = today()
    return {"from_on": str(day - timedelta(days=30)), "until_on": str(day - timedelta(days=1))}


def ids(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(Statement.id).order_by(Statement.id)))


def statuses(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Statement.status).order_by(Statement.id)))


def test_a_month_from_draft_to_the_banks_answer(app: Flask, operator: Browser, sold: list[str], page: Page) -> None:
    for place, slug in enumerate(sold):
        payee = {"holder": "坂里作坊", "bank": "农商银行", "account": f"6230 3610 0000 000{place}"}
        assert operator.post(f"/cluster/settlement/workshops/{slug}/payee", payee).status_code == 302
    assert operator.post(f"{LIST}/draft", period()).status_code == 302
    keys = [str(key) for key in ids(app)]
    assert operator.post(f"{LIST}/bulk", {"act": "send", "ids": keys}).status_code == 302
    refused = operator.post(f"{LIST}/bulk", {"act": "approve", "ids": keys})
    assert refused.status_code == 409
    page(refused)
    assert statuses(app) == ["sent", "sent"]
    with app.app_context():
        for key in keys:
            statements.agree(statements.find_statement_by_id(int(key)), "作坊主 #1")
        db.session.commit()
    assert operator.post(f"{LIST}/bulk", {"act": "approve", "ids": keys}).status_code == 302
    made = operator.post(f"{LIST}/bulk", {"act": "pay", "ids": keys})
    assert "¥19.00" in text_of(page(operator.get(made.location)))
    rows = list(csv.reader(io.StringIO(operator.get(f"{made.location}.csv").data.decode("gbk"), newline="")))
    assert [row[2:5:2] for row in rows[1:]] == [["6230361000000000", "9.50"], ["6230361000000001", "9.50"]]
    assert operator.post(f"{LIST}/bulk", {"act": "pay", "ids": keys}).status_code == 409
    numbers = [row[0] for row in rows[1:]]
    operator.post(f"/cluster/settlement/payouts/{numbers[0]}", {"act": "paid", "words": "B-1"})
    operator.post(f"/cluster/settlement/payouts/{numbers[1]}", {"act": "failed", "words": "户名不符"})
    assert statuses(app) == ["paid", "approved"]
    shown = text_of(page(operator.get("/cluster/settlement")))
    assert "¥9.50" in shown
    with app.app_context():
        assert sum(balances().values()) == 0
        assert balances()["bank"] == -950


def test_the_same_form_twice_settles_once(app: Flask, operator: Browser, sold: list[str], page: Page) -> None:
    operator.post(f"{LIST}/draft", period())
    assert operator.post(f"{LIST}/draft", period()).status_code == 302
    assert statuses(app) == ["draft", "draft"]
    assert operator.post(f"{LIST}/draft", period() | {"until_on": str(today())}).status_code == 422
    nothing = operator.post(f"{LIST}/bulk", {"act": "send"})
    assert nothing.status_code == 422
    assert "请先勾选" in text_of(page(nothing))


def test_one_statement_answered_and_withdrawn(app: Flask, operator: Browser, sold: list[str], page: Page) -> None:
    operator.post(f"{LIST}/draft", period())
    with app.app_context():
        number = db.session.scalars(select(Statement.number).order_by(Statement.id)).first()
    address = f"{LIST}/{number}"
    assert "¥9.50" in text_of(page(operator.get(address)))
    assert operator.get(f"{address}.pdf").data.startswith(b"%PDF")
    assert operator.get(f"{LIST}.xlsx?status=draft").data.startswith(b"PK")
    assert operator.post(f"{address}/move", {"act": "send"}).status_code == 302
    without = operator.post(f"{address}/move", {"act": "withdraw"})
    assert without.status_code == 422
    assert "撤回的原因" in text_of(page(without))
    operator.post(f"{address}/move", {"act": "withdraw", "words": "期间选错了"})
    assert statuses(app) == ["withdrawn", "draft"]
    assert operator.get(f"{LIST}/NO-SUCH").status_code == 404


def test_the_journal_is_browsed_by_what_and_whom(operator: Browser, sold: list[str], page: Page) -> None:
    assert operator.post("/cluster/settlement/post").status_code == 302
    journal = "/cluster/settlement/journal"
    assert "4 笔分录" in text_of(page(operator.get(journal)))
    assert "1 笔分录" in text_of(page(operator.get(f"{journal}?workshop={sold[0]}&account=workshop_goods&kind=sale")))
    assert "0 笔分录" in text_of(page(operator.get(f"{journal}?until_day={today() - timedelta(days=60)}")))
    assert operator.get(f"{journal}?account=nothing").status_code == 422


def test_a_correction_is_posted_once_and_a_wrong_one_not_at_all(
    app: Flask, operator: Browser, sold: list[str], page: Page, unchanged: Any
) -> None:
    address = f"/cluster/settlement/workshops/{sold[0]}"
    good = {"yuan": "-3.05", "reason": "少装一袋", "request_key": "key-12345678"}
    with unchanged():
        for wrong in ({"yuan": "0"}, {"yuan": "1.234"}, {"yuan": "1e5"}, {"reason": ""}):
            refused = operator.post(f"{address}/correct", good | wrong)
            assert refused.status_code == 422
            page(refused)
    operator.post(f"{address}/correct", good)
    operator.post(f"{address}/correct", good)
    with app.app_context():
        assert balances()["workshop_corrections"] == 305
    assert "-¥3.05" in text_of(page(operator.get(address)))


def test_a_bad_bank_account_is_refused_and_shown_again(
    app: Flask, operator: Browser, sold: list[str], page: Page
) -> None:
    address = f"/cluster/settlement/workshops/{sold[0]}"
    refused = operator.post(f"{address}/payee", {"holder": "=1+1", "bank": "农商银行", "account": "62303610000001"})
    assert refused.status_code == 422
    assert "不要用特殊符号" in text_of(page(refused))
    with app.app_context():
        assert not db.session.scalar(select(func.count()).select_from(Payee))


def test_owners_may_not(app: Flask, sold: list[str], sign_in: Callable[[int], Browser]) -> None:
    with app.app_context():
        owner = make_owner(db.session.query(Workshop).filter_by(slug=sold[0]).one()).id
        db.session.commit()
    stranger = sign_in(owner)
    for path in ("", "/journal", "/statements", f"/workshops/{sold[0]}"):
        assert stranger.get(f"/cluster/settlement{path}").status_code == 403
    assert stranger.post(f"{LIST}/bulk", {"act": "pay", "ids": "1"}).status_code == 403
    with app.app_context():
        assert not db.session.scalar(select(func.count()).select_from(Payout))


def test_the_pages_are_english_for_those_who_read_it(operator: Browser, sold: list[str], page: Page) -> None:
    english = {"Accept-Language": "en"}
    operator.post(f"{LIST}/draft", period(), headers=english)
    for path in ("", "/journal", "/statements"):
        response = operator.get(f"/cluster/settlement{path}", headers=english)
        # Names of workshops are data.
        left = re.sub(r"测试作坊\d+", "", text_of(page(response)))
        assert not re.search("[\u4e00-\u9fff]", left.replace("中文", "")), path
