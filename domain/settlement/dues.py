"""What an order's workshops are due of it once every refund asked for has arrived, by the journal's own arithmetic.

The journal knows refunds when they succeed; shares and returns are decided before, so the same sums are made here
of the rows it will be written from.
"""

from __future__ import annotations

from sqlalchemy import text

from core.db import db
from domain.settlement.sales import LINE_SHARES

_DUES = text(
    f"""
    WITH back AS (
        SELECT rl.workshop_id, rl.order_line_id, sum(rl.amount_fen)::bigint AS fen
        FROM order_refund_lines rl
        JOIN order_refunds o ON o.id = rl.order_refund_id
        JOIN refunds r ON r.out_refund_no = o.out_refund_no AND r.status <> 'closed'
        WHERE o.order_id = :order_id GROUP BY rl.workshop_id, rl.order_line_id
    ), lines AS (
        SELECT s.workshop_id, s.amount_fen - s.own_fen - s.commission_fen - COALESCE(b.fen, 0)
            - COALESCE((2 * s.cluster_fen * b.fen + s.paid_fen) / NULLIF(2 * s.paid_fen, 0), 0)
            + COALESCE((2 * s.commission_fen * b.fen + s.paid_fen) / NULLIF(2 * s.paid_fen, 0), 0) AS fen
        FROM ({LINE_SHARES}) s LEFT JOIN back b ON b.order_line_id = s.order_line_id
        WHERE s.order_id = :order_id
        UNION ALL
        SELECT p.workshop_id, p.freight_fen - COALESCE(b.fen, 0)
        FROM workshop_orders p LEFT JOIN back b ON b.workshop_id = p.workshop_id AND b.order_line_id IS NULL
        WHERE p.order_id = :order_id AND p.status <> 'reassigned'
    )
    SELECT workshop_id, sum(fen)::bigint FROM lines GROUP BY workshop_id ORDER BY workshop_id
    """  # noqa: S608
)


def dues_of(order_id: int) -> dict[int, int]:
    """Fen by workshop; less than 0 where more goes back than the workshop was to get."""
    return {row[0]: int(row[1]) for row in db.session.execute(_DUES, {"order_id": order_id})}
