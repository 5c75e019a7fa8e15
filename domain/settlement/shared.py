"""Shares and returns into the journal: what WeChat paid a workshop straight from a payment, and what came back. Each, once.

A share that succeeded left WeChat's account and is what the workshop has had of its due; a return is the reverse.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from core.db import db

_POST = text(
    """
    WITH facts AS (
        SELECT 'share' AS kind, 'profit_share_receiver' AS source_type, v.id, v.settled_at AS at, v.workshop_id,
            v.request_id, v.amount_fen AS fen
        FROM profit_share_receivers v WHERE v.status = 'succeeded'
        UNION ALL
        SELECT 'share_return', 'profit_share_return', b.id, b.settled_at, v.workshop_id, v.request_id, -b.amount_fen
        FROM profit_share_returns b JOIN profit_share_receivers v ON v.id = b.receiver_id WHERE b.status = 'succeeded'
    ), fresh AS (
        INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
        SELECT COALESCE(f.at, :now), :now, f.kind, f.source_type, f.id, f.workshop_id, o.id
        FROM facts f
        JOIN profit_share_requests q ON q.id = f.request_id
        JOIN profit_shares s ON s.id = q.share_id
        JOIN payments p ON p.id = s.payment_id
        JOIN orders o ON o.number = p.purpose
        WHERE NOT EXISTS (
            SELECT FROM journal_entries e
            WHERE e.kind = f.kind AND e.source_type = f.source_type AND e.source_id = f.id)
        ORDER BY f.kind, f.id
        ON CONFLICT (kind, source_type, source_id) DO NOTHING
        RETURNING id, kind, source_id
    ), posted AS (
        INSERT INTO journal_postings (entry_id, account, amount_fen)
        SELECT fresh.id, side.account, side.fen
        FROM fresh JOIN facts ON facts.kind = fresh.kind AND facts.id = fresh.source_id
        CROSS JOIN LATERAL (
            VALUES ('workshop_shared', facts.fen), ('wechat', -facts.fen)) AS side (account, fen)
    )
    SELECT count(*) FROM fresh
    """
)


def post_shared(at: datetime) -> int:
    """Post every share and return that succeeded and isn't in the journal; how many there were."""
    return int(db.session.scalar(_POST, {"now": at}) or 0)
