"""Withdrawals: what the bank says, once each, and never more than lies at WeChat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core.clock import today
from core.db import db
from core.errors import InvalidInput
from domain.settlement.models import Withdrawal
from domain.settlement.withdrawing import WithdrawalKnown, at_wechat_fen, note_withdrawal
from tests.domain.settlement.test_posting import balances
from tests.factories.books import Sold, sell
from tests.factories.products import make_variant
from tests.fixtures.racing import committed, failures


def test_noted_twice_it_is_one(session: Any) -> None:
    sell([Sold(make_variant(), 3)])
    made = note_withdrawal(2000, today(), " ICBC-1 ", by="运营")
    assert note_withdrawal(2000, today(), "ICBC-1", by="运营").id == made.id
    assert (balances()["wechat"], balances()["bank"], at_wechat_fen()) == (1000, 2000, 1000)
    for fen, day in ((1999, today()), (2000, today() - timedelta(days=1))):
        with pytest.raises(WithdrawalKnown):
            note_withdrawal(fen, day, "ICBC-1", by="运营")


def test_what_cannot_be_is_refused(session: Any) -> None:
    sell([Sold(make_variant())])
    for fen, day, reference, field in (
        (1001, today(), "A1", "yuan"),
        (0, today(), "A1", "yuan"),
        (1, today() + timedelta(days=1), "A1", "arrived_on"),
        (1, today(), " ", "bank_reference"),
    ):
        with pytest.raises(InvalidInput) as refused:
            note_withdrawal(fen, day, reference, by="运营")
        assert list(refused.value.fields) == [field]
    assert db.session.query(Withdrawal).count() == 0


def test_two_who_withdraw_at_once_cannot_take_more_than_there_is(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        sell([Sold(make_variant(), 3)])

    def act(reference: str) -> Callable[[], int]:
        return lambda: note_withdrawal(2000, today(), reference, by="运营").amount_fen

    outcomes = race(act("A1"), act("A1"), act("B2"), act("B2"))
    assert sorted(failures(outcomes)) == ["InvalidInput"] * 2
    with app.app_context():
        assert balances()["bank"] == 2000
