"""What happens to a group once it has people: seats are paid or left, it is filled, or its time is up.

Every act holds the group's row and nothing after it; what follows for the orders is the caller's business.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from core.clock import now
from core.db import db
from core.states import check_transition
from domain.groups.models import TRANSITIONS, Seat, Team, TeamHistory, TeamStatus
from domain.promotions.models import GroupBuy, GroupBuyer, PromotionStatus

# For so long the end waits for payments that were made in time and haven't been heard of.
PATIENCE = timedelta(minutes=10)
_MOST_AT_ONCE = 200


def pay_seat(order_number: str, by: str) -> Team | None:
    """The order's seat is paid for: the first one opens the group to others, the last one fills it. Once.

    The group as it is then, held; None when the order has no seat any more.
    """
    mine = update(Seat).where(Seat.order_number == order_number, Seat.released_at.is_(None), Seat.paid_at.is_(None))
    team_id = db.session.scalar(mine.values(paid_at=now()).returning(Seat.team_id))
    if team_id is None:
        return None
    team = _hold(team_id)
    if team.has_ended:
        return team
    team.paid += 1
    if team.status == TeamStatus.FORMING:
        team.closes_at = now() + timedelta(hours=team.offer.hours)
        _move(team, TeamStatus.OPEN, by=by)
    if team.paid == team.size:
        _move(team, TeamStatus.SUCCEEDED, by=by)
    db.session.flush()
    return team


def leave(order_number: str, by: str) -> TeamStatus | None:
    """The order was given up: its seat and its packets of the offer are free. Once, whatever is repeated.

    How the group stood when the seat was left: one that had ended stays as it is. None when there was no seat to leave.
    """
    left = update(Seat).where(Seat.order_number == order_number, Seat.released_at.is_(None))
    row = db.session.execute(
        left.values(released_at=now()).returning(Seat.team_id, Seat.account_id, Seat.quantity, Seat.paid_at)
    ).first()
    if row is None:
        return None
    offer_id = db.session.scalars(select(Team.group_buy_id).filter_by(id=row.team_id)).one()
    own = update(GroupBuyer).filter_by(group_buy_id=offer_id, account_id=row.account_id)
    db.session.execute(own.values(taken=GroupBuyer.taken - row.quantity))
    db.session.execute(update(GroupBuy).filter_by(id=offer_id).values(taken=GroupBuy.taken - row.quantity))
    team = _hold(row.team_id)
    was = TeamStatus(team.status)
    if not team.has_ended:
        team.taken -= 1
        team.paid -= 1 if row.paid_at else 0
        if team.taken == 0:
            is_forming = team.status == TeamStatus.FORMING
            _move(team, TeamStatus.DROPPED if is_forming else TeamStatus.FAILED, by=by, reason="没有人了")
        db.session.flush()
    return was


def due_teams() -> list[int]:
    """Open groups whose time is up, or whose offer was stopped."""
    statement = (
        select(Team.id)
        .join(GroupBuy, GroupBuy.id == Team.group_buy_id)
        .where(Team.status == TeamStatus.OPEN)
        .where((Team.closes_at <= now()) | (GroupBuy.status == PromotionStatus.STOPPED))
        .order_by(Team.id)
        .limit(_MOST_AT_ONCE)
    )
    return list(db.session.scalars(statement))


def end_if_due(team_id: int) -> Team | None:
    """An open group that wasn't filled in time, or whose offer was stopped, has failed. The group if it failed now.

    One whose time is up waits for seats that are being paid: their orders end at the same moment, and are asked about.
    """
    team = _hold(team_id)
    if team.status != TeamStatus.OPEN or team.closes_at is None:
        return None
    if team.offer.status == PromotionStatus.STOPPED:
        _move(team, TeamStatus.FAILED, by="timer", reason="拼团活动停止了")
        return team
    patience_ends = team.closes_at if team.paid == team.taken else team.closes_at + PATIENCE
    if now() < patience_ends:
        return None
    _move(team, TeamStatus.FAILED, by="timer", reason="到时间没有拼成")
    return team


def orders_in(team_id: int) -> list[str]:
    """The numbers of the orders that have a seat in the group."""
    statement = select(Seat.order_number).filter_by(team_id=team_id).where(Seat.released_at.is_(None))
    return list(db.session.scalars(statement.order_by(Seat.id)))


def _hold(team_id: int) -> Team:
    statement = select(Team).filter_by(id=team_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def _move(team: Team, to: TeamStatus, *, by: str, reason: str = "") -> None:
    was = TeamStatus(team.status)
    check_transition(TRANSITIONS, was, to)
    team.status = to
    if team.has_ended:
        team.ended_at = now()
    db.session.add(TeamHistory(team_id=team.id, by=by, from_status=was, to_status=to, reason=reason))
    db.session.flush()
