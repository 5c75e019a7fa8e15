"""The journal is written by pulling: rows that say what happened and aren't in it yet are posted, each exactly once.

Nobody upstream knows of it. It may run anywhere, any time, several times at once, and be killed: what was not committed
is found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.clock import now
from core.db import db
from domain.settlement.fees import BILL, fees_due
from domain.settlement.models import Account, EntryKind, JournalEntry, JournalPosting
from domain.settlement.own_receipts import post_own_receipts
from domain.settlement.receipts import post_receipts
from domain.settlement.refunds import post_refunds
from domain.settlement.sales import post_sales
from domain.settlement.shared import post_shared

# Those who post and those who draft take turns: a running total needs all that was posted before.
_TURN = 7264016


@dataclass(frozen=True, slots=True)
class Posted:
    """How many entries were new. `receipts`: payments for orders and money that went back to their buyers."""

    sales: int
    refunds: int
    surplus: int
    fees: int = 0
    shared: int = 0
    receipts: int = 0
    own: int = 0

    @property
    def total(self) -> int:
        return self.sales + self.refunds + self.surplus + self.fees + self.shared + self.receipts + self.own


def post_new() -> Posted:
    """Everything that happened upstream and was committed is in the journal when this returns."""
    take_turn()
    at = now()
    sales, refunds = post_sales(at), post_refunds(at)
    receipts, surplus = post_receipts(at)
    return Posted(sales, refunds, surplus, post_fees(), post_shared(at), receipts, post_own_receipts(at))


def post_fees() -> int:
    """Post what WeChat's bills say it kept; how many bills there were."""
    return sum(post_fee(BILL, due.trade_bill_id, due.amount_fen, due.at) for due in fees_due())


def post_fee(source_type: str, source_id: int, amount_fen: int, at: datetime) -> bool:
    """WeChat kept `amount_fen` of what it holds (negative: gave back), as its bill `source_type` `source_id` says. False
    when that one is posted already."""
    sides = {Account.WECHAT: -amount_fen, Account.WECHAT_FEES: amount_fen}
    return write_entry(EntryKind.FEE, source_type, source_id, sides, at=at)


def post_withdrawal(source_type: str, source_id: int, amount_fen: int, at: datetime) -> bool:
    """`amount_fen` went from WeChat to the bank. False when that row is posted already."""
    sides = {Account.WECHAT: -amount_fen, Account.BANK: amount_fen}
    return write_entry(EntryKind.WITHDRAWAL, source_type, source_id, sides, at=at)


def write_entry(
    kind: EntryKind,
    source_type: str,
    source_id: int,
    sides: Mapping[Account, int],
    *,
    at: datetime,
    workshop_id: int | None = None,
) -> bool:
    """Write one entry with its postings (fen, debit positive); False when the source has one of this kind already."""
    row = upsert(JournalEntry).values(
        at=at, posted_at=now(), kind=kind, source_type=source_type, source_id=source_id, workshop_id=workshop_id
    )
    key = db.session.scalar(row.on_conflict_do_nothing().returning(JournalEntry.id))
    if key is None:
        return False
    postings = [{"entry_id": key, "account": account, "amount_fen": fen} for account, fen in sides.items() if fen]
    db.session.execute(insert(JournalPosting).values(postings))
    return True


def take_turn() -> None:
    """Wait for whoever posts or drafts now; from here on this transaction sees all they did."""
    db.session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    # A month at once is sorted in memory, in this transaction only.
    db.session.execute(select(func.set_config("work_mem", "64MB", True)))
