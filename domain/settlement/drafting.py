"""Drafting statements: each workshop's due is gathered from the journal, entry by entry, each claimed once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput
from core.numbers import random_code
from core.settings import settings
from domain.aftersale.models import ENDED
from domain.settlement.models import CLAIMABLE, DUE_ACCOUNTS, Statement
from domain.settlement.posting import post_new, take_turn


class NothingDue(DomainError):
    message = "这段时间没有可以结算的款项"


# An entry is available when it was received and the time to complain is over, or when all of it went back, or when
# people wrote it, or when a workshop got the buyer's money for lines that only others make now; never before it
# happened, nor while a case about its part is open or its payment may still be shared. So a refund that comes after its
# sale was settled is available at once.
AVAILABLE = """
    WITH unclaimed AS (
        SELECT e.id, e.kind, e.workshop_id, e.order_id, e.at FROM journal_entries e
        WHERE e.kind = ANY(:claimable) AND e.workshop_id IS NOT NULL
        AND (CAST(:workshop_id AS bigint) IS NULL OR e.workshop_id = :workshop_id)
        AND NOT EXISTS (SELECT FROM statement_entries s WHERE s.entry_id = e.id)
    ), received AS (
        SELECT p.order_id, p.workshop_id, min(h.at) AS at
        FROM order_history h JOIN workshop_orders p ON p.id = h.workshop_order_id
        WHERE h.to_status = 'received' GROUP BY p.order_id, p.workshop_id
    ), undone AS (
        SELECT e.order_id, e.workshop_id, max(e.at) AS at
        FROM journal_entries e JOIN journal_postings p ON p.entry_id = e.id AND p.account = ANY(:due_accounts)
        WHERE (e.order_id, e.workshop_id) IN (
            SELECT order_id, workshop_id FROM unclaimed WHERE kind IN ('refund', 'own_refund'))
        GROUP BY e.order_id, e.workshop_id HAVING sum(p.amount_fen) = 0
    ), disputed AS (
        SELECT DISTINCT c.order_id, l.workshop_id
        FROM aftersale_cases c JOIN order_lines l ON l.id = c.order_line_id
        WHERE c.status <> ALL(:ended)
    ), shared AS (
        SELECT o.id AS order_id FROM payments p JOIN orders o ON o.number = p.purpose
        LEFT JOIN profit_shares s ON s.payment_id = p.id
        WHERE p.settlement_mode = 'profit_sharing' AND p.status = 'paid'
        AND (s.id IS NULL OR s.status NOT IN ('over', 'lapsed'))
    ), received_for_others AS (
        SELECT DISTINCT u.order_id, u.workshop_id FROM unclaimed u
        WHERE u.kind IN ('own_receipt', 'own_refund') AND NOT EXISTS (
            SELECT FROM workshop_orders p
            WHERE p.order_id = u.order_id AND p.workshop_id = u.workshop_id AND p.status <> 'reassigned')
    ), available AS (
        SELECT u.id, u.workshop_id, u.kind, CASE WHEN u.kind = 'correction' OR x.order_id IS NOT NULL THEN u.at
            WHEN d.order_id IS NOT NULL OR f.order_id IS NOT NULL OR r.at IS NULL AND g.at IS NULL THEN NULL
            ELSE GREATEST(u.at, LEAST(r.at + make_interval(days => :hold_days), g.at)) END AS since
        FROM unclaimed u
        LEFT JOIN received r ON r.order_id = u.order_id AND r.workshop_id = u.workshop_id
        LEFT JOIN undone g ON g.order_id = u.order_id AND g.workshop_id = u.workshop_id
        LEFT JOIN received_for_others x ON x.order_id = u.order_id AND x.workshop_id = u.workshop_id
            AND u.kind IN ('own_receipt', 'own_refund')
        LEFT JOIN disputed d ON d.order_id = u.order_id AND d.workshop_id = u.workshop_id
        LEFT JOIN shared f ON f.order_id = u.order_id
    )
"""
"""CTEs: `available(id, workshop_id, kind, since)`, one row per entry no statement claims; since is null while pending."""

_DRAFT = """
    , due AS (
        SELECT a.id, a.workshop_id FROM available a WHERE a.since < :until
    ), sums AS (
        SELECT due.workshop_id,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_goods'), 0)::bigint AS goods_fen,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_discounts'), 0)::bigint AS discount_fen,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_commission'), 0)::bigint AS commission_fen,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_freight'), 0)::bigint AS freight_fen,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_refunds'), 0)::bigint AS refund_fen,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_corrections'), 0)::bigint AS correction_fen,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_shared'), 0)::bigint AS shared_fen,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_received'), 0)::bigint AS received_fen
        FROM due JOIN journal_postings p ON p.entry_id = due.id GROUP BY due.workshop_id
    ), carried AS (
        SELECT DISTINCT ON (s.workshop_id) s.workshop_id, s.id, s.due_fen FROM statements s
        WHERE s.status = 'carried' AND s.due_fen < 0 AND NOT EXISTS (
            SELECT FROM statements later WHERE later.carried_from_id = s.id AND later.status <> 'withdrawn')
        ORDER BY s.workshop_id, s.id
    ), drafted AS (
        INSERT INTO statements (number, workshop_id, from_on, until_on, status, goods_fen, discount_fen, commission_fen,
            freight_fen, refund_fen, correction_fen, shared_fen, received_fen, carried_fen, carried_from_id, due_fen, drafted_at)
        SELECT :prefix || '-' || lpad(sums.workshop_id::text, greatest(3, length(sums.workshop_id::text)), '0'),
            sums.workshop_id, :from_on, :until_on, 'draft',
            goods_fen, discount_fen, commission_fen, freight_fen, refund_fen, correction_fen, shared_fen, received_fen,
            COALESCE(carried.due_fen, 0), carried.id, goods_fen - discount_fen - commission_fen + freight_fen
                - refund_fen + correction_fen - shared_fen - received_fen + COALESCE(carried.due_fen, 0), :now
        FROM sums LEFT JOIN carried ON carried.workshop_id = sums.workshop_id
        ORDER BY sums.workshop_id
        ON CONFLICT (workshop_id, from_on, until_on) WHERE status <> 'withdrawn' DO NOTHING
        RETURNING id, workshop_id
    ), claimed AS (
        INSERT INTO statement_entries (entry_id, statement_id)
        SELECT due.id, drafted.id FROM due JOIN drafted ON drafted.workshop_id = due.workshop_id
    ), noted AS (
        INSERT INTO statement_history (statement_id, at, by, to_status, reason)
        SELECT id, :now, :by, 'draft', '' FROM drafted
    )
    SELECT id FROM drafted
"""
_CLAIM = text(AVAILABLE + _DRAFT)


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def draft_statements(from_on: date, until_on: date, *, by: str, workshop_id: int | None = None) -> list[int]:
    """A draft for every workshop (or the one told) that has something due by the end of `until_on`; their keys.

    Each claims all that was available by then and is in no other statement: what came late for an earlier period comes
    along. What an earlier statement lacked is carried in. A workshop that has one for this very period gets no second.
    Raises InvalidInput for a period that isn't over or runs backward.
    """
    if from_on > until_on:
        raise InvalidInput({"until_on": "结束日期不能早于开始日期"})
    if until_on >= today():
        raise InvalidInput({"until_on": "这一天还没有过完"})
    post_new()
    take_turn()
    values = availability_values(workshop_id) | {
        "from_on": from_on, "until_on": until_on, "until": _end_of(until_on), "by": by, "now": now(),
        "prefix": f"S{until_on:%y%m%d}{random_code(4)}",
    }  # fmt: skip
    return list(db.session.scalars(_CLAIM, values))


def draft_statement(workshop_id: int, from_on: date, until_on: date, *, by: str) -> Statement:
    """The draft for one workshop; NothingDue when there is nothing to claim."""
    for key in draft_statements(from_on, until_on, by=by, workshop_id=workshop_id):
        return db.session.get_one(Statement, key)
    raise NothingDue


def availability_values(workshop_id: int | None) -> dict[str, Any]:
    """The parameters of `AVAILABLE`."""
    return {
        "workshop_id": workshop_id,
        "claimable": [kind.value for kind in CLAIMABLE],
        "due_accounts": [account.value for account in DUE_ACCOUNTS],
        "ended": [status.value for status in ENDED],
        "hold_days": settings().settlement_hold_days,
    }


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, settings().zone)
