"""Corrections by hand: a new entry in the journal with its reason, claimed by the workshop's next statement."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import InvalidInput
from domain.settlement.models import Account, Correction, EntryKind
from domain.settlement.posting import write_entry

MOST_FEN = 10_000_000


def correct(workshop_id: int, amount_fen: int, reason: str, *, by: str, request_key: str) -> Correction:
    """The workshop is due `amount_fen` more (negative: less), at the cluster's cost. A repeated key changes nothing."""
    if amount_fen == 0 or abs(amount_fen) > MOST_FEN:
        raise InvalidInput({"amount_fen": "调整金额不能为零，也不能超过十万元"})
    if not reason.strip():
        raise InvalidInput({"reason": "请写明调整的原因"})
    row = insert(Correction).values(
        workshop_id=workshop_id, amount_fen=amount_fen, reason=reason.strip(), by=by, at=now(), request_key=request_key
    )
    key = db.session.scalar(row.on_conflict_do_nothing().returning(Correction.id))
    made = db.session.scalars(select(Correction).filter_by(request_key=request_key)).one()
    if key is not None:
        sides = {Account.WORKSHOP_CORRECTIONS: -amount_fen, Account.CLUSTER_CORRECTIONS: amount_fen}
        write_entry(EntryKind.CORRECTION, "settlement_correction", made.id, sides, at=made.at, workshop_id=workshop_id)
    return made
