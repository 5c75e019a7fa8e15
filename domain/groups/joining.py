"""Taking a seat: opening a group (开团) or joining one (参团), for an order that is being placed.

Counted by conditional updates, each right whoever else asks at the same moment: the person's packets, then the offer's,
then the group's seats. Call `take` last in a transaction: the group's row is what everybody waits for.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError, NotFound
from core.numbers import random_code
from domain.groups.models import TIME_TO_PAY, Seat, Team, TeamHistory, TeamStatus
from domain.promotions.models import GroupBuy, GroupBuyer, PromotionStatus

CODE_LENGTH = 10


class GroupOfferOver(DomainError):
    """It was stopped, is over, hasn't begun, or all its packets are gone."""

    message = "这个拼团已经结束或名额没有了"


class GroupLimitReached(DomainError):
    """The person has as many packets of the offer as one may have."""

    message = "超过这个拼团每人限购的件数了"


class GroupFull(DomainError):
    """Others took the last seat, or the group's time is up."""

    message = "这个团刚刚满员或结束了，可以自己开一个团"


class GroupJoinedAlready(DomainError):
    """Nobody may be twice in the same group."""

    message = "你已经在这个团里了，请朋友来拼吧"


@dataclass(frozen=True, slots=True)
class Wish:
    """So many packets of an offer, in the group of `code`, or in a new one."""

    group_buy_id: int
    quantity: int = 1
    code: str | None = None


def take(order_number: str, account_id: int, wish: Wish) -> Team:
    """A seat for the order, kept until it is paid or given up. Raises the errors above; then nothing has changed."""
    _take_own_packets(account_id, wish)
    offer = _take_packets(wish)
    team_id = _join(wish) if wish.code else _open(account_id, offer)
    row = insert(Seat).values(
        team_id=team_id, order_number=order_number, account_id=account_id, quantity=wish.quantity, taken_at=now()
    )
    if db.session.scalar(row.on_conflict_do_nothing().returning(Seat.id)) is None:
        raise GroupJoinedAlready
    return db.session.get_one(Team, team_id, populate_existing=True)


def _take_own_packets(account_id: int, wish: Wish) -> None:
    limit = select(GroupBuy.per_person_limit).filter_by(id=wish.group_buy_id).scalar_subquery()
    if db.session.scalar(select(limit)) is None:
        raise NotFound(what="group buy")
    row = insert(GroupBuyer).values(group_buy_id=wish.group_buy_id, account_id=account_id, taken=wish.quantity)
    own = row.on_conflict_do_update(
        index_elements=["group_buy_id", "account_id"], set_={"taken": GroupBuyer.taken + wish.quantity}
    )
    if not db.session.scalar(own.returning(GroupBuyer.taken <= limit)):
        raise GroupLimitReached


def _take_packets(wish: Wish) -> GroupBuy:
    at = now()
    left = update(GroupBuy).where(
        GroupBuy.id == wish.group_buy_id, GroupBuy.status == PromotionStatus.ACTIVE,
        GroupBuy.seats - GroupBuy.taken >= wish.quantity,
    )  # fmt: skip
    if wish.code is None:
        left = left.where(GroupBuy.starts_at <= at, GroupBuy.ends_at > at)
    offer = db.session.scalar(left.values(taken=GroupBuy.taken + wish.quantity).returning(GroupBuy))
    if offer is None:
        raise GroupOfferOver
    return offer


def _join(wish: Wish) -> int:
    free = update(Team).where(
        Team.code == wish.code, Team.group_buy_id == wish.group_buy_id, Team.status == TeamStatus.OPEN,
        Team.taken < Team.size, Team.closes_at >= now() + TIME_TO_PAY,
    )  # fmt: skip
    team_id = db.session.scalar(free.values(taken=Team.taken + 1).returning(Team.id))
    if team_id is None:
        raise GroupFull
    return team_id


def _open(account_id: int, offer: GroupBuy) -> int:
    team = Team(code=random_code(CODE_LENGTH), group_buy_id=offer.id, opened_by_id=account_id, size=offer.size, taken=1)
    db.session.add(team)
    db.session.flush()
    db.session.add(TeamHistory(team_id=team.id, by="buyer", from_status=None, to_status=TeamStatus.FORMING))
    db.session.flush()
    return team.id
