"""Refunds at WeChat: one number refunds once, never more than came in, and no older word over a newer one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from core.clock import now
from core.db import db
from core.settings import settings
from domain.payments import refunding
from domain.payments.confirming import find_payment
from domain.payments.models import Payment, PaymentAlarm, PaymentStatus, Refund, RefundHistory, RefundStatus
from domain.payments.refunding import (
    RefundExceedsPayment,
    RefundNumberTaken,
    TooManyRefunds,
    ask_refund,
    hear_refund,
    look_after_refunds,
    send_refund,
)
from gateways import registry
from gateways.wechat_pay.contract import Refund as WechatRefund
from gateways.wechat_pay.contract import RefundState
from tests.factories.purchases import make_mini_buyer, make_received, pay_order, place
from tests.fixtures.racing import Race, committed, failures
from tests.fixtures.wechat import PretendWechat

_prefix = [""]
SENDING = "domain.payments.refunding.send_refund"


@pytest.fixture(autouse=True)
def fresh_numbers() -> None:
    """The pretend WeChat outlives a test and never forgets a number."""
    _prefix[0] = token_hex(6).upper()


def no(name: str) -> str:
    """A refund number of this test."""
    return _prefix[0] + name


@pytest.fixture
def paid(session: Any, pretend_wechat: PretendWechat) -> Payment:
    """A payment of ¥136 (and freight) that came in."""
    return _paid(pretend_wechat)


def _paid(wechat: PretendWechat) -> Payment:
    buyer = make_mini_buyer(wechat)
    return find_payment(pay_order(wechat, buyer, place(buyer, {make_received(5, price_fen=6800): 2})))


def refund_of(number: str) -> Refund:
    return db.session.scalars(select(Refund).filter_by(out_refund_no=number)).one()


def moves_of(number: str) -> list[str]:
    moves = select(RefundHistory.to_status).filter_by(refund_row_id=refund_of(number).id).order_by(RefundHistory.id)
    return list(db.session.scalars(moves))


def alarms() -> list[tuple[str, str]]:
    return [(row.kind, row.reference) for row in db.session.scalars(select(PaymentAlarm).order_by(PaymentAlarm.id))]


def word(payment: Payment, number: str, state: RefundState, **other: Any) -> WechatRefund:
    refund = refund_of(number)
    said = WechatRefund(
        refund_id="5030TEST", out_refund_no=number, out_trade_no=payment.out_trade_no,
        transaction_id=payment.transaction_id or "", state=state, created_at=now(),
        success_at=now() if state is RefundState.SUCCESS else None, total_fen=payment.amount_fen,
        refund_fen=refund.amount_fen,
    )  # fmt: skip
    return replace(said, **other)


def test_a_refund_is_asked_sent_and_arrives(paid: Payment) -> None:
    ask_refund(paid, no("REFUND1"), 680, "少了一件", by="operator")
    assert paid.refunded_fen == 680
    assert db.session.scalar(text("SELECT args->>'out_refund_no' FROM procrastinate_jobs WHERE task_name = :name"),
                             {"name": SENDING}) == no("REFUND1")  # fmt: skip
    send_refund.run(out_refund_no=no("REFUND1"))
    for _ in range(3):
        send_refund.run(out_refund_no=no("REFUND1"))
    refund = refund_of(no("REFUND1"))
    assert (refund.status, refund.look_at) == (RefundStatus.SUCCEEDED, None)
    assert refund.succeeded_at is not None
    assert moves_of(no("REFUND1")) in (["asked", "succeeded"], ["asked", "processing", "succeeded"])
    assert registry.wechat_pay().query_refund(no("REFUND1")).refund_fen == 680
    assert registry.wechat_pay().query_by_out_trade_no(paid.out_trade_no).trade_state == "REFUND"


def test_never_more_than_came_in(paid: Payment) -> None:
    ask_refund(paid, no("A1"), paid.amount_fen - 1, "", by="test")
    with pytest.raises(RefundExceedsPayment), db.session.begin_nested():
        ask_refund(paid, no("A2"), 2, "", by="test")
    for fen in (0, -5):
        with pytest.raises(RefundExceedsPayment), db.session.begin_nested():
            ask_refund(paid, no("A3"), fen, "", by="test")
    ask_refund(paid, no("A4"), 1, "", by="test")
    db.session.refresh(paid)
    assert paid.refunded_fen == paid.amount_fen
    assert db.session.scalar(select(func.count(Refund.id))) == 2


def test_a_number_refunds_once(paid: Payment) -> None:
    first = ask_refund(paid, no("A1"), 500, "", by="test")
    assert ask_refund(paid, no("A1"), 500, "", by="test").id == first.id
    with pytest.raises(RefundNumberTaken):
        ask_refund(paid, no("A1"), 501, "", by="test")
    assert paid.refunded_fen == 500


def test_an_unpaid_payment_has_nothing_to_give(session: Any) -> None:
    payment = Payment(out_trade_no="ORDER0001N", purpose="ORDER0001", channel="native", appid="wx", amount_fen=9)
    db.session.add(payment)
    db.session.flush()
    with pytest.raises(RefundExceedsPayment):
        ask_refund(payment, no("A1"), 1, "", by="test")


def test_fifty_refunds_and_no_more(paid: Payment) -> None:
    for n in range(50):
        ask_refund(paid, no(f"A{n}"), 1, "", by="test")
    with pytest.raises(TooManyRefunds):
        ask_refund(paid, no("A50"), 1, "", by="test")


def test_a_second_refund_waits_a_minute(paid: Payment) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    ask_refund(paid, no("A2"), 100, "", by="test")
    send_refund.run(out_refund_no=no("A1"))
    send_refund.run(out_refund_no=no("A2"))
    second = refund_of(no("A2"))
    assert (second.status, second.sent_at) == (RefundStatus.ASKED, None)
    assert second.look_at is not None
    assert second.look_at > now() + timedelta(seconds=50)


@pytest.mark.parametrize("fault", [{"system_error": True}, {"busy": True}, {"not_enough": True}])
def test_out_of_reach_or_not_covered_comes_again_under_its_number(
    paid: Payment, pretend_wechat: PretendWechat, fault: dict[str, Any]
) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    pretend_wechat.ask("faults", fault)
    for _ in range(3):
        send_refund.run(out_refund_no=no("A1"))
    refund = refund_of(no("A1"))
    assert (refund.status, refund.looks) == (RefundStatus.ASKED, 3)
    assert refund.look_at is not None
    assert refund.look_at > now() + timedelta(seconds=100), "the pauses grow"
    assert alarms() == ([("refund_refused", no("A1"))] if "not_enough" in fault else [])
    pretend_wechat.ask("faults", {"reset": True})
    send_refund.run(out_refund_no=no("A1"))
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.SUCCEEDED


def test_an_answer_that_was_lost_is_found_by_asking(
    paid: Payment, pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    pretend_wechat.ask("faults", {"slow_answer_seconds": 1.2})
    monkeypatch.setenv("WECHAT_TIMEOUT_SECONDS", "1.5")
    settings.cache_clear()
    registry.reset()
    client = registry.wechat_pay()
    send = client.refund

    def cut_off(wish: Any) -> WechatRefund:
        from gateways.wechat_pay.errors import WechatPayUnavailable

        send(wish)
        raise WechatPayUnavailable(reason="ReadTimeout")

    monkeypatch.setattr(client, "refund", cut_off)
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.ASKED
    pretend_wechat.ask("faults", {"reset": True})
    monkeypatch.setattr(client, "refund", lambda wish: pytest.fail("sent twice"))
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.SUCCEEDED


def test_a_job_killed_after_sending_finds_its_refund(paid: Payment) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    with db.session.begin_nested() as step:
        send_refund.run(out_refund_no=no("A1"))
        step.rollback()
    assert refund_of(no("A1")).refund_id is None
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.SUCCEEDED
    assert refund_of(no("A1")).accepted_at is not None


def test_what_takes_its_time_is_followed(paid: Payment, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.ask("faults", {"refund_seconds": 3600})
    ask_refund(paid, no("A1"), 100, "", by="test")
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.PROCESSING
    pretend_wechat.ask("clock", {"advance_seconds": 3700})
    _look_now(no("A1"))
    look_after_refunds.run()
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :n"), {"n": SENDING}) == 2
    send_refund.run(out_refund_no=no("A1"))
    assert moves_of(no("A1")) == ["asked", "processing", "succeeded"]
    _look_now(no("A1"))
    refund_of(no("A1")).look_at = None
    look_after_refunds.run()
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :n"), {"n": SENDING}) == 2


def test_a_closed_refund_gives_the_amount_back(paid: Payment, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.ask("faults", {"refund_closed": True})
    ask_refund(paid, no("A1"), 100, "", by="test")
    for _ in range(3):
        send_refund.run(out_refund_no=no("A1"))
    assert (refund_of(no("A1")).status, paid.refunded_fen) == (RefundStatus.CLOSED, 0)
    assert ("refund_closed", no("A1")) in alarms()


def test_an_abnormal_refund_is_told_and_can_go_another_way(paid: Payment, pretend_wechat: PretendWechat) -> None:
    pretend_wechat.ask("faults", {"refund_abnormal": True})
    ask_refund(paid, no("A1"), 100, "", by="test")
    send_refund.run(out_refund_no=no("A1"))
    send_refund.run(out_refund_no=no("A1"))
    refund = refund_of(no("A1"))
    assert (refund.status, paid.refunded_fen) == (RefundStatus.ABNORMAL, 100)
    assert ("refund_abnormal", no("A1")) in alarms()
    registry.wechat_pay().refund_abnormal_to_merchant(refund.refund_id or "", no("A1"))
    send_refund.run(out_refund_no=no("A1"))
    assert refund_of(no("A1")).status == RefundStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["SUCCESS", "PROCESSING", "SUCCESS", "ABNORMAL"], RefundStatus.SUCCEEDED),
        (["ABNORMAL", "ABNORMAL", "SUCCESS", "ABNORMAL"], RefundStatus.SUCCEEDED),
        (["CLOSED", "PROCESSING", "ABNORMAL", "CLOSED"], RefundStatus.CLOSED),
        (["PROCESSING", "PROCESSING", "ABNORMAL"], RefundStatus.ABNORMAL),
    ],
)
def test_an_older_word_never_wins(paid: Payment, words: list[str], status: RefundStatus) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    for said in words:
        hear_refund(word(paid, no("A1"), RefundState(said)), by="notice")
    assert refund_of(no("A1")).status == status
    assert paid.refunded_fen == (0 if status is RefundStatus.CLOSED else 100)


@pytest.mark.parametrize(
    "lie", [{"refund_fen": 99}, {"total_fen": 1}, {"out_trade_no": "ANOTHER001"}, {"transaction_id": "4200"}], ids=str
)
def test_a_word_about_another_sum_is_an_alarm_and_changes_nothing(paid: Payment, lie: dict[str, Any]) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    for _ in range(2):
        hear_refund(word(paid, no("A1"), RefundState.SUCCESS, **lie), by="notice")
    assert refund_of(no("A1")).status == RefundStatus.ASKED
    assert alarms() == [("refund_mismatch", no("A1"))]


def test_a_word_about_a_refund_of_nobody_is_an_alarm(paid: Payment) -> None:
    ask_refund(paid, no("A1"), 100, "", by="test")
    hear_refund(word(paid, no("A1"), RefundState.SUCCESS, out_refund_no=no("NOBODY")), by="notice")
    assert alarms() == [("refund_unknown", no("NOBODY"))]


def test_two_refunds_at_once_never_give_more_than_came_in(
    app: Flask, race: Race, pretend_wechat: PretendWechat
) -> None:
    with committed(app):
        payment = _paid(pretend_wechat)
        key, most = payment.id, payment.amount_fen

    def ask(number: str, fen: int) -> None:
        ask_refund(db.session.get_one(Payment, key), number, fen, "", by="test")

    outcomes = race(*[partial(ask, no(f"A{n}"), most // 3) for n in range(8)], *[partial(ask, no("SAME"), 1)] * 4)
    assert failures(outcomes).count("RefundExceedsPayment") == len(failures(outcomes)) >= 5
    with app.app_context():
        payment = db.session.get_one(Payment, key)
        total = db.session.scalar(select(func.sum(Refund.amount_fen)))
        assert payment.refunded_fen == total <= most


def test_one_word_fifty_times_at_once_has_one_effect(app: Flask, race: Race, pretend_wechat: PretendWechat) -> None:
    with committed(app):
        payment = _paid(pretend_wechat)
        ask_refund(payment, no("A1"), 100, "", by="test")
        closed = word(payment, no("A1"), RefundState.CLOSED)
        key = payment.id
    assert failures(race(*[partial(hear_refund, closed, by="notice")] * 50)) == []
    with app.app_context():
        assert db.session.get_one(Payment, key).refunded_fen == 0
        assert moves_of(no("A1")) == ["asked", "closed"]


def test_sending_at_once_sends_once(app: Flask, race: Race, pretend_wechat: PretendWechat) -> None:
    with committed(app):
        ask_refund(_paid(pretend_wechat), no("A1"), 100, "", by="test")
    assert failures(race(*[partial(send_refund.run, out_refund_no=no("A1"))] * 6)) == []
    with app.app_context():
        assert refund_of(no("A1")).status == RefundStatus.SUCCEEDED
        assert moves_of(no("A1")).count("succeeded") == 1


def test_a_surplus_payment_is_refunded_whole(paid: Payment) -> None:
    db.session.execute(update(Payment).where(Payment.id == paid.id).values(status=PaymentStatus.SURPLUS))
    db.session.refresh(paid)
    ask_refund(paid, no("A1"), paid.amount_fen, "", by="test")
    send_refund.run(out_refund_no=no("A1"))
    assert refunding.refunds_for(paid.purpose)[0][1].amount_fen == paid.amount_fen


def _look_now(number: str) -> None:
    db.session.execute(update(Refund).where(Refund.out_refund_no == number).values(look_at=now()))
