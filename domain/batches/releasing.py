"""A batch's fate: released for sale, blocked, recalled. Each move follows TRANSITIONS and leaves a history row."""

from __future__ import annotations

from core.db import db
from core.errors import InvalidInput
from core.states import check_transition
from domain.batches.models import TRANSITIONS, Batch, BatchHistory, BatchStatus


def release_batch(batch: Batch, *, by: str, reason: str = "检验合格，准予放行") -> None:
    """The batch may be labelled and sold."""
    move_batch(batch, BatchStatus.RELEASED, by=by, reason=reason)


def block_batch(batch: Batch, *, by: str, reason: str) -> None:
    """Nothing more of the batch is labelled or sold, until it is released again or recalled."""
    move_batch(batch, BatchStatus.BLOCKED, by=by, reason=_stated(reason))


def recall_batch(batch: Batch, *, by: str, reason: str) -> None:
    """What was sold of the batch must come back. There is no way out of a recall."""
    move_batch(batch, BatchStatus.RECALLED, by=by, reason=_stated(reason))


def move_batch(batch: Batch, to: BatchStatus, *, by: str, reason: str) -> None:
    """Change the status by the table, or raise TransitionRefused. Of two moves at once the second sees the first."""
    db.session.refresh(batch, ["status"], with_for_update=True)
    was = BatchStatus(batch.status)
    check_transition(TRANSITIONS, was, to)
    batch.status = to
    db.session.add(BatchHistory(batch_id=batch.id, by=by, from_status=was, to_status=to, reason=reason))
    db.session.flush()


def _stated(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput({"reason": "请写明原因"})
    return reason.strip()
