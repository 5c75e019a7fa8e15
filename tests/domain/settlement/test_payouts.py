"""Payouts: each statement is paid once, whatever happens at the same moment, and the journal follows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.clock import now, today
from core.db import db
from core.errors import InvalidInput
from core.states import TransitionRefused
from domain.settlement import payouts, statements
from domain.settlement.balances import Owed, ledger_owed, owed_to, trial_balance
from domain.settlement.bank_file import HEADINGS, bank_file
from domain.settlement.drafting import draft_statement
from domain.settlement.models import JournalEntry, Payout, Statement, StatementStatus
from domain.settlement.payees import enter_payee
from domain.settlement.posting import post_new
from domain.workshops.models import Workshop
from tests.domain.settlement.test_posting import balances
from tests.factories.books import Sold, receive, sell
from tests.factories.products import make_product, make_variant
from tests.fixtures.racing import committed, failures


def agreed(with_payee: bool = True) -> Statement:
    """A statement over 9.50 that its workshop agreed to."""
    variant = make_variant()
    mine = variant.product.workshop_id
    receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    if with_payee:
        enter_payee(
            mine, holder="四大桶红曲酒坊", bank="长泰农商银行坂里支行", account="6230 3610 0000 0001", by="运营"
        )
    day = today()
    statement = draft_statement(mine, day - timedelta(days=30), day - timedelta(days=1), by="运营")
    statements.send(statement, "运营")
    statements.agree(statement, "作坊主")
    return statement


def approved(**options: bool) -> Statement:
    statement = agreed(**options)
    statements.approve(statement, "运营")
    return statement


def test_paid_once_and_the_journal_says_so(session: Any) -> None:
    statement = approved()
    file = payouts.make_payout_file([statement.id], "运营")
    [row] = payouts.rows_of(file)
    assert (row.payout.amount_fen, statement.status) == (950, StatementStatus.PAYING)
    assert balances()["payouts_in_transit"] == -950
    payouts.mark_paid(row.payout, " B2026-1 ", "运营")
    payouts.mark_paid(row.payout, "B2026-1", "运营")
    sums = balances()
    assert "payouts_in_transit" not in sums
    assert sums["bank"] == -950
    assert sum(fen for account, fen in sums.items() if account.startswith("workshop_")) == 0
    assert statement.status == StatementStatus.PAID
    with pytest.raises(TransitionRefused):
        payouts.mark_failed(row.payout, "户名不符", "运营")


def test_what_pages_say_is_owed_is_what_the_accounts_say(session: Any) -> None:
    statement = agreed()
    mine = statement.workshop_id
    variant = make_variant(make_product(db.session.get_one(Workshop, mine)))
    receive(sell([Sold(variant, 1, 3000)], at=now() - timedelta(days=9)), days_ago=1)
    receive(sell([Sold(variant, 1, 7000)], at=now() - timedelta(days=9)), days_ago=8)
    sell([Sold(variant, 1, 500)])
    post_new()
    assert owed_to(mine) == Owed(mine, pending_fen=2850 + 475, available_fen=6650, stated_fen=950)
    assert owed_to(mine).total_fen == ledger_owed()[mine]
    statements.approve(statement, "运营")
    payouts.make_payout_file([statement.id], "运营")
    assert owed_to(mine).stated_fen == 0
    assert owed_to(mine).total_fen == ledger_owed()[mine]
    assert sum(row.balance_fen for row in trial_balance()) == 0


def test_a_failed_payout_can_be_tried_again_under_a_new_number(session: Any) -> None:
    statement = approved()
    [row] = payouts.rows_of(payouts.make_payout_file([statement.id], "运营"))
    payouts.mark_failed(row.payout, "户名不符", "运营")
    assert statement.status == StatementStatus.APPROVED
    assert "payouts_in_transit" not in balances()
    assert "workshop_paid" not in balances()
    [second] = payouts.rows_of(payouts.make_payout_file([statement.id], "运营"))
    assert [payout.number for payout in payouts.payouts_of(statement)] == [f"{statement.number}-{n}" for n in (2, 1)]
    payouts.mark_paid(second.payout, "B2", "运营")
    assert balances()["bank"] == -950


def test_what_is_being_paid_or_was_paid_is_not_approved_again(session: Any) -> None:
    statement = approved()
    [row] = payouts.rows_of(payouts.make_payout_file([statement.id], "运营"))
    with pytest.raises(TransitionRefused):
        statements.approve(statement, "运营")
    payouts.mark_paid(row.payout, "B4", "运营")
    with pytest.raises(TransitionRefused):
        statements.approve(statement, "运营")
    with pytest.raises(payouts.NothingToPay):
        payouts.make_payout_file([statement.id], "运营")


def test_a_reference_of_another_payment_is_refused(session: Any) -> None:
    first, second = approved(), approved()
    rows = payouts.rows_of(payouts.make_payout_file([first.id, second.id], "运营"))
    payouts.mark_paid(rows[0].payout, "B3", "运营")
    with pytest.raises(payouts.BankReferenceUsed):
        payouts.mark_paid(rows[1].payout, "B3", "运营")
    assert rows[1].statement.status == StatementStatus.PAYING


def test_without_a_bank_account_nothing_is_made(session: Any) -> None:
    known, unknown = approved(), approved(with_payee=False)
    with pytest.raises(payouts.PayeeUnknown):
        payouts.make_payout_file([known.id, unknown.id], "运营")
    assert not db.session.scalar(select(func.count()).select_from(Payout))
    assert {known.status, unknown.status} == {StatementStatus.APPROVED}


def test_the_bank_reads_the_file(session: Any) -> None:
    file = payouts.make_payout_file([approved().id], "运营")
    body = bank_file(payouts.rows_of(file))
    [headings, row] = csv.reader(io.StringIO(body.decode("gbk"), newline=""))
    assert tuple(headings) == HEADINGS
    assert row[1:6] == ["四大桶红曲酒坊", "6230361000000001", "长泰农商银行坂里支行", "9.50", "CNY"]
    assert bank_file(payouts.rows_of(file)) == body
    assert bank_file(payouts.rows_of(file), "utf-8").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("field", "value"), [("holder", "=cmd|1"), ("holder", "-2"), ("bank", "甲\n乙"), ("account", "123"), ("bank", "x")]
)
def test_a_payee_that_no_bank_could_read_is_refused(session: Any, field: str, value: str) -> None:
    good = {"holder": "坂里作坊", "bank": "农商银行", "account": "62303610000000"}
    with pytest.raises(InvalidInput) as refused:
        enter_payee(make_variant().product.workshop_id, **(good | {field: value}), by="运营")
    assert list(refused.value.fields) == [field]


def test_the_database_refuses_a_second_living_payout(session: Any) -> None:
    statement = approved()
    [row] = payouts.rows_of(payouts.make_payout_file([statement.id], "运营"))
    db.session.add(
        Payout(
            number="X",
            statement_id=statement.id,
            workshop_id=statement.workshop_id,
            payee_id=row.payee.id,
            file_id=row.payout.file_id,
            amount_fen=950,
        )
    )
    with pytest.raises(IntegrityError, match="uq_payouts_alive"):
        db.session.flush()


def test_sixty_four_who_approve_and_pay_at_once_pay_once(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        keys = [agreed().id for _ in range(3)]

    def act() -> str:
        try:
            with db.session.begin_nested():
                statements.each(keys, lambda statement: statements.approve(statement, "运营"))
        except TransitionRefused:
            pass
        return payouts.make_payout_file(keys, "运营").number

    outcomes = race(*[act] * 64)
    assert Counter(failures(outcomes)) == {"NothingToPay": 63}
    with app.app_context():
        paid = db.session.scalars(select(Payout.amount_fen)).all()
        assert list(paid) == [950] * 3
        assert balances()["payouts_in_transit"] == -3 * 950
        assert db.session.scalar(select(func.count()).select_from(JournalEntry).filter_by(kind="payout")) == 3


def test_paid_and_failed_at_the_same_moment_is_one_of_them(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        file = payouts.make_payout_file([approved().id], "运营")
        number = payouts.rows_of(file)[0].payout.number
    acts = [
        lambda: payouts.mark_paid(payouts.find_payout(number), "B9", "运营"),
        lambda: payouts.mark_failed(payouts.find_payout(number), "退回", "运营"),
    ]
    outcomes = race(*acts * 4)
    with app.app_context():
        status = payouts.find_payout(number).status
        assert "payouts_in_transit" not in balances()
        assert balances().get("bank", 0) == (-950 if status == "paid" else 0)
    assert failures(outcomes) == ["TransitionRefused"] * (4 if status == "paid" else 7)
