"""WeChat's fees reach the journal once, as the day's newest bill says, and every entry is zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from core.clock import local, today
from core.db import db
from domain.payments.models import TradeBill, TradeBillRow
from domain.payments.reconciling import days
from domain.settlement.models import EntryKind, JournalEntry, JournalPosting
from domain.settlement.posting import Posted, post_new
from tests.domain.settlement.test_posting import balances
from tests.fixtures.racing import committed


def bill(day: date, *fees_fen: int, version: str = "a") -> int:
    """A day's bill with a row for each fee; less than 0 is a refund's. Its key."""
    made = TradeBill(bill_on=day, digest=f"{day}{version}", rows=len(fees_fen))
    db.session.add(made)
    db.session.flush()
    for line, fen in enumerate(fees_fen, 1):
        number = f"{day:%Y%m%d}-{line}"
        db.session.add(
            TradeBillRow(
                trade_bill_id=made.id, line=line, traded_at=f"{day} 12:00:00", is_refund=fen < 0,
                transaction_id=f"T{number}", out_trade_no=number, refund_id="", out_refund_no="", state="SUCCESS",
                amount_fen=abs(fen) * 100, fee_fen=fen, rate="1.00%",
            )
        )  # fmt: skip
    db.session.flush()
    return made.id


def entries() -> int:
    return db.session.scalar(select(func.count(JournalEntry.id)).filter_by(kind=EntryKind.FEE)) or 0


def test_each_days_fees_are_posted_once_on_their_day(session: Any) -> None:
    yesterday = today() - timedelta(days=1)
    first, second = bill(yesterday - timedelta(days=1), 82, 60), bill(yesterday, 82, -18)
    assert post_new() == Posted(0, 0, 0, fees=2)
    assert balances() == {"wechat": -206, "wechat_fees": 206}
    assert balances(source_type="trade_bill", source_id=second) == {"wechat": -64, "wechat_fees": 64}
    entry = db.session.scalars(select(JournalEntry).filter_by(source_id=first, kind=EntryKind.FEE)).one()
    assert local(entry.at).date() == yesterday - timedelta(days=1)
    sums = select(func.sum(JournalPosting.amount_fen)).group_by(JournalPosting.entry_id)
    assert set(db.session.scalars(sums)) == {0}
    assert sum(day.fee_fen for day in days()) == balances()["wechat_fees"]
    for _ in range(2):
        assert post_new().fees == 0
    assert entries() == 2


def test_a_corrected_bill_posts_only_what_it_changes(session: Any) -> None:
    bill(today(), 82, 60)
    post_new()
    bill(today(), 82, 67, 5, version="b")
    assert post_new().fees == 1
    assert balances()["wechat_fees"] == 154
    bill(today(), 82, version="c")
    assert post_new().fees == 1
    assert balances()["wechat_fees"] == 82, "rows that WeChat took out again are given back"
    bill(today(), 80, 2, version="d")
    assert post_new().fees == 0
    assert entries() == 3


def test_an_older_version_that_was_never_posted_is_passed_over(session: Any) -> None:
    bill(today(), 82, 60)
    bill(today(), 82, version="b")
    assert post_new().fees == 1
    assert post_new().fees == 0
    assert balances() == {"wechat": -82, "wechat_fees": 82}


def test_a_day_without_trade_makes_no_entry(session: Any) -> None:
    bill(today())
    assert post_new().fees == 0
    assert entries() == 0


def test_many_who_post_at_once_post_a_fee_once(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        for back in range(5):
            bill(today() - timedelta(days=back), 10, 20)
    assert sorted(out.fees for out in race(*[post_new] * 6)) == [0, 0, 0, 0, 0, 5]
    with app.app_context():
        assert balances() == {"wechat": -150, "wechat_fees": 150}
