"""Refunds of payments that are shared: from the frozen money, or after the workshops gave back what they have too much."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.db import db
from domain.orders.models import OrderLine
from domain.orders.refunding import refund_lines
from domain.payments import returning, sharing
from domain.payments.models import Payment, PaymentChannel, Refund, RefundStatus
from domain.payments.refunding import send_refund
from domain.payments.share_models import (
    ProfitShare,
    ReturnStatus,
    ShareReturn,
    ShareStatus,
)
from domain.settlement import balances
from domain.settlement.dues import dues_of
from domain.settlement.models import JournalEntry
from domain.settlement.posting import post_new
from domain.settlement.sharing import plan_returns
from tests.factories.purchases import make_received
from tests.factories.shares import (
    alarms,
    at_wechat,
    order_of,
    pay_shared,
    received,
    steps,
)
from tests.fixtures.wechat import PretendWechat


def go_back(payment: Payment, line: OrderLine, fen: int) -> Refund:
    """Money of a line is asked back."""
    asked = refund_lines(order_of(payment), {line.id: fen}, {}, "坏了", "operator")
    return db.session.scalars(select(Refund).filter_by(out_refund_no=asked.out_refund_no)).one()


def test_a_refund_before_sharing_comes_from_the_frozen_money(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    line = order_of(payment).lines[0]
    refund = go_back(payment, line, 1000)
    assert steps(share, 1) == ShareStatus.WAITING, "nothing is shared while money is on its way back"
    send_refund.run(out_refund_no=refund.out_refund_no)
    send_refund.run(out_refund_no=refund.out_refund_no)
    assert (refund.status, refund.returns_planned_at) == (RefundStatus.SUCCEEDED, None)
    assert at_wechat(wechat, payment)["frozen_fen"] == payment.amount_fen - 1000
    assert steps(share) == ShareStatus.OVER
    cap = (payment.amount_fen - 1000 - sharing.fee_fen(payment)) * 3000 // 10_000
    assert sum(received(share).values()) == cap


def test_all_goes_back_before_sharing_and_nothing_stays_frozen(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    order = order_of(payment)
    freights = {freight.workshop_id: freight.freight_fen for freight in order.freights}
    refund_lines(order, {line.id: line.refundable_fen for line in order.lines}, freights, "坏了", "operator")
    [refund] = db.session.scalars(select(Refund).filter_by(payment_id=payment.id))
    for _ in range(2):
        send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.SUCCEEDED
    assert steps(share) == ShareStatus.OVER
    assert (received(share), at_wechat(wechat, payment)["frozen_fen"]) == ({}, 0)


def returned(payment: Payment, share: ProfitShare, refund: Refund) -> list[ShareReturn]:
    """The refund's returns are decided and sent."""
    send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.ASKED, "not before the shared money is back"
    plan_returns()
    made = returning.returns_of(share)
    for row in made:
        returning.send_return(row.id)
        returning.send_return(row.id)
    return made


def test_a_refund_after_sharing_fetches_back_what_the_workshop_has_too_much(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    steps(share)
    line = order_of(payment).lines[0]
    had = received(share)[line.workshop_id]
    refund = go_back(payment, line, line.refundable_fen)
    left = max(0, dues_of(order_of(payment).id)[line.workshop_id])
    [row] = returned(payment, share, refund)
    assert (row.amount_fen, row.status) == (had - left, ReturnStatus.SUCCEEDED)
    assert received(share)[line.workshop_id] == left
    assert [each["amount"] for each in at_wechat(wechat, payment)["returns"]] == [had - left]
    for _ in range(2):
        send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.SUCCEEDED
    post_new()
    assert balances.ledger_owed()[line.workshop_id] == 0
    assert db.session.scalar(select(func.count(JournalEntry.id)).filter_by(kind="share_return")) == 1
    plan_returns()
    assert len(returning.returns_of(share)) == 1, "decided once"


def test_a_small_refund_leaves_the_share_alone(sold: tuple[Payment, ProfitShare]) -> None:
    payment, share = sold
    steps(share)
    refund = go_back(payment, order_of(payment).lines[0], 100)
    assert returned(payment, share, refund) == []
    for _ in range(2):
        send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.SUCCEEDED


def test_a_return_that_fails_is_an_alarm_and_the_buyer_is_paid_all_the_same(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    steps(share)
    line = order_of(payment).lines[0]
    had = received(share)[line.workshop_id]
    refund = go_back(payment, line, line.refundable_fen)
    wechat.ask("faults", {"share_return_failed": True})
    [row] = returned(payment, share, refund)
    assert (row.status, row.fail_reason) == (ReturnStatus.FAILED, "BALANCE_NOT_ENOUGH")
    assert alarms() == ["share_return_failed"]
    assert received(share)[line.workshop_id] == had
    for _ in range(2):
        send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.SUCCEEDED
    post_new()
    assert balances.ledger_owed()[line.workshop_id] == dues_of(order_of(payment).id)[line.workshop_id] - had < 0


def test_a_refund_wants_the_frozen_rest_of_a_stuck_share(
    sold: tuple[Payment, ProfitShare], wechat: PretendWechat
) -> None:
    payment, share = sold
    wechat.ask("faults", {"share_closed": True})
    assert steps(share) == ShareStatus.STUCK
    wechat.ask("faults", {"reset": True})
    line = order_of(payment).lines[1]
    refund = go_back(payment, line, line.refundable_fen)
    send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.ASKED
    assert steps(share) == ShareStatus.OVER
    returned(payment, share, refund)
    for _ in range(2):
        send_refund.run(out_refund_no=refund.out_refund_no)
    assert refund.status == RefundStatus.SUCCEEDED


def test_payouts_stay_as_they_are(session: Any, pretend_wechat: PretendWechat) -> None:
    payment = pay_shared(pretend_wechat, {make_received(3, price_fen=8000): 1}, PaymentChannel.NATIVE)
    assert payment.settlement_mode == "payouts"
    assert sharing.open_shares() == 0
    assert sharing.share_of(payment) is None
    refund = go_back(payment, order_of(payment).lines[0], 100)
    assert returning.may_be_sent(payment, refund)
