"""Statements claim what is available, once, add up to the journal, and go their way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import now, today
from core.db import db
from core.errors import InvalidInput, NotFound
from core.states import TransitionRefused
from domain.aftersale.models import AftersaleCase, CaseKind, CaseStatus
from domain.orders.models import Order
from domain.settlement import statements
from domain.settlement.balances import owed_to
from domain.settlement.correcting import correct
from domain.settlement.drafting import NothingDue, draft_statement, draft_statements
from domain.settlement.models import Statement, StatementEntry, StatementStatus
from domain.settlement.posting import post_new
from tests.domain.settlement.test_posting import balances
from tests.factories.books import Sold, receive, refund, sell
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed

YESTERDAY = timedelta(days=1)


def draft(workshop_id: int) -> Statement:
    day = today()
    return draft_statement(workshop_id, day - timedelta(days=30), day - YESTERDAY, by="集群运营")


def again(workshop_id: int, back: int) -> Statement:
    """Another period's statement."""
    day = today()
    return draft_statement(workshop_id, day - timedelta(days=30 + back), day - YESTERDAY, by="集群运营")


def through(statement: Statement) -> Statement:
    """Sent, agreed, approved."""
    statements.send(statement, "集群运营")
    statements.agree(statement, "作坊主")
    statements.approve(statement, "集群运营")
    return statement


def test_numbers_of_many_workshops_are_their_own(session: Any) -> None:
    """Keys of more than three digits that begin alike."""
    for key in (98_760, 98_761):
        variant = make_variant(make_product(make_workshop(id=key)))
        receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    day = today()
    keys = draft_statements(day - timedelta(days=30), day - YESTERDAY, by="集群运营")
    numbers = [db.session.get_one(Statement, key).number for key in keys]
    assert [number.rsplit("-", 1)[1] for number in numbers] == ["98760", "98761"]


def test_only_what_was_received_and_is_past_the_days_to_complain_is_claimed(session: Any) -> None:
    variant = make_variant()
    mine = variant.product.workshop_id
    at = now() - timedelta(days=20)
    old, fresh = sell([Sold(variant, 2)], {mine: 800}, at=at), sell([Sold(variant)], at=at)
    receive(old, days_ago=5)
    receive(fresh, days_ago=2)
    sell([Sold(variant)], at=at)
    statement = draft(mine)
    assert (statement.goods_fen, statement.commission_fen, statement.freight_fen) == (2000, 100, 800)
    assert statement.due_fen == 2700
    with pytest.raises(NothingDue):
        again(mine, 1)


def test_the_figures_are_the_sums_of_the_claimed_entries(session: Any) -> None:
    variant = make_variant()
    mine = variant.product.workshop_id
    sale = sell([Sold(variant, 4, 700, own_fen=120, cluster_fen=80)], {mine: 500}, at=now() - timedelta(days=9))
    receive(sale, days_ago=8)
    refund(sale, {sale.line_ids[0]: 650}, {mine: 500}).succeeded_at = now() - timedelta(days=3)
    correct(mine, -30, "少装一袋", by="集群运营", request_key="k1")
    post_new()
    # The correction is of today, and waits for the next period.
    statement = draft(mine)
    held = balances(workshop_id=mine)
    due = -sum(fen for account, fen in held.items() if account.startswith("workshop_"))
    assert statement.due_fen == due + 30
    assert statement.refund_fen == 650 + 20 + 500
    assert statement.correction_fen == 0


def test_a_part_that_never_left_and_was_refunded_whole_is_closed_at_zero(session: Any) -> None:
    variant = make_variant()
    sale = sell([Sold(variant, 1, 999)], at=now() - timedelta(days=9))
    refund(sale, {sale.line_ids[0]: 999}).succeeded_at = now() - timedelta(days=5)
    statement = draft(variant.product.workshop_id)
    assert (statement.goods_fen, statement.refund_fen, statement.commission_fen, statement.due_fen) == (999, 999, 0, 0)
    assert through(statement).status == StatementStatus.CARRIED


def test_money_of_a_part_with_an_open_case_is_held_back_until_it_ends(session: Any) -> None:
    variant, other = make_variant(), make_variant()
    mine, theirs = variant.product.workshop_id, other.product.workshop_id
    sale = sell([Sold(variant), Sold(other)], at=now() - timedelta(days=20))
    receive(sale, days_ago=10)
    order = db.session.get_one(Order, sale.order_id)
    case = AftersaleCase(
        number="S1", order_id=order.id, order_line_id=sale.line_ids[0], workshop_id=mine, account_id=order.account_id,
        kind=CaseKind.RETURN, quantity=1, amount_fen=1000,
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    with pytest.raises(NothingDue):
        draft(mine)
    assert draft(theirs).goods_fen == 1000
    assert (owed_to(mine).pending_fen, owed_to(mine).available_fen) == (950, 0)
    case.status = CaseStatus.CLOSED
    db.session.flush()
    assert owed_to(mine).available_fen == 950
    assert draft(mine).goods_fen == 1000


def test_what_is_lacking_is_carried_into_the_next_statement_once(session: Any) -> None:
    variant = make_variant()
    mine = variant.product.workshop_id
    at = now() - timedelta(days=20)
    sale = sell([Sold(variant, 1, 1000, basis_points=0)], at=at)
    receive(sale, days_ago=15)
    through(draft(mine))
    refund(sale, {sale.line_ids[0]: 1000}).succeeded_at = now() - timedelta(days=2)
    lacking = through(again(mine, 1))
    assert (lacking.due_fen, lacking.status) == (-1000, StatementStatus.CARRIED)
    receive(sell([Sold(variant, 3, 1000, basis_points=0)], at=at), days_ago=9)
    following = again(mine, 2)
    assert (following.carried_fen, following.carried_from_id, following.due_fen) == (-1000, lacking.id, 2000)
    receive(sell([Sold(variant, 1, 500, basis_points=0)], at=at), days_ago=9)
    assert again(mine, 3).carried_fen == 0


def test_a_withdrawn_statement_gives_back_what_it_claimed(session: Any) -> None:
    variant = make_variant()
    mine = variant.product.workshop_id
    receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    first = draft(mine)
    statements.withdraw(first, "集群运营", "期间选错了")
    second = draft(mine)
    assert second.id != first.id
    assert second.due_fen == first.due_fen == 950
    assert db.session.scalar(select(func.count()).select_from(StatementEntry).filter_by(statement_id=first.id)) == 0


def test_a_dispute_needs_a_reason_and_an_answer(session: Any) -> None:
    variant = make_variant()
    receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    statement = draft(variant.product.workshop_id)
    with pytest.raises(TransitionRefused):
        statements.agree(statement, "作坊主")
    statements.send(statement, "集群运营")
    with pytest.raises(InvalidInput):
        statements.dispute(statement, "作坊主", "  ")
    statements.dispute(statement, "作坊主", "少了一单")
    with pytest.raises(TransitionRefused):
        statements.approve(statement, "集群运营")
    with pytest.raises(InvalidInput):
        statements.send(statement, "集群运营")
    statements.send(statement, "集群运营", "那一单还在收货后两天内")
    statements.agree(statement, "作坊主")
    assert [(row.from_status, row.to_status, row.reason) for row in statements.history_of(statement)][1:] == [
        ("draft", "sent", ""),
        ("sent", "disputed", "少了一单"),
        ("disputed", "sent", "那一单还在收货后两天内"),
        ("sent", "agreed", ""),
    ]


def test_a_draft_and_anothers_statement_are_not_found(session: Any) -> None:
    variant, other = make_variant(), make_variant().product.workshop_id
    mine = variant.product.workshop_id
    receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    statement = draft(mine)
    with pytest.raises(NotFound):
        statements.find_statement(statement.number, {mine})
    statements.send(statement, "集群运营")
    assert statements.find_statement(statement.number, {mine}) is statement
    with pytest.raises(NotFound):
        statements.find_statement(statement.number, {other})


def test_a_period_that_is_not_over_or_runs_backward_is_refused(session: Any) -> None:
    day = today()
    for period in ((day, day), (day - YESTERDAY, day - 2 * YESTERDAY)):
        with pytest.raises(InvalidInput):
            draft_statements(*period, by="集群运营")


def test_drafting_at_the_same_moment_claims_each_entry_once(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        workshops = []
        for _ in range(4):
            variant = make_variant()
            workshops.append(variant.product.workshop_id)
            for _ in range(3):
                receive(sell([Sold(variant)], at=now() - timedelta(days=20)))
    day = today()

    def one(back: int) -> Callable[[], int]:
        return lambda: len(draft_statements(day - timedelta(days=30 + back), day - YESTERDAY, by="集群运营"))

    outcomes = race(*[one(back % 2) for back in range(8)])
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sorted(outcomes) == [0] * 7 + [4]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StatementEntry)) == 12
        assert db.session.scalar(select(func.sum(Statement.due_fen))) == 12 * 950
