"""Sales into the journal: each workshop's part of a paid order, once.

What the buyer paid in advance is used up; the workshop is owed the goods before discounts, less the discounts it bears itself,
less the cluster's commission on what is left; what the cluster gave away is its own cost. All parts that are not in the
journal yet are posted by one statement, so that it takes as long as the rows need and stops nowhere in between.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from core.db import db

# A discount that another workshop would bear is the cluster's here: workshops settle with the cluster only.
LINE_SHARES = """
    SELECT l.id AS order_line_id, l.order_id, l.workshop_id, l.amount_fen, l.amount_fen - l.discount_fen AS paid_fen,
        COALESCE(own.fen, 0) AS own_fen, l.discount_fen - COALESCE(own.fen, 0) AS cluster_fen,
        ((l.amount_fen - COALESCE(own.fen, 0)) * l.commission_basis_points + 5000) / 10000 AS commission_fen
    FROM order_lines l
    LEFT JOIN LATERAL (
        SELECT sum(d.amount_fen)::bigint AS fen FROM order_line_discounts d
        WHERE d.order_line_id = l.id AND d.funded_by_workshop_id = l.workshop_id AND l.discount_fen > 0
    ) own ON l.discount_fen > 0
    WHERE NOT l.is_open
"""
"""The parts of lines that somebody makes: own_fen is the discount its workshop bears, cluster_fen the rest; commission rounds
half up."""

_POST = text(
    f"""
    WITH fresh AS (
        INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
        SELECT o.paid_at, :now, 'sale', 'workshop_order', p.id, p.workshop_id, p.order_id
        FROM workshop_orders p JOIN orders o ON o.id = p.order_id
        WHERE o.paid_at IS NOT NULL AND p.status NOT IN ('to_pack', 'reassigned') AND NOT EXISTS (
            SELECT FROM journal_entries e
            WHERE e.kind = 'sale' AND e.source_type = 'workshop_order' AND e.source_id = p.id)
        ORDER BY p.id
        ON CONFLICT (kind, source_type, source_id) DO NOTHING
        RETURNING id, source_id, order_id, workshop_id
    ), shares AS (
        SELECT f.id AS entry_id, s.*
        FROM fresh f JOIN ({LINE_SHARES}) s ON s.order_id = f.order_id AND s.workshop_id = f.workshop_id
    ), sums AS (
        SELECT entry_id, sum(paid_fen)::bigint AS paid_fen, sum(commission_fen)::bigint AS commission_fen
        FROM shares GROUP BY entry_id
    ), sides AS (
        SELECT entry_id, side.account, order_line_id, side.fen FROM shares CROSS JOIN LATERAL (VALUES
            ('workshop_goods', -amount_fen), ('workshop_discounts', own_fen),
            ('workshop_commission', commission_fen), ('cluster_coupons', cluster_fen)) AS side (account, fen)
        UNION ALL
        SELECT f.id, side.account, NULL, side.fen
        FROM fresh f JOIN workshop_orders p ON p.id = f.source_id JOIN sums ON sums.entry_id = f.id
        CROSS JOIN LATERAL (VALUES
            ('advances', sums.paid_fen + p.freight_fen), ('workshop_freight', -p.freight_fen),
            ('cluster_commission', -sums.commission_fen)) AS side (account, fen)
    ), posted AS (
        INSERT INTO journal_postings (entry_id, account, order_line_id, amount_fen)
        SELECT entry_id, account, order_line_id, fen FROM sides WHERE fen <> 0
    )
    SELECT count(*) FROM fresh
    """  # noqa: S608
)


def post_sales(at: datetime) -> int:
    """Post every paid part that isn't in the journal; how many there were.

    A part that waits to be packed is left for later: until then its lines may be given to other workshops.
    """
    return int(db.session.scalar(_POST, {"now": at}) or 0)
