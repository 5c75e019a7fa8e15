"""Every fen of WeChat's bill is matched or is a difference with a name, and comparing again adds nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from core.clock import now, today
from core.db import db
from core.errors import InvalidInput, NotFound
from domain.payments import reconciling
from domain.payments.confirming import find_payment
from domain.payments.jobs import reconcile_day, reconcile_yesterday, refresh_certificates
from domain.payments.models import (
    BillDifference,
    BillDifferenceNote,
    Payment,
    PaymentAlarm,
    PaymentStatus,
    Refund,
    RefundStatus,
    TradeBill,
    TradeBillRow,
)
from domain.payments.reconciling import DifferenceKind, compare, days, differences, explain, fee_of, reconcile
from domain.payments.refunding import ask_refund, send_refund
from domain.settlement.models import JournalPosting
from domain.settlement.posting import post_new
from gateways.wechat_pay.errors import BillNotReady
from tests.factories.purchases import make_mini_buyer, make_received, pay_order, place
from tests.fixtures.wechat import PretendWechat

TWO_DAYS = 2 * 86400
FEE_FEN = 82  # 0.6 % of ¥136, rounded


@pytest.fixture
def wechat(session: Any, pretend_wechat: PretendWechat) -> PretendWechat:
    """A pretend WeChat whose ledger is empty."""
    pretend_wechat.ask("forget", {})
    return pretend_wechat


@pytest.fixture
def traded(wechat: PretendWechat) -> list[str]:
    """Three payments of ¥136, ¥30 of the first refunded; two days have passed at WeChat. Their numbers."""
    buyer = make_mini_buyer(wechat)
    variant = make_received(9, price_fen=6800)
    numbers = [pay_order(wechat, buyer, place(buyer, {variant: 2})) for _ in range(3)]
    ask_refund(find_payment(numbers[0]), f"{numbers[0]}X", 3000, "", by="test")
    send_refund.run(out_refund_no=f"{numbers[0]}X")
    send_refund.run(out_refund_no=f"{numbers[0]}X")
    wechat.ask("clock", {"advance_seconds": TWO_DAYS})
    return numbers


def found(day: date | None = None) -> list[tuple[str, int, int]]:
    return [(each.kind.value, each.ours_fen, each.bill_fen) for each in differences(day or today())]


def test_a_day_without_differences(traded: list[str]) -> None:
    reconcile(today())
    [day] = days()
    assert (day.rows, day.matched, day.differences, day.unexplained_fen) == (4, 4, 0, 0)
    assert day.fee_fen == 3 * FEE_FEN - 18
    assert differences(today()) == []
    assert (fee_of(traded[0]), fee_of(traded[1]), fee_of("NOBODY")) == (FEE_FEN - 18, FEE_FEN, None)


def test_again_adds_nothing(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("faults", {"bill_wrong_amount": True})
    for _ in range(3):
        reconcile(today())
    counts = [db.session.scalar(select(func.count(row.id))) for row in (TradeBill, TradeBillRow, BillDifference)]
    assert counts == [1, 4, 1]


def test_a_version_that_comes_back_counts_again(traded: list[str], wechat: PretendWechat) -> None:
    reconcile(today())
    wechat.ask("faults", {"bill_wrong_amount": True})
    reconcile(today())
    assert days()[0].unexplained == 1
    wechat.ask("faults", {"reset": True})
    for _ in range(2):
        reconcile(today())
    [day] = days()
    assert (day.rows, day.unexplained, day.unexplained_fen) == (4, 0, 0), "the latest is the first version's twin"
    assert db.session.scalar(select(func.count(TradeBill.id))) == 3
    assert post_new().fees == 1
    assert (
        db.session.scalar(select(func.sum(JournalPosting.amount_fen)).filter_by(account="wechat_fees")) == day.fee_fen
    )


@pytest.mark.parametrize(
    ("fault", "difference"),
    [
        ("bill_missing_row", ("payment_missing", 13600, 0)),
        ("bill_extra_row", ("payment_unknown", 0, 13600)),
        ("bill_wrong_amount", ("payment_amount", 13600, 13601)),
        ("bill_missing_refund", ("refund_missing", 3000, 0)),
        ("bill_wrong_fee", ("fee", FEE_FEN, FEE_FEN + 7)),
    ],
)
def test_each_difference_has_a_name_until_it_is_explained(
    traded: list[str], wechat: PretendWechat, fault: str, difference: tuple[str, int, int]
) -> None:
    wechat.ask("faults", {fault: True})
    reconcile(today())
    assert found() == [difference]
    [day] = days()
    assert (day.unexplained, day.unexplained_fen) == (1, abs(difference[2] - difference[1]))
    [one] = differences(today())
    assert one.off_fen == difference[2] - difference[1]
    with pytest.raises(InvalidInput):
        explain(one.id, "  ", "operator")
    explain(one.id, "已向微信支付核实", "operator")
    [day] = days()
    assert (day.differences, day.unexplained, day.unexplained_fen) == (1, 0, 0)
    assert [note.reason for note in differences(today())[0].notes] == ["已向微信支付核实"]
    with pytest.raises(NotFound):
        explain(987654, "x", "operator")


def test_a_corrected_bill_settles_the_difference_by_itself(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("faults", {"bill_missing_row": True, "bill_missing_refund": True})
    reconcile(today())
    assert len(found()) == 2
    wechat.ask("faults", {"reset": True})
    reconcile(today())
    [day] = days()
    assert (day.matched, day.unexplained) == (4, 0)
    assert {note.reason for each in differences(today()) for note in each.notes} == {reconciling.MATCHED_LATER}
    assert db.session.scalar(select(func.count(TradeBill.id))) == 2


def test_money_that_we_do_not_count_is_asked_about_again(traded: list[str]) -> None:
    lost = update(Payment).where(Payment.out_trade_no == traded[1])
    db.session.execute(lost.values(status=PaymentStatus.OPEN, transaction_id=None, paid_at=None, ask_at=None))
    reconcile(today())
    assert found() == [("payment_unconfirmed", 0, 13600)]
    payment = find_payment(traded[1])
    db.session.refresh(payment)
    assert payment.ask_at is not None
    assert payment.ask_at <= now()


def test_a_refund_that_we_think_closed(traded: list[str]) -> None:
    db.session.execute(update(Refund).values(status=RefundStatus.CLOSED))
    reconcile(today())
    assert found() == [("refund_unconfirmed", 0, 3000)]


def test_a_refund_that_wechat_closed_is_no_difference(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("clock", {"advance_seconds": 0})
    wechat.ask("faults", {"refund_closed": True})
    ask_refund(find_payment(traded[1]), f"{traded[1]}X", 100, "", by="test")
    for _ in range(2):
        send_refund.run(out_refund_no=f"{traded[1]}X")
    wechat.ask("clock", {"advance_seconds": TWO_DAYS})
    reconcile(today())
    assert found() == []


@pytest.mark.parametrize("fault", ["bill_wrong_summary", "bill_cut_off"])
def test_an_unreadable_bill_is_an_alarm_and_nothing_is_kept(
    traded: list[str], wechat: PretendWechat, fault: str
) -> None:
    wechat.ask("faults", {fault: True})
    for _ in range(2):
        reconcile(today())
    assert days() == []
    [alarm] = db.session.scalars(select(PaymentAlarm))
    assert (alarm.kind, alarm.reference) == ("bill_unreadable", today().isoformat())


def test_the_hash_may_be_of_the_packed_file(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("faults", {"bill_packed_hash": True})
    reconcile(today())
    assert days()[0].matched == 4


def test_a_day_without_trade_misses_what_we_have(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("forget", {})
    reconcile(today())
    assert sorted(kind for kind, _, _ in found()) == ["payment_missing"] * 3 + ["refund_missing"]
    reconcile(today() - timedelta(days=1))
    assert found(today() - timedelta(days=1)) == []


def test_too_early_the_job_comes_again(traded: list[str], wechat: PretendWechat) -> None:
    wechat.ask("clock", {"advance_seconds": 0})
    with pytest.raises(BillNotReady):
        reconcile(today())
    assert days() == []


def test_the_job_takes_yesterday_and_looks_again_at_open_days(
    traded: list[str], wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat.ask("faults", {"bill_missing_row": True})
    reconcile(today())
    [missing] = differences(today())
    tomorrow_but_one = today() + timedelta(days=2)
    monkeypatch.setattr(reconciling, "today", lambda: tomorrow_but_one)
    wechat.ask("faults", {"reset": True})
    wechat.ask("clock", {"advance_seconds": 3 * 86400})
    db.session.execute(update(Payment).where(Payment.out_trade_no == missing.reference).values(paid_at=None))
    for _ in range(2):
        reconcile_yesterday.run()
    assert [day.bill_on for day in days()] == [tomorrow_but_one - timedelta(days=1), today()]
    assert days()[1].unexplained == 0


@pytest.mark.parametrize("row", [TradeBill, TradeBillRow, BillDifference, BillDifferenceNote])
def test_what_was_found_is_not_rewritten(traded: list[str], wechat: PretendWechat, row: Any) -> None:
    from sqlalchemy.exc import IntegrityError

    wechat.ask("faults", {"bill_wrong_amount": True})
    reconcile(today())
    explain(differences(today())[0].id, "x", "operator")
    for change in ("UPDATE {} SET id = id", "DELETE FROM {}"):
        with pytest.raises(IntegrityError, match="append-only"), db.session.begin_nested():
            db.session.execute(text(change.format(row.__tablename__)))


def test_the_job_of_one_day_may_run_again(traded: list[str]) -> None:
    for _ in range(2):
        reconcile_day.run(day=today().isoformat())
    [day] = days()
    assert (day.rows, day.matched, day.unexplained) == (4, 4, 0)


def test_comparing_a_day_without_a_bill(session: Any) -> None:
    with pytest.raises(NotFound):
        compare(today())
    assert {kind.value for kind in DifferenceKind} >= {"payment_unknown", "refund_amount", "fee"}


def test_certificates_are_refreshed_where_there_are_some(wechat: PretendWechat) -> None:
    refresh_certificates.run()
    wechat.ask("faults", {"key_only": True})
    refresh_certificates.run()
