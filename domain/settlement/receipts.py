"""Buyers' money into the journal: what came to WeChat, and what left it again. Each payment and each refund, once.

Paid money is owed to the buyer (an advance) until a workshop's part is sold; a refund takes it out of the advances, whether
what it was for was ever sold or not. So the account of WeChat says at any moment what lies there. Money that came when
nothing waited for it is surplus until it is back. What workshops' own merchants got (合单) lies at `own_merchants` instead.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from core.db import db

# Ordered, so that all is found before the first row is written: else each look would read through what grows. Each fact is
# looked up by its own key again for its sides: nothing is joined whose size can't be known.
_POST = text(
    """
    WITH facts AS (
        SELECT COALESCE(p.paid_at, :now) AS at, CASE p.status WHEN 'paid' THEN 'receipt' ELSE 'surplus' END AS kind,
            'payment' AS source_type, p.id, p.status, p.purpose
        FROM payments p WHERE p.status IN ('paid', 'surplus')
        UNION ALL
        SELECT COALESCE(r.succeeded_at, :now), CASE p.status WHEN 'paid' THEN 'repayment' ELSE 'surplus_refund' END,
            'refund', r.id, p.status, p.purpose
        FROM refunds r JOIN payments p ON p.id = r.payment_id AND p.status IN ('paid', 'surplus')
        WHERE r.status = 'succeeded'
    ), fresh AS (
        INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, order_id)
        SELECT f.at, :now, f.kind, f.source_type, f.id, o.id
        FROM facts f LEFT JOIN orders o ON o.number = f.purpose AND f.status = 'paid'
        WHERE NOT EXISTS (
            SELECT FROM journal_entries e
            WHERE e.kind = f.kind AND e.source_type = f.source_type AND e.source_id = f.id)
        ORDER BY f.source_type, f.id
        ON CONFLICT (kind, source_type, source_id) DO NOTHING
        RETURNING id, kind, source_type, source_id
    ), moved AS (
        SELECT fresh.id, fresh.kind, p.amount_fen AS fen, CASE WHEN p.settlement_mode = 'combined' THEN COALESCE((
            SELECT sum(t.amount_fen) FROM payment_parts t WHERE t.payment_id = p.id AND t.workshop_id IS NOT NULL
        ), 0)::bigint ELSE 0 END AS own_fen
        FROM fresh JOIN payments p ON fresh.source_type = 'payment' AND p.id = fresh.source_id
        UNION ALL
        SELECT fresh.id, fresh.kind, -r.amount_fen, CASE WHEN t.workshop_id IS NULL THEN 0 ELSE -r.amount_fen END
        FROM fresh JOIN refunds r ON fresh.source_type = 'refund' AND r.id = fresh.source_id
        LEFT JOIN payment_parts t ON t.id = r.payment_part_id
    ), posted AS (
        INSERT INTO journal_postings (entry_id, account, amount_fen)
        SELECT moved.id, side.account, side.fen FROM moved CROSS JOIN LATERAL (VALUES
            ('wechat', fen - own_fen), ('own_merchants', own_fen),
            (CASE WHEN kind IN ('receipt', 'repayment') THEN 'advances' ELSE 'surplus' END, -fen)) AS side (account, fen)
        WHERE side.fen <> 0
    )
    SELECT count(*) FILTER (WHERE kind IN ('receipt', 'repayment')),
        count(*) FILTER (WHERE kind IN ('surplus', 'surplus_refund')) FROM fresh
    """
)


def post_receipts(at: datetime) -> tuple[int, int]:
    """Post every payment that came and every refund that arrived; how many were for orders, and how many about surplus."""
    row = db.session.execute(_POST, {"now": at}).one()
    return int(row[0]), int(row[1])
