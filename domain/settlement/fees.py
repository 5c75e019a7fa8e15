"""WeChat's fees for the journal: one entry a day, of the day's newest bill; a corrected bill posts what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import text

from core.db import db
from core.settings import settings

BILL = "trade_bill"
"""What the entries' source is: a version of a day's bill."""

# A version that changes nothing about the fees is never posted, and costs one index scan to find so.
_DUE = text(
    """
    WITH newest AS (
        SELECT DISTINCT ON (bill_on) id, bill_on FROM trade_bills ORDER BY bill_on, id DESC
    )
    SELECT n.id, n.bill_on, bill.fen - posted.fen AS fen
    FROM newest n
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(r.fee_fen), 0)::bigint AS fen FROM trade_bill_rows r
        WHERE r.trade_bill_id = n.id AND r.workshop_mchid IS NULL
    ) bill
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(p.amount_fen), 0)::bigint AS fen
        FROM trade_bills b
        JOIN journal_entries e ON e.kind = 'fee' AND e.source_type = 'trade_bill' AND e.source_id = b.id
        JOIN journal_postings p ON p.entry_id = e.id AND p.account = 'wechat_fees'
        WHERE b.bill_on = n.bill_on
    ) posted
    WHERE bill.fen <> posted.fen AND NOT EXISTS (
        SELECT FROM journal_entries e WHERE e.kind = 'fee' AND e.source_type = 'trade_bill' AND e.source_id = n.id)
    ORDER BY n.id
    """
)


@dataclass(frozen=True, slots=True)
class Due:
    """What a version of a bill adds to the fees of its day (fen; negative: gives back), at that day's end."""

    trade_bill_id: int
    amount_fen: int
    at: datetime


def fees_due() -> Iterator[Due]:
    """The bills whose fees aren't in the journal yet."""
    for bill_id, day, fen in db.session.execute(_DUE).all():
        yield Due(bill_id, int(fen), datetime.combine(day, time.max, settings().zone))
