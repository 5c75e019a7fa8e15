"""Profit sharing with the pretend WeChat: shared once, whoever asks how often, within every limit, and unfrozen."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.clock import now, today
from core.db import db
from core.settings import settings
from core.states import TransitionRefused
from domain.aftersale.models import AftersaleCase, CaseKind, CaseStatus
from domain.payments import receivers, sharing
from domain.payments.models import Payment, PaymentChannel
from domain.payments.share_limits import ShareOverCap, ShareReceiverUnknown, ShareWindowOver
from domain.payments.share_models import (
    ProfitShare,
    ReceiverStatus,
    ShareHistory,
    ShareStatus,
)
from domain.settlement import balances
from domain.settlement.drafting import NothingDue, draft_statement
from domain.settlement.dues import dues_of
from domain.settlement.jobs import look_after_shares
from domain.settlement.models import Account
from domain.settlement.posting import post_new
from domain.settlement.sharing import NothingToShare, give_up, retry, step
from domain.settlement.statement_rows import rows_of_statement
from gateways import registry
from gateways.wechat_mini.contract import SentParcel, ShippingUpload
from tests.factories.purchases import make_received
from tests.factories.shares import (
    alarms,
    at_wechat,
    let_pass,
    make_merchant,
    make_sellers,
    order_of,
    pay_shared,
    receive_all,
    received,
    sell_shared,
    steps,
    the_cap,
)
from tests.fixtures.racing import Race, committed, failures
from tests.fixtures.wechat import PretendWechat


def test_a_received_payment_is_shared_within_the_cap_and_the_rest_unfrozen(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    dues = dues_of(order_of(payment).id)
    assert at_wechat(wechat, payment)["frozen_fen"] == payment.amount_fen
    assert steps(share) == ShareStatus.OVER
    had = received(share)
    assert sum(had.values()) == the_cap(payment)
    for workshop_id, fen in had.items():
        assert abs(fen - dues[workshop_id] * the_cap(payment) / sum(dues.values())) < 1
    seen = at_wechat(wechat, payment)
    assert seen["frozen_fen"] == 0
    assert [len(each["receivers"]) for each in seen["shares"]] == [2, 1], "one share, one unfreezing"
    moves = select(ShareHistory.to_status).filter_by(share_id=share.id, subject="share").order_by(ShareHistory.id)
    assert list(db.session.scalars(moves)) == ["waiting", "asked", "unfreezing", "over"]
    assert alarms() == []


def test_what_was_shared_is_a_line_of_the_statement_and_never_paid_again(sold: tuple[Payment, ProfitShare]) -> None:
    payment, share = sold
    dues = dues_of(order_of(payment).id)
    day = today()
    period = (day - timedelta(days=30), day - timedelta(days=1))
    with pytest.raises(NothingDue):
        draft_statement(min(dues), *period, by="test")
    steps(share)
    db.session.query(sharing.ShareReceiver).update({"settled_at": now() - timedelta(days=2)})
    post_new()
    assert balances.ledger_owed() == {key: fen - received(share)[key] for key, fen in dues.items()}
    for workshop_id, due_fen in dues.items():
        statement = draft_statement(workshop_id, *period, by="test")
        assert (statement.shared_fen, statement.due_fen) == (
            received(share)[workshop_id], due_fen - received(share)[workshop_id],
        )  # fmt: skip
        rows = rows_of_statement(statement)
        assert [row.shared_fen for row in rows if row.is_share] == [statement.shared_fen]
        assert sum(row.due_fen for row in rows) == statement.due_fen
    post_new()
    assert {row.account: row.balance_fen for row in balances.trial_balance()}[Account.WECHAT] == (
        payment.amount_fen - sum(received(share).values())
    )


def test_posting_twice_posts_a_share_once(sold: tuple[Payment, ProfitShare]) -> None:
    steps(sold[1])
    assert post_new().shared == 2
    assert post_new().shared == 0


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_killed_after_any_step_it_goes_on(sold: tuple[Payment, ProfitShare], wechat: PretendWechat, after: int) -> None:
    """What the step wrote is lost, what it told WeChat is not."""
    payment, share = sold
    for number in range(1, 8):
        share.look_at = share.look_at and now()
        if number == after:
            with db.session.begin_nested() as lost:
                step(share.id)
                lost.rollback()
            db.session.refresh(share)
        step(share.id)
    assert share.status == ShareStatus.OVER
    assert len(at_wechat(wechat, payment)["shares"]) == 2
    assert sum(received(share).values()) == the_cap(payment)


def test_an_answer_that_is_lost_changes_nothing(sold: tuple[Payment, ProfitShare], wechat: PretendWechat) -> None:
    payment, share = sold
    step(share.id)
    wechat.ask("faults", {"system_error": True})
    assert steps(share, 2) == ShareStatus.ASKED
    wechat.ask("faults", {"reset": True})
    assert steps(share) == ShareStatus.OVER
    assert len(at_wechat(wechat, payment)["shares"]) == 2


def test_a_slow_share_is_waited_for(sold: tuple[Payment, ProfitShare], wechat: PretendWechat) -> None:
    payment, share = sold
    wechat.ask("faults", {"share_seconds": 3600})
    assert steps(share, 3) == ShareStatus.ASKED
    assert [each.status for each in sharing.requests_of(share)] == ["processing"]
    assert received(share) == {}
    wechat.ask("clock", {"advance_seconds": 12 * 86400 + 3700})
    wechat.ask("faults", {"reset": True})
    assert steps(share) == ShareStatus.OVER
    assert sum(received(share).values()) == the_cap(payment)


def test_it_waits_for_receipt_for_complaints_and_for_whom_to_pay(
    session: Any, wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    [wine] = make_sellers(8000)
    payment, share = sell_shared(wechat, {wine: 1}, is_received=False)
    assert steps(share) == ShareStatus.WAITING
    receive_all(payment, days_ago=1)
    assert steps(share) == ShareStatus.WAITING, "two days to complain"
    monkeypatch.setenv("SETTLEMENT_HOLD_DAYS", "0")
    settings.cache_clear()
    order = order_of(payment)
    case = AftersaleCase(
        number=f"A{order.number}", order_id=order.id, order_line_id=order.lines[0].id, account_id=order.account_id,
        workshop_id=order.lines[0].workshop_id, kind=CaseKind.FRESH_CLAIM, status=CaseStatus.APPLIED, quantity=1,
        amount_fen=100,
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    assert steps(share) == ShareStatus.WAITING, "a case is open"
    case.status = CaseStatus.CLOSED
    db.session.flush()
    make_merchant(wine.product.workshop_id, is_added=False)
    assert steps(share) == ShareStatus.WAITING, "the new receiver isn't known at WeChat yet"
    look_after_shares.run()
    for account in db.session.scalars(select(sharing.ShareAccount).filter_by(status="asked")):
        receivers.tell_wechat(account.id)
    assert steps(share) == ShareStatus.OVER
    assert received(share)


def test_a_payment_of_the_mini_program_waits_until_wechat_knows_of_the_receipt(
    session: Any, wechat: PretendWechat
) -> None:
    [wine] = make_sellers(8000)
    payment = pay_shared(wechat, {wine: 1}, PaymentChannel.MINI)
    parcels = (SentParcel("YTO", "YT1", "红酒", "138****8000"),)
    upload = ShippingUpload(
        payment.out_trade_no, registry.wechat_pay().mchid, payment.openid or "", False, True, parcels, now()
    )
    registry.wechat_mini().upload_shipping(upload)
    let_pass(wechat, payment, 5)
    receive_all(payment)
    sharing.open_shares()
    share = sharing.share_of(payment)
    assert share is not None
    assert steps(share) == ShareStatus.WAITING
    wechat.ask("shipping/confirm", {"out_trade_no": payment.out_trade_no})
    assert steps(share) == ShareStatus.OVER
    assert sum(received(share).values()) == the_cap(payment)
    assert alarms() == []


def test_nobody_to_share_with_the_money_is_unfrozen(session: Any, wechat: PretendWechat) -> None:
    payment, share = sell_shared(wechat, {make_received(3, price_fen=8000): 1})
    assert steps(share) == ShareStatus.OVER
    assert received(share) == {}
    assert at_wechat(wechat, payment)["frozen_fen"] == 0


def test_a_receiver_that_closes_is_an_alarm_and_may_be_tried_again(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    wechat.ask("faults", {"share_closed": True})
    assert steps(share) == ShareStatus.STUCK
    assert alarms() == ["share_closed"]
    first = received(share)
    assert len(first) == 1
    wechat.ask("faults", {"reset": True})
    retry(share.id, by="operator")
    assert steps(share) == ShareStatus.OVER
    assert sum(received(share).values()) == the_cap(payment)
    numbers = [each.out_order_no for each in sharing.requests_of(share)]
    assert numbers == [f"{payment.out_trade_no}P1", f"{payment.out_trade_no}P2"]
    with pytest.raises(TransitionRefused), db.session.begin_nested():
        give_up(share.id, by="operator")
    with pytest.raises(TransitionRefused), db.session.begin_nested():
        retry(share.id, by="operator")


def test_people_decide_about_what_is_stuck_and_nothing_else(sold: tuple[Payment, ProfitShare]) -> None:
    for act in (retry, give_up):
        with pytest.raises(TransitionRefused), db.session.begin_nested():
            act(sold[1].id, by="operator")
    assert sold[1].status == ShareStatus.WAITING


def test_with_the_cap_used_up_there_is_nothing_to_try_again(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat.ask("faults", {"share_closed": True})
    assert steps(sold[1]) == ShareStatus.STUCK
    monkeypatch.setenv("PROFIT_SHARING_CAP_BASIS_POINTS", "100")
    settings.cache_clear()
    with pytest.raises(NothingToShare), db.session.begin_nested():
        retry(sold[1].id, by="operator")


def test_what_stays_stuck_is_unfrozen_by_people_or_a_day_before_the_end(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    wechat.ask("faults", {"share_closed": True})
    steps(share)
    wechat.ask("faults", {"reset": True})
    let_pass(wechat, payment, 29.1)
    assert steps(share) == ShareStatus.OVER
    assert at_wechat(wechat, payment)["frozen_fen"] == 0


def test_a_refused_request_is_an_alarm_and_nothing_was_shared(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    step(share.id)
    wechat.ask("clock", {"advance_seconds": 0})
    assert steps(share, 1) == ShareStatus.STUCK
    assert alarms() == ["share_refused"]
    assert {each.status for each in sharing.receivers_of(share)} == {ReceiverStatus.CLOSED}
    wechat.ask("clock", {"advance_seconds": 12 * 86400})
    retry(share.id, by="operator")
    assert steps(share) == ShareStatus.OVER
    assert sum(received(share).values()) == the_cap(payment)


def test_late_is_an_alarm_and_thirty_days_end_it(session: Any, wechat: PretendWechat) -> None:
    [wine] = make_sellers(8000)
    payment, share = sell_shared(wechat, {wine: 1}, days=24, is_received=False)
    assert (steps(share), alarms()) == (ShareStatus.WAITING, [])
    let_pass(wechat, payment, 25.1)
    steps(share)
    assert alarms() == ["share_late"]
    let_pass(wechat, payment, 30.1)
    assert steps(share) == ShareStatus.LAPSED
    assert share.look_at is None
    receive_all(payment)
    assert draft_statement(wine.product.workshop_id, today() - timedelta(days=60), today() - timedelta(days=1), by="t")


def test_an_unfreezing_that_is_refused_is_an_alarm_and_tried_again(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    wechat.ask("faults", {"unfreeze_refused": True})
    assert steps(share) == ShareStatus.UNFREEZING
    assert alarms() == ["share_not_unfrozen"]
    assert at_wechat(wechat, payment)["frozen_fen"] > 0
    wechat.ask("faults", {"reset": True})
    assert steps(share) == ShareStatus.OVER


def test_the_limits_are_errors_of_ours_before_wechat_sees_anything(sold: tuple[Payment, ProfitShare]) -> None:
    payment, share = sold
    [first, second] = sorted(dues_of(order_of(payment).id))
    known = {row.workshop_id: row.mchid for row in db.session.query(sharing.ShareAccount)}
    over = sharing.Part(first, known[first], the_cap(payment) + 1)
    with pytest.raises(ShareOverCap), db.session.begin_nested():
        sharing.ask_share(payment, share, [over], by="test")
    with pytest.raises(ShareReceiverUnknown), db.session.begin_nested():
        sharing.ask_share(payment, share, [sharing.Part(second, "1999999999", 1)], by="test")
    payment.paid_at = now() - timedelta(days=30)
    with pytest.raises(ShareWindowOver), db.session.begin_nested():
        sharing.ask_share(payment, share, [sharing.Part(first, known[first], 1)], by="test")
    assert sharing.requests_of(share) == []


def test_two_workers_share_a_payment_once(app: Flask, wechat: PretendWechat, race: Race) -> None:
    with committed(app):
        payment, share = sell_shared(wechat, dict.fromkeys(make_sellers(8000, 4000), 1))
        share_id, payment_id = share.id, payment.id
    for _ in range(4):
        outcomes = race(*[partial(_step_now, share_id) for _ in range(3)])
        assert failures(outcomes) == []
    with committed(app):
        payment, share = db.session.get_one(Payment, payment_id), db.session.get_one(ProfitShare, share_id)
        assert share.status == ShareStatus.OVER
        assert [each.out_order_no for each in sharing.requests_of(share)] == [f"{payment.out_trade_no}P1"]
        assert sum(received(share).values()) == the_cap(payment)
        assert len(at_wechat(wechat, payment)["shares"]) == 2


def test_two_workers_open_a_share_once(app: Flask, wechat: PretendWechat, race: Race) -> None:
    with committed(app):
        payment = pay_shared(wechat, {make_received(3): 1}, PaymentChannel.NATIVE)
        payment_id = payment.id
    outcomes = race(*[sharing.open_shares for _ in range(4)])
    assert sorted(outcomes) == [0, 0, 0, 1]
    with committed(app):
        assert db.session.query(ProfitShare).filter_by(payment_id=payment_id).count() == 1


def _step_now(share_id: int) -> None:
    db.session.query(ProfitShare).filter(ProfitShare.id == share_id, ProfitShare.look_at.is_not(None)).update(
        {"look_at": now()}
    )
    step(share_id)
