"""What follows from silence, once, however often it is looked at."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from domain.aftersale.answering import approve, refuse
from domain.aftersale.deadlines import due_cases, pass_deadline
from domain.aftersale.models import AftersaleCase, CaseKind
from domain.aftersale.reading import history_of
from domain.aftersale.returning import send_goods
from domain.fulfillment.moves import lock_part, move_part
from domain.orders.models import WorkshopOrderStatus
from tests.factories.aftersale import case_about, make_case, make_fresh_variant
from tests.factories.products import make_variant
from tests.factories.reviews import make_bought_order

Session_ = scoped_session[Session]
BY = "作坊主 #1"


def silence(case: AftersaleCase) -> list[str]:
    """The case a minute before and twice after its time: its statuses."""
    assert case.due_at is not None
    for minutes in (-1, 1, 2):
        at = (case.due_at or now()) + timedelta(minutes=minutes)
        if case.due_at is None:
            break
        with time_machine.travel(at, tick=False):
            assert (case.id in due_cases()) == (minutes > 0)
            before = case.status
            pass_deadline(case.id)
            assert (case.status == before) == (minutes < 0)
        if minutes > 0:
            break
    pass_deadline(case.id)
    return [row.to_status for row in history_of(case)]


def test_an_unanswered_case_is_approved(session: Session_) -> None:
    assert silence(make_case()) == ["applied", "approved"]
    claim = make_case(make_fresh_variant(), CaseKind.FRESH_CLAIM)
    assert silence(claim) == ["applied", "approved", "refunding"]
    assert claim.approved_fen == claim.amount_fen


def test_goods_never_sent_back_close_the_case(session: Session_) -> None:
    case = make_case()
    approve({case.workshop_id}, case.number, BY)
    assert silence(case) == ["applied", "approved", "closed"]


def test_goods_never_confirmed_count_as_returned(session: Session_) -> None:
    case = make_case()
    approve({case.workshop_id}, case.number, BY)
    send_goods(case.account_id, case.number, "SF", "SF1234567890123")
    assert silence(case)[-2:] == ["received", "refunding"]


def test_a_refusal_nobody_disputes_closes_the_case(session: Session_) -> None:
    case = make_case()
    refuse({case.workshop_id}, case.number, BY, "瓶子是好的")
    assert silence(case) == ["applied", "refused", "closed"]


def test_a_case_before_shipping_is_closed_when_the_goods_left(session: Session_) -> None:
    variant = make_variant()
    order = make_bought_order({variant: 1})
    case = case_about(order, variant, CaseKind.BEFORE_SHIPPING)
    move_part(lock_part(order.workshop_orders[0].id), WorkshopOrderStatus.PACKED, "test")
    assert silence(case) == ["applied", "closed"]
    assert case.approved_fen is None
