"""Orders of a group (拼团): paid, they wait until their group is full; if it never is, their money goes back by itself.

While an order waits its packets stay reserved and no workshop hears of it. Order of locks: the order, its payment and
stock, last the group (`domain.groups`). So one act changes one order, and a group's end is a job for each order of it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.jobs import enqueue, job
from domain.groups import filling, joining, reading
from domain.groups.models import Seat, Team, TeamStatus
from domain.orders.handing import hand_over
from domain.orders.history import lock_order, record_move
from domain.orders.models import Order, OrderStatus
from domain.orders.refunding import refund_lines
from domain.orders.telling import tell_group_failed, tell_group_filled
from domain.stock import reserving

REFUND_KEY = "G"
_MOST_AT_ONCE = 200
# A member whose job was lost is found again after so long.
_FORGOTTEN = timedelta(minutes=2)


class GroupJustFilled(DomainError):
    """The group was filled while the buyer gave up their order."""

    message = "刚刚成团了，请刷新后再试"


def take_place(order: Order, wish: joining.Wish) -> None:
    """A new order gets its seat. It has to be paid before its group's time is up."""
    team = joining.take(order.number, order.account_id, wish)
    order.held_for_group = True
    if team.closes_at is not None:
        order.expires_at = min(order.expires_at, team.closes_at)
    db.session.flush()


def note_paid(order: Order, by: str) -> None:
    """A locked order was paid: it waits, or its group is full now and jobs hand over all orders of it."""
    team = filling.pay_seat(order.number, by)
    if team is None or team.status in {TeamStatus.FAILED, TeamStatus.DROPPED}:
        enqueue(settle_member, number=order.number)
    elif team.status == TeamStatus.SUCCEEDED:
        _settle_all(team)


@job(queue_name="money")
def settle_member(number: str) -> None:
    """What the end of a group means for one order of it: it goes to its makers, or its money goes back. Once."""
    order = lock_order(number)
    if not order.held_for_group:
        return
    team = reading.team_of_order(number)
    if order.status == OrderStatus.AWAITING_PAYMENT and (team is None or team.has_ended):
        # Expiring asks WeChat first: `end_groups` sees to it.
        order.expires_at = min(order.expires_at, now())
    elif order.status == OrderStatus.PAID and not _hand_over_if_filled(order, team) and _is_over(team):
        give_up(order, by="timer", reason="拼团没有拼成，全额退回")
        tell_group_failed(order)


def hand_over_if_filled(order: Order) -> bool:
    """Whether a locked order that waited is its makers' business now, because its group is full."""
    return _hand_over_if_filled(order, reading.team_of_order(order.number))


def give_up(order: Order, *, by: str, reason: str) -> None:
    """A locked order that waits for its group ends: all that was paid goes back, seat and packets are free.

    Raises GroupJustFilled; then nothing has changed.
    """
    goods = {line.id: line.refundable_fen for line in order.lines}
    freight = {row.workshop_id: row.freight_fen - row.refunded_fen for row in order.freights}
    record_move(order, OrderStatus.PAID, OrderStatus.REFUNDED, by=by, reason=reason)
    if any((*goods.values(), *freight.values())):
        refund_lines(order, goods, freight, reason, by, key=REFUND_KEY)
    reserving.release(order.number)
    if filling.leave(order.number, by) == TeamStatus.SUCCEEDED:
        raise GroupJustFilled


def end_group(team_id: int) -> None:
    """If a group's time is up or its offer was stopped, it has failed, and jobs see to each order of it."""
    team = filling.end_if_due(team_id)
    if team is not None:
        _settle_all(team)


def unsettled() -> list[tuple[str, OrderStatus]]:
    """Orders that still wait although their group ended a while ago."""
    statement = (
        select(Order.number, Order.status)
        .join(Seat, Seat.order_number == Order.number)
        .join(Team, Team.id == Seat.team_id)
        .where(Order.held_for_group, Order.status.in_({OrderStatus.PAID, OrderStatus.AWAITING_PAYMENT}))
        .where(Team.ended_at < now() - _FORGOTTEN)
        .order_by(Order.id)
        .limit(_MOST_AT_ONCE)
    )
    return [(row[0], OrderStatus(row[1])) for row in db.session.execute(statement)]


def _hand_over_if_filled(order: Order, team: Team | None) -> bool:
    if team is None or team.status != TeamStatus.SUCCEEDED:
        return False
    order.held_for_group = False
    hand_over(order, "timer")
    tell_group_filled(order, team.code)
    return True


def _is_over(team: Team | None) -> bool:
    return team is None or team.has_ended


def _settle_all(team: Team) -> None:
    for number in filling.orders_in(team.id):
        enqueue(settle_member, number=number)
