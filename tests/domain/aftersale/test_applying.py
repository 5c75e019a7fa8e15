"""What may be asked for, when, by whom and for how much."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.errors import InvalidInput, NotFound
from core.settings import settings
from domain.aftersale.applying import AftersaleNotPossible, Application, CaseOpen, apply
from domain.aftersale.models import AftersaleCase, CaseKind
from domain.aftersale.reading import history_of
from domain.aftersale.returning import withdraw
from domain.aftersale.rights import rights_of
from tests.factories.accounts import make_buyer
from tests.factories.aftersale import PICTURE, case_about, make_fresh_variant
from tests.factories.products import make_variant
from tests.factories.reviews import make_bought_order, make_received_order, make_shipped_order

Session_ = scoped_session[Session]
K = CaseKind


def count(session: Session_) -> int:
    return session.scalar(select(func.count()).select_from(AftersaleCase)) or 0


def test_what_may_be_asked_for_follows_from_where_the_goods_are_and_what_they_are(session: Session_) -> None:
    fresh, wine = make_fresh_variant(), make_variant()
    expected = [
        (make_bought_order, [K.BEFORE_SHIPPING], [K.BEFORE_SHIPPING]),
        (make_shipped_order, [K.FRESH_CLAIM, K.REFUND_ONLY], [K.REFUND_ONLY]),
        (make_received_order, [K.FRESH_CLAIM], [K.RETURN, K.REFUND_ONLY]),
    ]
    for make, of_fresh, of_wine in expected:
        for variant, kinds in ((fresh, of_fresh), (wine, of_wine)):
            order = make({variant: 1})
            assert rights_of(order, order.lines[0]).kinds == kinds, make.__name__


def test_perishable_goods_are_never_returned(session: Session_) -> None:
    variant = make_fresh_variant()
    order = make_received_order({variant: 1})
    with pytest.raises(AftersaleNotPossible):
        case_about(order, variant, K.RETURN)
    assert count(session) == 0


@pytest.mark.parametrize(("is_fresh", "hours"), [(True, 48), (False, 7 * 24)])
def test_a_window_closes_after_receipt(session: Session_, is_fresh: bool, hours: int) -> None:
    variant = make_fresh_variant() if is_fresh else make_variant()
    kind = K.FRESH_CLAIM if is_fresh else K.RETURN
    order = make_received_order({variant: 1})
    with (
        time_machine.travel(now() + timedelta(hours=hours, minutes=1), tick=False),
        pytest.raises(AftersaleNotPossible),
    ):
        case_about(order, variant, kind)
    with time_machine.travel(now() + timedelta(hours=hours, minutes=-1), tick=False):
        assert case_about(order, variant, kind).status == "applied"


def test_one_open_case_a_line(session: Session_) -> None:
    variant = make_variant()
    order = make_received_order({variant: 2})
    case = case_about(order, variant)
    with pytest.raises(CaseOpen):
        case_about(order, variant)
    withdraw(order.account_id, case.number)
    assert case_about(order, variant).id != case.id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 4}, "quantity"),
        ({"amount_fen": 0}, "amount_fen"),
        ({"amount_fen": 2561, "quantity": 2}, "amount_fen"),
        ({"text": ""}, "text"),
        ({"text": "字" * 501}, "text"),
        ({"pictures": [PICTURE] * 7}, "pictures"),
    ],
)
def test_what_cannot_be_asked_names_its_field(session: Session_, wrong: dict[str, object], field: str) -> None:
    variant = make_variant(price_fen=1280)
    order = make_received_order({variant: 3})
    with pytest.raises(InvalidInput) as refused:
        case_about(order, variant, **wrong)  # type: ignore[arg-type]
    assert set(refused.value.fields) == {field}
    assert count(session) == 0


def test_a_fresh_claim_needs_a_photo(session: Session_) -> None:
    variant = make_fresh_variant()
    order = make_received_order({variant: 1})
    with pytest.raises(InvalidInput) as refused:
        case_about(order, variant, K.FRESH_CLAIM, pictures=[])
    assert set(refused.value.fields) == {"pictures"}


def test_anothers_order_is_not_found(session: Session_) -> None:
    variant = make_variant()
    order = make_received_order({variant: 1})
    with pytest.raises(NotFound):
        apply(make_buyer().id, order.number, variant.sku, Application(K.RETURN, 1, "破了"))
    assert count(session) == 0


def test_a_case_waits_for_its_answer_and_keeps_what_was_said(session: Session_) -> None:
    variant = make_variant(price_fen=1000)
    order = make_received_order({variant: 3})
    order.lines[0].discount_fen = 100
    session.flush()
    with time_machine.travel(now(), tick=False):
        case = case_about(order, variant, K.REFUND_ONLY, 2)
        assert case.due_at == now() + timedelta(hours=settings().aftersale_answer_hours)
    assert case.amount_fen == 2900 * 2 // 3
    [first] = history_of(case)
    assert (first.from_status, first.to_status, first.text, first.pictures) == (None, "applied", "破了", [PICTURE])
