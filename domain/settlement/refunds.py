"""Refunds into the journal: what of a sale they undo. Each, once; that the money left WeChat is `receipts`' business.

Who is booked is who has the line, or carries the freight, by now; what was never sold has nothing to undo. With the money for
a line goes the same proportion of its commission and of what the cluster had given, rounded on the running total: refunds in
any number of pieces undo exactly what the sale had posted once the line is refunded whole.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from core.db import db
from domain.settlement.sales import LINE_SHARES

_POST = text(
    f"""
    WITH fresh AS (
        INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
        SELECT COALESCE(r.succeeded_at, :now), :now, 'refund', 'order_refund_line', rl.id, part.workshop_id, o.order_id
        FROM order_refund_lines rl
        JOIN order_refunds o ON o.id = rl.order_refund_id
        JOIN refunds r ON r.out_refund_no = COALESCE(rl.out_refund_no, o.out_refund_no) AND r.status = 'succeeded'
        LEFT JOIN order_lines l ON l.id = rl.order_line_id
        LEFT JOIN order_freights f
            ON rl.order_line_id IS NULL AND f.order_id = o.order_id AND f.workshop_id = rl.workshop_id
        CROSS JOIN LATERAL (
            SELECT COALESCE(l.workshop_id, f.carried_by_workshop_id, rl.workshop_id) AS workshop_id
        ) part
        WHERE l.is_open IS NOT TRUE AND NOT EXISTS (
            SELECT FROM journal_entries e
            WHERE e.kind = 'refund' AND e.source_type = 'order_refund_line' AND e.source_id = rl.id)
        AND EXISTS (
            SELECT FROM journal_entries s
            WHERE s.kind = 'sale' AND s.order_id = o.order_id AND s.workshop_id = part.workshop_id)
        ORDER BY rl.id
        ON CONFLICT (kind, source_type, source_id) DO NOTHING
        RETURNING id, source_id
    ), pieces AS (
        SELECT f.id AS entry_id, rl.order_line_id, rl.amount_fen,
            sum(rl.amount_fen) OVER (PARTITION BY rl.order_line_id ORDER BY rl.id)::bigint AS fresh_fen
        FROM fresh f JOIN order_refund_lines rl ON rl.id = f.source_id
    ), earlier AS (
        SELECT rl.order_line_id, sum(rl.amount_fen)::bigint AS fen
        FROM order_refund_lines rl
        JOIN journal_entries e ON e.kind = 'refund' AND e.source_type = 'order_refund_line' AND e.source_id = rl.id
        WHERE rl.order_line_id IN (SELECT order_line_id FROM pieces) GROUP BY rl.order_line_id
    ), running AS (
        SELECT p.entry_id, p.order_line_id, p.amount_fen, s.paid_fen, s.cluster_fen, s.commission_fen,
            p.fresh_fen + COALESCE(e.fen, 0) AS upto
        FROM pieces p JOIN ({LINE_SHARES}) s ON s.order_line_id = p.order_line_id
        LEFT JOIN earlier e ON e.order_line_id = p.order_line_id
    ), undone AS (
        SELECT entry_id, order_line_id, amount_fen,
            (2 * cluster_fen * upto + paid_fen) / (2 * paid_fen)
                - (2 * cluster_fen * (upto - amount_fen) + paid_fen) / (2 * paid_fen) AS cluster_fen,
            (2 * commission_fen * upto + paid_fen) / (2 * paid_fen)
                - (2 * commission_fen * (upto - amount_fen) + paid_fen) / (2 * paid_fen) AS commission_fen
        FROM running
        UNION ALL
        SELECT entry_id, NULL, amount_fen, 0, 0 FROM pieces WHERE order_line_id IS NULL
    ), posted AS (
        INSERT INTO journal_postings (entry_id, account, order_line_id, amount_fen)
        SELECT entry_id, side.account, order_line_id, side.fen FROM undone CROSS JOIN LATERAL (VALUES
            ('advances', -amount_fen), ('workshop_refunds', amount_fen + cluster_fen), ('cluster_coupons', -cluster_fen),
            ('workshop_commission', -commission_fen), ('cluster_commission', commission_fen)) AS side (account, fen)
        WHERE side.fen <> 0
    )
    SELECT count(*) FROM fresh
    """  # noqa: S608
)


def post_refunds(at: datetime) -> int:
    """Post every part of a refund that arrived and isn't in the journal; how many there were. Sales come before."""
    return int(db.session.scalar(_POST, {"now": at}) or 0)
