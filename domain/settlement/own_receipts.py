"""What workshops' own merchants got (合单), into the journal: that money is the workshop's already, so its due is less by it.

The payment's receipt posts such money as lying at `own_merchants`; this entry takes it from there and lowers the due of the
workshop whose merchant it is. So the two meet although a line was given to another maker.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from core.db import db

_POST = text(
    """
    WITH facts AS (
        SELECT o.paid_at AS at, 'own_receipt' AS kind, 'payment_part' AS source_type, t.id, t.workshop_id,
            o.id AS order_id, t.amount_fen
        FROM payment_parts t
        JOIN payments p ON p.id = t.payment_id AND p.status = 'paid'
        JOIN orders o ON o.number = p.purpose
        WHERE t.workshop_id IS NOT NULL
        UNION ALL
        SELECT COALESCE(r.succeeded_at, :now), 'own_refund', 'refund', r.id, t.workshop_id, o.id, -r.amount_fen
        FROM refunds r
        JOIN payment_parts t ON t.id = r.payment_part_id AND t.workshop_id IS NOT NULL
        JOIN payments p ON p.id = r.payment_id AND p.status = 'paid'
        JOIN orders o ON o.number = p.purpose
        WHERE r.status = 'succeeded'
    ), fresh AS (
        INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
        SELECT at, :now, kind, source_type, id, workshop_id, order_id FROM facts WHERE NOT EXISTS (
            SELECT FROM journal_entries e
            WHERE e.kind = facts.kind AND e.source_type = facts.source_type AND e.source_id = facts.id)
        ORDER BY at, id
        ON CONFLICT (kind, source_type, source_id) DO NOTHING
        RETURNING id, kind, source_id
    ), posted AS (
        INSERT INTO journal_postings (entry_id, account, amount_fen)
        SELECT fresh.id, side.account, side.fen
        FROM fresh JOIN facts ON facts.kind = fresh.kind AND facts.id = fresh.source_id
        CROSS JOIN LATERAL (VALUES
            ('workshop_received', facts.amount_fen), ('own_merchants', -facts.amount_fen)) AS side (account, fen)
    )
    SELECT count(*) FROM fresh
    """
)


def post_own_receipts(at: datetime) -> int:
    """Post every part of a payment that a workshop's own merchant got, and every refund it gave; how many there were."""
    return int(db.session.scalar(_POST, {"now": at}) or 0)
