"""What stands where: the trial balance, what each workshop is owed, and the journal's entries behind every figure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select, text

from core.db import db
from core.paging import Page
from core.settings import settings
from domain.settlement.drafting import AVAILABLE, availability_values
from domain.settlement.models import (
    WORKSHOP_ACCOUNTS,
    Account,
    EntryKind,
    JournalEntry,
    JournalPosting,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """One account's sums in fen; `credit_fen` is not negative."""

    account: Account
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        return self.debit_fen - self.credit_fen


@dataclass(frozen=True, slots=True)
class Owed:
    """What a workshop is owed, in fen: not yet past its time to complain, free to be settled, in statements not paid."""

    workshop_id: int
    pending_fen: int = 0
    available_fen: int = 0
    stated_fen: int = 0

    @property
    def total_fen(self) -> int:
        return self.pending_fen + self.available_fen + self.stated_fen


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry with its sides (account, order line, fen)."""

    entry: JournalEntry
    sides: list[JournalPosting]

    @property
    def amount_fen(self) -> int:
        """One side's sum: how much money it is about."""
        return sum(side.amount_fen for side in self.sides if side.amount_fen > 0)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries of the journal: None is any. `until_on` is included."""

    kind: EntryKind | None = None
    account: Account | None = None
    workshop_id: int | None = None
    order_id: int | None = None
    from_on: date | None = None
    until_on: date | None = None


def trial_balance() -> list[Balance]:
    """Every account of the chart in its order; the balances sum to zero."""
    rows = (
        select(
            JournalPosting.account,
            func.sum(JournalPosting.amount_fen).filter(JournalPosting.amount_fen > 0),
            func.sum(-JournalPosting.amount_fen).filter(JournalPosting.amount_fen < 0),
        )
    ).group_by(JournalPosting.account)
    found = {account: (int(debit or 0), int(credit or 0)) for account, debit, credit in db.session.execute(rows)}
    return [Balance(account, *found.get(account, (0, 0))) for account in Account]


_SUM = """
    , open AS (
        SELECT a.workshop_id,
            -sum(p.amount_fen) FILTER (WHERE a.since IS NULL OR a.since > now()) AS pending,
            -sum(p.amount_fen) FILTER (WHERE a.since <= now()) AS available
        FROM available a JOIN journal_postings p ON p.entry_id = a.id AND p.account = ANY(:due_accounts)
        GROUP BY a.workshop_id
    ), stated AS (
        SELECT s.workshop_id, sum(s.due_fen) AS due FROM statements s
        WHERE s.status NOT IN ('paying', 'paid', 'withdrawn')
        AND (s.status <> 'carried' OR NOT EXISTS (
            SELECT FROM statements later WHERE later.carried_from_id = s.id AND later.status <> 'withdrawn'))
        AND (CAST(:workshop_id AS bigint) IS NULL OR s.workshop_id = :workshop_id)
        GROUP BY s.workshop_id
    )
    SELECT COALESCE(open.workshop_id, stated.workshop_id), COALESCE(open.pending, 0)::bigint,
        COALESCE(open.available, 0)::bigint, COALESCE(stated.due, 0)::bigint
    FROM open FULL JOIN stated ON stated.workshop_id = open.workshop_id ORDER BY 1
"""
_OWED = text(AVAILABLE + _SUM)


def owed(workshop_id: int | None = None) -> list[Owed]:
    """What every workshop (or the one told) is owed now; a workshop without any money in motion has no row."""
    return [Owed(*row) for row in db.session.execute(_OWED, availability_values(workshop_id))]


def owed_to(workshop_id: int) -> Owed:
    """What one workshop is owed now."""
    return next(iter(owed(workshop_id)), Owed(workshop_id))


def ledger_owed() -> Mapping[int, int]:
    """The same by the accounts alone, to check against: minus the sum of each workshop's accounts."""
    sums = (
        select(JournalEntry.workshop_id, -func.sum(JournalPosting.amount_fen))
        .join(JournalPosting, JournalPosting.entry_id == JournalEntry.id)
        .where(JournalPosting.account.in_(WORKSHOP_ACCOUNTS))
        .group_by(JournalEntry.workshop_id)
    )
    return {key: int(fen) for key, fen in db.session.execute(sums) if key is not None}


def browse(wanted: Filter, *, number: int = 1, size: int = 30) -> Page[EntryRow]:
    """A page of the journal, newest first."""
    chosen = select(JournalEntry).where(*_conditions(wanted))
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    entries = db.session.scalars(chosen.order_by(JournalEntry.id.desc()).offset((number - 1) * size).limit(size)).all()
    sides = sides_of([entry.id for entry in entries])
    return Page([EntryRow(entry, sides.get(entry.id, [])) for entry in entries], number, size, total)


def sides_of(entry_ids: Collection[int]) -> dict[int, list[JournalPosting]]:
    """The postings of entries, by entry."""
    found: dict[int, list[JournalPosting]] = {}
    rows = select(JournalPosting).where(JournalPosting.entry_id.in_(entry_ids)).order_by(JournalPosting.id)
    for side in db.session.scalars(rows):
        found.setdefault(side.entry_id, []).append(side)
    return found


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind:
        conditions.append(JournalEntry.kind == wanted.kind)
    if wanted.workshop_id:
        conditions.append(JournalEntry.workshop_id == wanted.workshop_id)
    if wanted.order_id:
        conditions.append(JournalEntry.order_id == wanted.order_id)
    if wanted.from_on:
        conditions.append(JournalEntry.at >= _start_of(wanted.from_on))
    if wanted.until_on:
        conditions.append(JournalEntry.at < _start_of(wanted.until_on + timedelta(days=1)))
    if wanted.account:
        touched = select(JournalPosting.entry_id).where(JournalPosting.account == wanted.account)
        conditions.append(JournalEntry.id.in_(touched))
    return conditions


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, settings().zone)
