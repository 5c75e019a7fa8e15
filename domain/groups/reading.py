"""Looking at groups: those that lack people, one by its code, those of orders, and how an offer's groups ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from core.clock import now
from core.db import db
from core.errors import NotFound
from domain.accounts.models import Account
from domain.groups.models import TIME_TO_PAY, Seat, Team, TeamStatus
from domain.promotions.models import GroupBuy, PromotionStatus


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who paid for a seat. `order_number` is for themselves alone."""

    account_id: int
    name: str
    order_number: str


@dataclass(frozen=True, slots=True)
class OpenTeam:
    """A group that lacks people, and who opened it."""

    team: Team
    opener: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How many groups of an offer are open, were filled, and failed."""

    open: int = 0
    filled: int = 0
    failed: int = 0


def find_team(code: str) -> Team:
    """The group of a code, or NotFound. One that nobody has paid for can't be seen."""
    statement = select(Team).filter_by(code=code).where(Team.closes_at.is_not(None)).options(joinedload(Team.offer))
    team = db.session.scalars(statement).first()
    if team is None:
        raise NotFound(what="group")
    return team


def members_of(team: Team) -> list[Member]:
    """Who paid for a seat and kept it (to the end, if it ended), in the order in which they took it."""
    statement = (
        select(Seat.account_id, Account.display_name, Seat.order_number)
        .join(Account, Account.id == Seat.account_id)
        .where(Seat.team_id == team.id, Seat.paid_at.is_not(None))
        .order_by(Seat.taken_at, Seat.id)
    )
    # Who gave up their order after the end was there when it came.
    statement = statement.where(or_(Seat.released_at.is_(None), Seat.released_at >= (team.ended_at or now())))
    return [Member(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def seat_of(team: Team, account_id: int) -> str | None:
    """The number of the person's order that has a seat in the group."""
    statement = select(Seat.order_number).filter_by(team_id=team.id, account_id=account_id)
    return db.session.scalars(statement.where(Seat.released_at.is_(None))).first()


def open_teams(group_buy_ids: Collection[int], *, most: int = 4) -> list[OpenTeam]:
    """Groups of these offers that can be joined now, those that lack fewest people first."""
    if not group_buy_ids:
        return []
    statement = (
        select(Team, Account.display_name)
        .join(Account, Account.id == Team.opened_by_id)
        .join(Team.offer)
        .where(Team.group_buy_id.in_(group_buy_ids), Team.status == TeamStatus.OPEN, Team.taken < Team.size)
        .where(Team.closes_at >= now() + TIME_TO_PAY, GroupBuy.status == PromotionStatus.ACTIVE)
        .order_by(Team.size - Team.paid, Team.closes_at, Team.id)
        .limit(most)
        .options(joinedload(Team.offer).lazyload(GroupBuy.variant))
    )
    return [OpenTeam(row[0], row[1]) for row in db.session.execute(statement)]


def teams_of_orders(numbers: Collection[str]) -> dict[str, Team]:
    """The group of each order that has or had a seat in one, in one statement."""
    if not numbers:
        return {}
    statement = select(Seat.order_number, Team).join(Team, Team.id == Seat.team_id)
    statement = statement.where(Seat.order_number.in_(numbers))
    statement = statement.options(joinedload(Team.offer).lazyload(GroupBuy.variant))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def team_of_order(number: str) -> Team | None:
    """The group in which the order has a seat now."""
    statement = select(Team).join(Seat, Seat.team_id == Team.id)
    statement = statement.where(Seat.order_number == number, Seat.released_at.is_(None))
    return db.session.scalars(statement.execution_options(populate_existing=True)).first()


def figures_of(group_buy_ids: Collection[int]) -> dict[int, Figures]:
    """By offer; in one statement."""
    statement = (
        select(Team.group_buy_id, Team.status, func.count())
        .where(Team.group_buy_id.in_(group_buy_ids))
        .group_by(Team.group_buy_id, Team.status)
    )
    counts: dict[int, dict[str, int]] = {}
    for offer_id, status, count in db.session.execute(statement):
        counts.setdefault(offer_id, {})[status] = count
    return {
        offer_id: Figures(own.get(TeamStatus.OPEN, 0), own.get(TeamStatus.SUCCEEDED, 0), own.get(TeamStatus.FAILED, 0))
        for offer_id, own in counts.items()
    }


def teams_of_offer(group_buy_id: int, *, most: int = 200) -> list[OpenTeam]:
    """The groups of an offer with who opened each, the newest first; those that were never paid for are left out."""
    statement = (
        select(Team, Account.display_name)
        .join(Account, Account.id == Team.opened_by_id)
        .where(Team.group_buy_id == group_buy_id, Team.closes_at.is_not(None))
        .order_by(Team.id.desc())
        .limit(most)
    )
    return [OpenTeam(row[0], row[1]) for row in db.session.execute(statement)]
