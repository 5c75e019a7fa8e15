"""Looking workshops up: the public directory, members first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, and_, any_, bindparam, func, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import selectinload

from core.db import db, table_of
from core.errors import NotFound
from core.paging import Page, Slice, decode_cursor, encode_cursor
from domain.workshops.models import Workshop

# The towns of Changtai in the district's own order; one that is not among them comes last.
TOWNS = ("武安镇", "岩溪镇", "陈巷镇", "枋洋镇", "坂里乡", "马洋溪生态旅游区", "古农农场", "亭下林场")


_WORKSHOPS = table_of(Workshop).c
_NAMES = select(_WORKSHOPS.id, _WORKSHOPS.slug, _WORKSHOPS.name, _WORKSHOPS.name_en).where(
    _WORKSHOPS.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a workshop is called, and its address on the site."""

    slug: str
    name: str
    name_en: str


def list_workshops(*, kind: str | None, town: str | None, number: int, size: int = 50) -> Page[Workshop]:
    """One page of the directory, members of the cluster first."""
    statement = select(Workshop)
    if kind:
        statement = statement.filter_by(kind=kind)
    if town:
        statement = statement.filter_by(town=town)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Workshop.is_member.desc(), Workshop.id).offset((number - 1) * size).limit(size)
    return Page(list(db.session.scalars(ordered)), number, size, total)


def workshops_after(*, kind: str | None, town: str | None, cursor: str | None, size: int = 20) -> Slice[Workshop]:
    """The directory after a cursor, members of the cluster first."""
    statement = select(Workshop)
    if kind:
        statement = statement.filter_by(kind=kind)
    if town:
        statement = statement.filter_by(town=town)
    if cursor:
        is_member, last_id = decode_cursor(cursor, (int, int))
        behind = Workshop.id > last_id
        if is_member:
            statement = statement.where(or_(not_(Workshop.is_member), and_(Workshop.is_member, behind)))
        else:
            statement = statement.where(not_(Workshop.is_member), behind)
    rows = list(db.session.scalars(statement.order_by(Workshop.is_member.desc(), Workshop.id).limit(size + 1)))
    last = rows[size - 1] if len(rows) > size else None
    return Slice(rows[:size], encode_cursor(int(last.is_member), last.id) if last else None)


def list_members() -> list[Workshop]:
    """The members of the cluster, in the order they joined."""
    return list(db.session.scalars(select(Workshop).filter_by(is_member=True).order_by(Workshop.id)))


def find_workshop(slug: str) -> Workshop:
    """The workshop of `slug`, or NotFound."""
    statement = select(Workshop).filter_by(slug=slug).options(selectinload(Workshop.zones))
    workshop = db.session.scalars(statement).first()
    if workshop is None:
        raise NotFound(what="workshop")
    return workshop


def workshops_by_id(ids: set[int]) -> dict[int, Workshop]:
    """The workshops of `ids`, in one query."""
    return {row.id: row for row in db.session.scalars(select(Workshop).where(Workshop.id.in_(ids)))}


def names_of(ids: Collection[int]) -> dict[int, Name]:
    """What the workshops of `ids` are called, in one query."""
    rows = db.session.execute(_NAMES, {"ids": list(ids)})
    return {row.id: Name(row.slug, row.name, row.name_en) for row in rows}


def kinds_and_towns() -> tuple[list[str], list[str]]:
    """What the directory can be filtered by."""
    kinds = db.session.scalars(select(Workshop.kind).distinct().order_by(Workshop.kind))
    towns = db.session.scalars(select(Workshop.town).distinct().order_by(Workshop.town))
    return list(kinds), sorted(towns, key=lambda town: TOWNS.index(town) if town in TOWNS else len(TOWNS))


def name_merchant(slug: str, mchid: str, name: str) -> Workshop:
    """The workshop is this merchant at WeChat Pay; `name` is what it is registered as. NotFound."""
    workshop = find_workshop(slug)
    workshop.wechat_mchid = mchid
    workshop.wechat_mch_name = name or workshop.wechat_mch_name
    db.session.flush()
    return workshop
