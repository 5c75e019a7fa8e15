"""Groups as pages and the API show them: offers with the groups that lack people, one group, an order's group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.settings import settings
from domain.groups import reading
from domain.groups.models import Team, TeamStatus
from domain.products.models import Variant
from domain.promotions.offers import group_terms

HIDDEN = "**"


@dataclass(frozen=True, slots=True)
class OpenShape:
    """A group that lacks people; `opener` is masked."""

    code: str
    opener: str
    size: int
    paid: int
    lacks: int
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class OfferShape:
    """A group price of a variant. `left`: packets this person may still have of it."""

    id: int
    sku: str
    variant_name: str
    price_fen: int
    full_fen: int
    size: int
    hours: int
    left: int
    ends_at: datetime
    teams: list[OpenShape]


@dataclass(frozen=True, slots=True)
class MemberShape:
    """Somebody in a group, masked."""

    name: str
    is_opener: bool
    is_me: bool


@dataclass(frozen=True, slots=True)
class TeamShape:
    """A group on its page. `order` is the asker's own that has a seat in it, `may_join` whether they can have one."""

    code: str
    status: TeamStatus
    size: int
    paid: int
    lacks: int
    closes_at: datetime
    group_buy_id: int
    variant: Variant
    price_fen: int
    members: list[MemberShape]
    order: str | None
    may_join: bool
    may_open: bool
    url: str


def group_offers(variants: Sequence[Variant], account_id: int | None) -> dict[str, OfferShape]:
    """The group price of each variant that has one now, by SKU, in two statements."""
    known = {row.id: row for row in variants}
    terms = group_terms(set(known), account_id)
    teams: dict[int, list[OpenShape]] = {}
    for each in reading.open_teams([row.id for row in terms]):
        teams.setdefault(each.team.group_buy_id, []).append(open_shape(each))
    return {
        known[row.variant_id].sku: OfferShape(
            row.id, known[row.variant_id].sku, known[row.variant_id].name, row.price_fen,
            known[row.variant_id].price_fen, row.size, row.hours, row.left, row.ends_at, teams.get(row.id, []),
        )
        for row in reversed(terms)
    }  # fmt: skip


def open_shape(found: reading.OpenTeam) -> OpenShape:
    team = found.team
    assert team.closes_at is not None
    return OpenShape(team.code, masked(found.opener), team.size, team.paid, team.lacks, team.closes_at)


def team_shape(team: Team, account_id: int | None) -> TeamShape:
    assert team.closes_at is not None
    offer = team.offer
    order = reading.seat_of(team, account_id) if account_id is not None else None
    offered = {row.id for row in group_terms({offer.variant_id}, account_id)}
    return TeamShape(
        code=team.code,
        status=TeamStatus(team.status),
        size=team.size,
        paid=team.paid,
        lacks=team.lacks,
        closes_at=team.closes_at,
        group_buy_id=offer.id,
        variant=offer.variant,
        price_fen=offer.price_fen,
        members=[
            MemberShape(masked(each.name), each.account_id == team.opened_by_id, each.account_id == account_id)
            for each in reading.members_of(team)
        ],
        order=order,
        may_join=order is None and team.is_joinable,
        may_open=offer.id in offered,
        url=f"{settings().public_base_url}/groups/{team.code}",
    )


def masked(name: str) -> str:
    """A person's first sign, and nothing more."""
    return name[:1] + HIDDEN
