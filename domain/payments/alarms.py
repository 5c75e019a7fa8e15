"""What people must look at: money that isn't as it should be. Each fact is told once, however often it is met."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import NotFound
from core.metrics import PAYMENT_ALARMS
from core.paging import Page
from domain.payments.models import PaymentAlarm, PaymentAlarmSighting

log = structlog.get_logger(__name__)


class AlarmKind(StrEnum):
    """`mismatch`: WeChat speaks of another sum, merchant or app; `unknown`: of a number we never gave."""

    PAYMENT_MISMATCH = "payment_mismatch"
    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_SURPLUS = "payment_surplus"
    REFUND_MISMATCH = "refund_mismatch"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_REFUSED = "refund_refused"
    REFUND_ABNORMAL = "refund_abnormal"
    REFUND_CLOSED = "refund_closed"
    BILL_UNREADABLE = "bill_unreadable"
    SHARE_REFUSED = "share_refused"
    SHARE_CLOSED = "share_closed"
    SHARE_MISMATCH = "share_mismatch"
    SHARE_LATE = "share_late"
    SHARE_NOT_UNFROZEN = "share_not_unfrozen"
    SHARE_RETURN_FAILED = "share_return_failed"
    SHARE_ACCOUNT_REFUSED = "share_account_refused"


def sound(kind: AlarmKind, reference: str, detail: str = "") -> None:
    """Keep an alarm about our number `reference`; the same one again changes nothing."""
    row = insert(PaymentAlarm).values(kind=kind, reference=reference, detail=detail, at=now())
    if db.session.scalar(row.on_conflict_do_nothing().returning(PaymentAlarm.id)) is not None:
        PAYMENT_ALARMS.labels(kind.value).inc()
        log.error(kind.value, reference=reference, detail=detail)


def alarms(*, number: int = 1, size: int = 50) -> Page[PaymentAlarm]:
    """One page of alarms, newest first."""
    total = db.session.scalar(select(func.count(PaymentAlarm.id))) or 0
    rows = select(PaymentAlarm).order_by(PaymentAlarm.id.desc()).offset((number - 1) * size).limit(size)
    return Page(list(db.session.scalars(rows)), number, size, total)


def see(alarm_id: int, by: str, note: str = "") -> None:
    """Somebody looked at it: from then on everybody knows who, when, and what they did. The first counts. NotFound."""
    if db.session.get(PaymentAlarm, alarm_id) is None:
        raise NotFound(what="alarm")
    row = insert(PaymentAlarmSighting).values(alarm_id=alarm_id, by=by, note=note.strip(), at=now())
    db.session.execute(row.on_conflict_do_nothing())


def sightings(alarm_ids: Collection[int]) -> dict[int, PaymentAlarmSighting]:
    """Who looked at which of some alarms."""
    rows = db.session.scalars(select(PaymentAlarmSighting).where(PaymentAlarmSighting.alarm_id.in_(alarm_ids)))
    return {row.alarm_id: row for row in rows}


def count_alarms(since: datetime) -> int:
    """How many alarms were told since then."""
    return db.session.scalar(select(func.count(PaymentAlarm.id)).where(PaymentAlarm.at >= since)) or 0
