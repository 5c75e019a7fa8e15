"""A case's way through both sides' hands and the operator's."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput, NotFound
from core.states import TransitionRefused
from domain.aftersale.actions import allowed_actions
from domain.aftersale.answering import approve, confirm_goods, refuse
from domain.aftersale.arbitrating import Decision, arbitrate, ask_as_buyer, ask_as_owner
from domain.aftersale.models import AftersaleCase, CaseKind, Side
from domain.aftersale.reading import case_of, case_of_workshops, cases_to_arbitrate, count_to_answer, history_of
from domain.aftersale.refunding import AlreadyShipped
from domain.aftersale.returning import send_goods, withdraw
from domain.aftersale.talking import CaseEnded, say_as_buyer, say_as_owner
from domain.fulfillment.moves import lock_part, move_part
from domain.orders.models import WorkshopOrderStatus
from tests.factories.accounts import make_buyer
from tests.factories.aftersale import PICTURE, case_about, make_case, make_fresh_variant
from tests.factories.products import make_variant
from tests.factories.reviews import make_bought_order
from tests.factories.workshops import make_workshop

Session_ = scoped_session[Session]
BY = "作坊主 #1"
Number = "SF1234567890123"


def ours(case: AftersaleCase) -> set[int]:
    return {case.workshop_id}


def statuses(case: AftersaleCase) -> list[str]:
    return [row.to_status for row in history_of(case)]


def test_a_return_goes_from_hand_to_hand(session: Session_) -> None:
    case = make_case()
    assert allowed_actions(case, Side.OWNER) == ["approve", "refuse", "say"]
    approve(ours(case), case.number, BY)
    assert (case.status, case.approved_fen) == ("approved", case.amount_fen)
    send_goods(case.account_id, case.number, "SF", Number)
    assert case.return_number == Number
    confirm_goods(ours(case), case.number, BY)
    assert statuses(case) == ["applied", "approved", "goods_sent", "received", "refunding"]


def test_a_fresh_claim_is_paid_without_a_return(session: Session_) -> None:
    case = make_case(make_fresh_variant(), CaseKind.FRESH_CLAIM)
    approve(ours(case), case.number, BY)
    assert statuses(case) == ["applied", "approved", "refunding"]


def test_a_refusal_needs_a_reason_and_may_be_disputed_by_either_side(session: Session_) -> None:
    for ask in (
        lambda case: ask_as_buyer(case.account_id, case.number, "请看照片"),
        lambda case: ask_as_owner(ours(case), case.number, BY, "请运营看"),
    ):
        case = make_case()
        with pytest.raises(InvalidInput):
            refuse(ours(case), case.number, BY, "")
        assert case.status == "applied"
        refuse(ours(case), case.number, BY, "瓶子是好的", [PICTURE])
        ask(case)
        assert case in cases_to_arbitrate().items
        assert allowed_actions(case, Side.OPERATOR) == ["arbitrate", "say"]


def test_the_operator_gives_a_part_back_or_nothing_and_that_is_final(session: Session_) -> None:
    case, other = make_case(), make_case()
    for each in (case, other):
        refuse(ours(each), each.number, BY, "瓶子是好的")
        with pytest.raises(TransitionRefused):
            arbitrate(each.number, Decision.REFUND, None, "运营 #1", "照片清楚")
        ask_as_buyer(each.account_id, each.number, "请看照片")
    with pytest.raises(InvalidInput):
        arbitrate(case.number, Decision.REFUND, case.amount_fen + 1, "运营 #1", "照片清楚")
    arbitrate(case.number, Decision.REFUND, 500, "运营 #1", "照片清楚")
    arbitrate(other.number, Decision.REJECT, None, "运营 #1", "证据不足")
    assert (case.status, case.approved_fen) == ("refunding", 500)
    assert (other.status, other.approved_fen) == ("closed", None)
    with pytest.raises(TransitionRefused):
        arbitrate(other.number, Decision.REFUND, 500, "运营 #1", "改主意")


def test_goods_that_came_back_broken_may_be_refused(session: Session_) -> None:
    case = make_case()
    approve(ours(case), case.number, BY)
    send_goods(case.account_id, case.number, "SF", Number)
    refuse(ours(case), case.number, BY, "退回来是空瓶")
    assert (case.status, case.approved_fen) == ("refused", None)


def test_goods_that_left_meanwhile_are_not_refunded_as_unsent(session: Session_) -> None:
    variant = make_variant()
    order = make_bought_order({variant: 1})
    case = case_about(order, variant, CaseKind.BEFORE_SHIPPING)
    move_part(lock_part(order.workshop_orders[0].id), WorkshopOrderStatus.PACKED, "test")
    move_part(lock_part(order.workshop_orders[0].id), WorkshopOrderStatus.SHIPPED, "test")
    with pytest.raises(AlreadyShipped), session.begin_nested():
        approve(ours(case), case.number, BY)
    session.refresh(case)
    assert (case.status, case.approved_fen) == ("applied", None)


def test_anothers_case_is_not_found_by_buyer_nor_workshop(session: Session_) -> None:
    case = make_case()
    stranger, elsewhere = make_buyer().id, {make_workshop().id}
    for act in (
        lambda: case_of(stranger, case.number),
        lambda: withdraw(stranger, case.number),
        lambda: send_goods(stranger, case.number, "SF", Number),
        lambda: ask_as_buyer(stranger, case.number, "不公平"),
        lambda: say_as_buyer(stranger, case.number, "你好"),
        lambda: case_of_workshops(elsewhere, case.number),
        lambda: approve(elsewhere, case.number, BY),
        lambda: refuse(elsewhere, case.number, BY, "不"),
        lambda: confirm_goods(elsewhere, case.number, BY),
        lambda: say_as_owner(elsewhere, case.number, BY, "你好"),
    ):
        with pytest.raises(NotFound):
            act()
    assert statuses(case) == ["applied"]


def test_both_sides_talk_until_the_case_has_ended(session: Session_) -> None:
    case = make_case()
    say_as_buyer(case.account_id, case.number, "再补一张", [PICTURE])
    say_as_owner(ours(case), case.number, BY, "看到了")
    with pytest.raises(InvalidInput):
        say_as_buyer(case.account_id, case.number, "")
    withdraw(case.account_id, case.number)
    with pytest.raises(CaseEnded):
        say_as_owner(ours(case), case.number, BY, "还在吗")
    assert [(row.side, row.text) for row in history_of(case)][1:3] == [("buyer", "再补一张"), ("owner", "看到了")]
    assert (allowed_actions(case, Side.BUYER), count_to_answer(ours(case))) == ([], 0)
