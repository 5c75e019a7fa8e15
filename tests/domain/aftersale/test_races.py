"""Two hands at once on one line or one case; and never more promised than was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.db import db
from core.errors import DomainError
from domain.aftersale.answering import approve, confirm_goods, refuse
from domain.aftersale.applying import Application, apply
from domain.aftersale.arbitrating import Decision, arbitrate, ask_as_buyer
from domain.aftersale.deadlines import pass_deadline
from domain.aftersale.models import AftersaleCase, CaseHistory, CaseKind, CaseStatus
from domain.aftersale.returning import send_goods, withdraw
from tests.factories.accounts import make_buyer
from tests.factories.aftersale import make_case
from tests.factories.products import make_variant
from tests.factories.reviews import make_received_order
from tests.fixtures.racing import Race, committed, failures

BY = "作坊主 #1"


def test_two_cases_for_one_line_at_once_become_one(app: Flask, race: Race) -> None:
    with committed(app):
        buyer, variant = make_buyer(), make_variant()
        order = make_received_order({variant: 2}, buyer)
        buyer_id, number, sku = buyer.id, order.number, variant.sku
    act: Callable[[], object] = lambda: apply(  # noqa: E731
        buyer_id, number, sku, Application(CaseKind.REFUND_ONLY, 1, "少了一瓶")
    )
    assert failures(race(*[act] * 5)) == ["CaseOpen"] * 4
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AftersaleCase)) == 1


def test_approved_while_withdrawn_is_one_of_both(app: Flask, race: Race) -> None:
    for _ in range(3):
        with committed(app):
            case = make_case(kind=CaseKind.REFUND_ONLY)
            ours, buyer_id, number, case_id = {case.workshop_id}, case.account_id, case.number, case.id
        outcomes = race(lambda: approve(ours, number, BY), lambda: withdraw(buyer_id, number))  # noqa: B023
        assert failures(outcomes) == ["TransitionRefused"]
        with app.app_context():
            ended = db.session.get_one(AftersaleCase, case_id)
            assert (ended.status, ended.approved_fen is None) in {("refunding", False), ("withdrawn", True)}


def test_the_timer_beside_a_person_acts_once(app: Flask, race: Race) -> None:
    with committed(app):
        case = make_case(kind=CaseKind.REFUND_ONLY)
        ours, number, case_id = {case.workshop_id}, case.number, case.id
        db.session.execute(update(AftersaleCase).values(due_at=now() - timedelta(minutes=1)))
    outcomes = race(
        lambda: pass_deadline(case_id), lambda: refuse(ours, number, BY, "瓶子是好的"), lambda: pass_deadline(case_id)
    )
    assert failures(outcomes) in ([], ["TransitionRefused"])
    with app.app_context():
        moves = list(
            db.session.scalars(select(CaseHistory.to_status).filter_by(case_id=case_id).order_by(CaseHistory.id))
        )
        assert moves in (["applied", "refused"], ["applied", "approved", "refunding"])


STEP = st.tuples(
    st.sampled_from(["apply", "withdraw", "approve", "refuse", "send", "confirm", "ask", "decide", "refunded"]),
    st.integers(1, 4),
    st.integers(1, 6000),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(price_fen=st.integers(1, 2000), quantity=st.integers(1, 3), steps=st.lists(STEP, max_size=25))
def test_what_is_promised_never_exceeds_what_was_paid(
    session: scoped_session[Session], price_fen: int, quantity: int, steps: list[tuple[str, int, int]]
) -> None:
    variant = make_variant(price_fen=price_fen)
    order = make_received_order({variant: quantity})
    line = order.lines[0]
    for step, pieces, amount_fen in steps:
        _try(lambda: _take(order, variant.sku, step, pieces, amount_fen))  # noqa: B023
        promised = select(func.coalesce(func.sum(AftersaleCase.approved_fen), 0)).where(
            AftersaleCase.order_line_id == line.id,
            AftersaleCase.status.not_in([CaseStatus.WITHDRAWN, CaseStatus.CLOSED]),
        )
        assert (session.scalar(promised) or 0) <= line.paid_fen


def _try(act: Callable[[], Any]) -> None:
    try:
        with db.session.begin_nested():
            act()
    except DomainError:
        pass


def _take(order: Any, sku: str, step: str, pieces: int, amount_fen: int) -> None:
    if step == "apply":
        apply(order.account_id, order.number, sku, Application(CaseKind.RETURN, pieces, "破了", amount_fen=amount_fen))
        return
    newest = select(AftersaleCase).filter_by(order_id=order.id).order_by(AftersaleCase.id.desc())
    case = db.session.scalars(newest).first()
    if case is None:
        return
    ours = {case.workshop_id}
    acts: dict[str, Callable[[], Any]] = {
        "withdraw": lambda: withdraw(case.account_id, case.number),
        "approve": lambda: approve(ours, case.number, BY),
        "refuse": lambda: refuse(ours, case.number, BY, "不"),
        "send": lambda: send_goods(case.account_id, case.number, "SF", "SF1234567890123"),
        "confirm": lambda: confirm_goods(ours, case.number, BY),
        "ask": lambda: ask_as_buyer(case.account_id, case.number, "请看"),
        "decide": lambda: arbitrate(case.number, Decision.REFUND, amount_fen, "运营 #1", "看过"),
        "refunded": lambda: _arrive(case),
    }
    acts[step]()


def _arrive(case: AftersaleCase) -> None:
    """The money is there, so that another case may be opened."""
    if case.status == CaseStatus.REFUNDING:
        case.status = CaseStatus.REFUNDED
        db.session.flush()
