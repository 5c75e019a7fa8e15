"""Orders of a group: they wait until it is full, then go to their makers; if it never is, all money comes back, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, text

from core.clock import now
from core.db import db
from domain.groups import filling, joining, reading
from domain.groups.models import TeamHistory, TeamStatus
from domain.notifications.models import Notification
from domain.orders import cancelling, grouping, history, jobs
from domain.orders.actions import OrderAction, allowed_actions
from domain.orders.models import Dispatch, Order, OrderLineDiscount, OrderStatus, WorkshopOrder
from domain.payments.models import Payment, Refund
from domain.products.models import Product
from domain.promotions import editing
from domain.promotions.models import GroupBuy, GroupBuyer
from domain.settlement.models import EntryKind, JournalEntry
from domain.settlement.posting import post_new
from domain.stock.models import Stock
from tests.domain.orders.test_refunding import books_balance
from tests.factories.groups import ask_for_place, make_offer, take_place, team_of
from tests.factories.purchases import pretend_paid

SETTLE = "domain.orders.grouping.settle_member"


def asked_for(task: str) -> list[str]:
    """The orders for which a job of this name was written, in that order."""
    rows = db.session.execute(
        text("SELECT args->>'number' FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"), {"name": task}
    )
    return [row[0] for row in rows]


def settle(*orders: Order) -> None:
    """What the jobs of these orders do, each three times, as after kills."""
    for order in orders:
        for _ in range(3):
            grouping.settle_member.run(order.number)


def free(offer: GroupBuy) -> tuple[int, int, int]:
    """Packets of the offer taken; of the stock reserved, and on hand."""
    db.session.expire_all()
    stock = db.session.get_one(Stock, offer.variant_id)
    return db.session.get_one(GroupBuy, offer.id).taken, stock.reserved, stock.on_hand


def test_a_group_that_fills_goes_to_its_makers(session: Any) -> None:
    offer = make_offer()
    first = take_place(offer, quantity=2)
    team = team_of(first)
    assert (team.status, team.paid, team.lacks) == (TeamStatus.OPEN, 1, 1)
    assert first.waits_for_group
    assert first.workshop_orders == []
    assert allowed_actions(first) == [OrderAction.CANCEL_PAID]
    settle(first)
    assert first.workshop_orders == []
    second = take_place(offer, code=team.code)
    assert team_of(second).status == TeamStatus.SUCCEEDED
    assert asked_for(SETTLE) == [first.number, second.number]
    settle(first, second)
    for order, packets in ((first, 2), (second, 1)):
        assert (order.status, order.held_for_group) == (OrderStatus.PAID, False)
        [part] = order.workshop_orders
        assert (part.status, part.goods_fen, part.discount_fen) == ("to_pack", 6800 * packets, 1800 * packets)
    assert free(offer) == (3, 0, 47)
    assert db.session.scalar(select(func.count(Dispatch.id))) == 2
    assert db.session.scalar(select(Product.sold_count)) == 3
    told = db.session.scalars(select(Notification.account_id).filter_by(kind="group_filled"))
    assert sorted(told) == sorted([first.account_id, second.account_id])
    assert db.session.scalar(select(func.count(Refund.id))) == 0


def test_what_came_off_says_who_bears_it(session: Any) -> None:
    order = take_place(make_offer(group_price_fen=5999), quantity=2)
    [discount] = db.session.scalars(select(OrderLineDiscount))
    assert (discount.source, discount.amount_fen, discount.funded_by_workshop_id) == ("group_buy", 1602, None)
    assert history.savings_of(order) == [("group_buy", discount.reference, 1602)]
    assert order.total_fen == 2 * 5999 + order.freight_fen


def test_a_group_that_does_not_fill_gives_all_money_back_once(session: Any) -> None:
    offer = make_offer(size=3)
    first = take_place(offer, quantity=2)
    team = team_of(first)
    second, unpaid = take_place(offer, code=team.code), ask_for_place(offer, code=team.code)
    assert team.closes_at is not None
    with time_machine.travel(team.closes_at - timedelta(seconds=1), tick=False):
        assert filling.due_teams() == []
        grouping.end_group(team.id)
        assert team_of(first).status == TeamStatus.OPEN
    with time_machine.travel(team.closes_at + timedelta(seconds=1), tick=False):
        assert filling.due_teams() == [team.id]
        # Who still has a payment open is asked about first.
        grouping.end_group(team.id)
        assert team_of(first).status == TeamStatus.OPEN
        cancelling.expire(unpaid.number)
        for _ in range(3):
            grouping.end_group(team.id)
        assert team_of(first).status == TeamStatus.FAILED
        assert asked_for(SETTLE) == [first.number, second.number]
        settle(first, second, unpaid)
    for order in (first, second):
        assert order.status == OrderStatus.REFUNDED
        assert books_balance(order.number) == order.total_fen
    assert unpaid.status == OrderStatus.EXPIRED
    assert free(offer) == (0, 0, 50)
    assert db.session.scalar(select(func.count(Refund.id))) == 2
    assert set(db.session.scalars(select(Refund.out_refund_no))) == {f"{o.number}KG" for o in (first, second)}
    assert db.session.scalar(select(func.count(WorkshopOrder.id))) == 0
    assert sum(db.session.scalars(select(GroupBuyer.taken))) == 0
    told = db.session.scalars(select(Notification.account_id).filter_by(kind="group_failed"))
    assert sorted(told) == sorted([first.account_id, second.account_id])
    assert post_new().sales == 0
    kinds = select(JournalEntry.kind).where(JournalEntry.kind != EntryKind.RECEIPT)
    assert not list(db.session.scalars(kinds)), "nothing of a group that failed was sold"


def test_a_group_waits_ten_minutes_for_a_payment_and_no_longer(session: Any) -> None:
    offer = make_offer(size=3)
    first = take_place(offer)
    late = ask_for_place(offer, code=team_of(first).code)
    closes_at = team_of(first).closes_at
    assert closes_at is not None
    with time_machine.travel(closes_at + timedelta(minutes=11), tick=False):
        grouping.end_group(team_of(first).id)
        settle(first, late)
        assert team_of(first).status == TeamStatus.FAILED
        assert late.expires_at <= now()
        assert late.status == OrderStatus.AWAITING_PAYMENT
        # Its payment comes before it could be closed: paid, and given back in full.
        pretend_paid(late)
        assert asked_for(SETTLE)[-1] == late.number
        settle(late)
    for order in (first, late):
        assert order.status == OrderStatus.REFUNDED
        assert books_balance(order.number) == order.total_fen
    assert free(offer) == (0, 0, 50)


def test_an_order_is_to_be_paid_before_its_group_closes(session: Any) -> None:
    offer = make_offer(size=3)
    first = take_place(offer)
    team = team_of(first)
    assert team.closes_at is not None
    with time_machine.travel(team.closes_at - timedelta(minutes=5), tick=False):
        assert ask_for_place(offer, code=team.code).expires_at == team.closes_at
    with (
        time_machine.travel(team.closes_at - timedelta(minutes=1), tick=False),
        pytest.raises(joining.GroupFull),
        db.session.begin_nested(),
    ):
        ask_for_place(offer, code=team.code)


def test_leaving_before_it_fills_frees_the_seat(session: Any) -> None:
    offer = make_offer()
    first = take_place(offer, quantity=2)
    team = team_of(first)
    second = ask_for_place(offer, code=team.code)
    with pytest.raises(joining.GroupFull), db.session.begin_nested():
        ask_for_place(offer, code=team.code)
    cancelling.cancel(second.account_id, second.number)
    cancelling.cancel_paid(first.account_id, first.number, "不想要了")
    assert (first.status, books_balance(first.number)) == (OrderStatus.REFUNDED, first.total_fen)
    assert free(offer) == (0, 0, 50)
    # Nobody is left: the group is over.
    assert [row.to_status for row in db.session.scalars(select(TeamHistory).filter_by(team_id=team.id))] == [
        "forming", "open", "failed",
    ]  # fmt: skip
    with pytest.raises(cancelling.CancelledTooLate):
        cancelling.cancel_paid(first.account_id, first.number)


def test_who_opened_it_may_leave_and_the_others_go_on(session: Any) -> None:
    offer = make_offer(size=3)
    first = take_place(offer)
    code = team_of(first).code
    second = take_place(offer, code=code)
    cancelling.cancel_paid(first.account_id, first.number)
    assert (team_of(second).status, team_of(second).paid, team_of(second).taken) == ("open", 1, 1)
    assert [each.account_id for each in reading.members_of(team_of(second))] == [second.account_id]
    third, fourth = take_place(offer, code=code), take_place(offer, code=code)
    settle(first, second, third, fourth)
    assert [len(order.workshop_orders) for order in (first, second, third, fourth)] == [0, 1, 1, 1]


def test_a_filled_group_can_be_given_up_order_by_order_before_packing(session: Any) -> None:
    offer = make_offer()
    first = take_place(offer)
    second = take_place(offer, code=team_of(first).code)
    # The job hasn't run: giving up hands over first, then gives up the part.
    cancelling.cancel_paid(second.account_id, second.number)
    settle(first, second)
    assert (second.status, [part.status for part in second.workshop_orders]) == ("refunded", ["cancelled"])
    assert books_balance(second.number) == second.total_fen
    assert [part.status for part in first.workshop_orders] == ["to_pack"]
    assert team_of(first).status == TeamStatus.SUCCEEDED
    assert len(reading.members_of(team_of(first))) == 2
    assert free(offer) == (1, 0, 49)


def test_an_unpaid_opener_leaves_nothing_behind(session: Any) -> None:
    offer = make_offer()
    order = ask_for_place(offer)
    assert team_of(order).status == TeamStatus.FORMING
    with pytest.raises(joining.GroupFull), db.session.begin_nested():
        ask_for_place(offer, code=team_of(order).code)
    with time_machine.travel(order.expires_at + timedelta(seconds=1), tick=False):
        cancelling.expire(order.number)
        cancelling.expire(order.number)
    assert team_of(order).status == TeamStatus.DROPPED
    assert free(offer) == (0, 0, 50)


def test_a_stopped_offer_ends_its_open_groups(session: Any) -> None:
    offer = make_offer(size=3)
    first = take_place(offer)
    unpaid = ask_for_place(offer, code=team_of(first).code)
    editing.stop(offer, "operator #1", "价格写错了")
    jobs.end_groups.run()
    grouping.end_group(team_of(first).id)
    settle(first, unpaid)
    assert first.status == OrderStatus.REFUNDED
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        assert grouping.unsettled() == [(unpaid.number, OrderStatus.AWAITING_PAYMENT)]
        jobs.end_groups.run()
        assert asked_for("domain.orders.jobs.expire_order")[-1] == unpaid.number
        jobs.expire_order.run(unpaid.number)
        assert grouping.unsettled() == []
    assert unpaid.status == OrderStatus.EXPIRED
    assert free(offer) == (0, 0, 50)


def test_a_member_whose_job_was_lost_is_found_again(session: Any) -> None:
    offer = make_offer()
    first = take_place(offer)
    second = take_place(offer, code=team_of(first).code)
    db.session.execute(text("DELETE FROM procrastinate_jobs"))
    jobs.end_groups.run()
    assert asked_for(SETTLE) == []
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        jobs.end_groups.run()
        assert asked_for(SETTLE) == [first.number, second.number]
        settle(first, second)
        assert grouping.unsettled() == []
    assert db.session.scalar(select(func.count(Payment.id))) == 2
