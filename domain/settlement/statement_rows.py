"""The rows behind a statement's figures: one per order line, one per freight, one per correction, one per part of
an order that the workshop's own merchant was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from core.db import db
from domain.settlement.models import Statement


@dataclass(frozen=True, slots=True)
class StatementRow:
    """What one line (or a freight, a correction, an order's share, a receipt) adds to a statement; amounts in fen, as its
    columns.

    `amount_fen` is of the goods before discounts; `workshop_order_number` is empty for a correction, whose reason is
    `product_name`; `quantity` is zero where nothing was counted.
    """

    at: datetime
    kind: str
    workshop_order_number: str
    product_name: str
    product_name_en: str
    variant_name: str
    quantity: int
    amount_fen: int
    discount_fen: int
    commission_fen: int
    freight_fen: int
    refund_fen: int
    correction_fen: int
    shared_fen: int = 0
    received_fen: int = 0
    """What the workshop's own merchant got of its part already; a row of its own."""

    @property
    def due_fen(self) -> int:
        return (
            self.amount_fen
            - self.discount_fen
            - self.commission_fen
            + self.freight_fen
            - self.refund_fen
            + self.correction_fen
            - self.shared_fen
            - self.received_fen
        )

    @property
    def is_received(self) -> bool:
        return self.kind == "received"

    @property
    def is_freight(self) -> bool:
        return self.kind == "freight"

    @property
    def is_share(self) -> bool:
        return self.kind == "share"


_ROWS = text(
    """
    WITH claimed AS (
        SELECT e.id, e.at, e.order_id, e.workshop_id, e.source_id, e.kind
        FROM statement_entries s JOIN journal_entries e ON e.id = s.entry_id WHERE s.statement_id = :statement_id
    ), sums AS (
        SELECT min(c.at) AS at, c.order_id, c.workshop_id, p.order_line_id,
            CASE WHEN c.kind = 'correction' THEN c.source_id END AS correction_id,
            c.kind IN ('share', 'share_return') AS is_share,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_goods'), 0)::bigint AS goods,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_discounts'), 0)::bigint AS discount,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_commission'), 0)::bigint AS commission,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_freight'), 0)::bigint AS freight,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_refunds'), 0)::bigint AS refund,
            -COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_corrections'), 0)::bigint AS correction,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_shared'), 0)::bigint AS shared,
            COALESCE(sum(p.amount_fen) FILTER (WHERE p.account = 'workshop_received'), 0)::bigint AS received,
            c.kind LIKE 'own_%' AS is_receipt
        FROM claimed c JOIN journal_postings p ON p.entry_id = c.id
        WHERE p.account LIKE 'workshop_%' GROUP BY 2, 3, 4, 5, 6, c.kind LIKE 'own_%'
    )
    SELECT s.at, CASE WHEN s.correction_id IS NOT NULL THEN 'correction' WHEN s.is_share THEN 'share'
            WHEN s.is_receipt THEN 'received' WHEN l.id IS NULL THEN 'freight' ELSE 'line' END,
        COALESCE(w.number, ''), COALESCE(l.product_name, x.reason, ''), COALESCE(l.product_name_en, ''),
        COALESCE(l.variant_name, ''), CASE WHEN s.goods <> 0 THEN l.quantity ELSE 0 END,
        s.goods, s.discount, s.commission, s.freight, s.refund, s.correction, s.shared, s.received
    FROM sums s
    LEFT JOIN order_lines l ON l.id = s.order_line_id
    LEFT JOIN workshop_orders w ON w.order_id = s.order_id AND w.workshop_id = s.workshop_id
    LEFT JOIN settlement_corrections x ON x.id = s.correction_id
    ORDER BY s.order_id NULLS LAST, s.order_line_id NULLS LAST, s.is_share, s.is_receipt, s.correction_id
    LIMIT :size OFFSET :start
    """
)
MOST_ROWS = 50_000


def rows_of_statement(statement: Statement, *, number: int = 1, size: int = MOST_ROWS) -> list[StatementRow]:
    """A page of the rows that a statement's figures are the sums of; the carried lack is in none of them."""
    values = {"statement_id": statement.id, "size": size, "start": (number - 1) * size}
    return [StatementRow(*row) for row in db.session.execute(_ROWS, values)]


def orders_of(rows: list[StatementRow]) -> list[tuple[str, list[StatementRow]]]:
    """The rows by workshop order, in their order; corrections stand under an empty number."""
    grouped: dict[str, list[StatementRow]] = {}
    for row in rows:
        grouped.setdefault(row.workshop_order_number, []).append(row)
    return list(grouped.items())
