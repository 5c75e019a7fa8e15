"""Our books against WeChat's bill of each day: every fen is matched, or is a difference that somebody explains.

A row is matched by our number, whatever day we think it belongs to; what the bill lacks is looked for by WeChat's own
times, and in the bills of other days before it counts as missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum

from sqlalchemy import Exists, Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now, today
from core.db import db
from core.errors import InvalidInput, NotFound
from core.settings import settings
from domain.payments import billing
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import (
    BillDifference,
    BillDifferenceNote,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    TradeBill,
    TradeBillRow,
)
from gateways import registry
from gateways.wechat_pay.bills import read_trade_bill
from gateways.wechat_pay.contract import BillRow
from gateways.wechat_pay.errors import BillEmpty, BillUnreadable

MATCHED_LATER = "后来对上了"
_RECHECKED = timedelta(days=7)
_BATCH = 1000
_KEEPING = 7264017  # the first half of the advisory lock under which a day's versions are told apart
_TAKEN = {PaymentStatus.PAID, PaymentStatus.SURPLUS}
# What WeChat writes for a refund that did not go through.
_FAILED = "FAIL"


class DifferenceKind(StrEnum):
    """`unknown`: only WeChat has it; `missing`: only we have it; `unconfirmed`: we have it, but don't count the money."""

    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_UNCONFIRMED = "payment_unconfirmed"
    PAYMENT_AMOUNT = "payment_amount"
    PAYMENT_MISSING = "payment_missing"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_UNCONFIRMED = "refund_unconfirmed"
    REFUND_AMOUNT = "refund_amount"
    REFUND_MISSING = "refund_missing"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Found:
    """A difference as the comparison finds it."""

    kind: DifferenceKind
    reference: str
    ours_fen: int
    bill_fen: int


@dataclass(frozen=True, slots=True)
class Note:
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference as people are shown it. Without notes it is unexplained."""

    id: int
    kind: DifferenceKind
    reference: str
    ours_fen: int
    bill_fen: int
    found_at: datetime
    notes: list[Note]

    @property
    def off_fen(self) -> int:
        return self.bill_fen - self.ours_fen


@dataclass(frozen=True, slots=True)
class Day:
    """How a day's bill stands: its newest version, rows that agree, and what is still unexplained (fen, unsigned)."""

    bill_on: date
    fetched_at: datetime
    rows: int
    matched: int
    differences: int
    unexplained: int
    unexplained_fen: int
    fee_fen: int


def reconcile_yesterday() -> None:
    """Yesterday's bill is fetched and compared, and open differences of the last week once more."""
    yesterday = today() - timedelta(days=1)
    reconcile(yesterday)
    open_days = select(BillDifference.bill_on).where(
        BillDifference.bill_on >= yesterday - _RECHECKED, BillDifference.bill_on < yesterday, ~_is_explained()
    )
    for day in sorted(set(db.session.scalars(open_days))):
        compare(day)


def reconcile(day: date) -> None:
    """Fetch the bill of a day and compare. Repeated, it adds only what is new.

    Raises BillNotReady and the gateway's errors: the job comes again. An unreadable bill is an alarm besides nothing.
    """
    try:
        with registry.wechat_pay().trade_bill(day) as file:
            rows = list(read_trade_bill(file))
    except BillEmpty:
        rows = []
    except BillUnreadable as fault:
        sound(AlarmKind.BILL_UNREADABLE, day.isoformat(), str(fault.params.get("reason", "")))
        return
    _keep(day, rows, billing.bills_of_merchants(day))
    compare(day)


def compare(day: date) -> None:
    """Compare the day's newest bill with our books; what was a difference and agrees now is noted as such."""
    bill = _newest_bill(day)
    if bill is None:
        raise NotFound(what="bill")
    found = {(each.kind, each.reference, each.ours_fen, each.bill_fen) for each in _differences(bill)}
    for kind, reference, ours_fen, bill_fen in sorted(found):
        values = {"bill_on": day, "kind": kind, "reference": reference, "ours_fen": ours_fen, "bill_fen": bill_fen}
        db.session.execute(insert(BillDifference).values(**values, found_at=now()).on_conflict_do_nothing())
    for known in db.session.scalars(select(BillDifference).where(BillDifference.bill_on == day, ~_is_explained())):
        if (known.kind, known.reference, known.ours_fen, known.bill_fen) not in found:
            db.session.add(BillDifferenceNote(bill_difference_id=known.id, by="timer", reason=MATCHED_LATER))
    db.session.flush()


def explain(difference_id: int, reason: str, by: str) -> None:
    """Note why a difference is none, or what was done about it; notes are never changed. NotFound, InvalidInput."""
    if not reason.strip():
        raise InvalidInput({"reason": "请写明原因"})
    if db.session.get(BillDifference, difference_id) is None:
        raise NotFound(what="difference")
    db.session.add(BillDifferenceNote(bill_difference_id=difference_id, by=by, reason=reason.strip()))
    db.session.flush()


def days(*, limit: int = 31) -> list[Day]:
    """The days whose bill was fetched, newest first."""
    bills = select(TradeBill).where(TradeBill.id.in_(_newest_bills())).order_by(TradeBill.bill_on.desc()).limit(limit)
    return [_day(bill) for bill in db.session.scalars(bills)]


def find_day(day: date) -> Day:
    """How the bill of one day stands. NotFound when none was fetched."""
    bill = _newest_bill(day)
    if bill is None:
        raise NotFound(what="bill")
    return _day(bill)


def count_unexplained() -> int:
    """Differences of all days that nobody has explained yet."""
    return db.session.scalar(select(func.count(BillDifference.id)).where(~_is_explained())) or 0


def differences(day: date) -> list[Difference]:
    """Every difference of a day with its notes, in the order in which they were found."""
    rows = list(db.session.scalars(select(BillDifference).filter_by(bill_on=day).order_by(BillDifference.id)))
    notes: dict[int, list[Note]] = {row.id: [] for row in rows}
    statement = select(BillDifferenceNote).where(BillDifferenceNote.bill_difference_id.in_(notes))
    for note in db.session.scalars(statement.order_by(BillDifferenceNote.id)):
        notes[note.bill_difference_id].append(Note(note.at, note.by, note.reason))
    return [
        Difference(
            row.id, DifferenceKind(row.kind), row.reference, row.ours_fen, row.bill_fen, row.found_at, notes[row.id]
        )
        for row in rows
    ]


def fee_of(out_trade_no: str) -> int | None:
    """WeChat's fee of a payment less what its refunds gave back (fen); None before its bill was fetched."""
    rows = select(func.sum(TradeBillRow.fee_fen)).where(
        TradeBillRow.out_trade_no == out_trade_no, TradeBillRow.trade_bill_id.in_(_newest_bills())
    )
    fee_fen = db.session.scalar(rows)
    return None if fee_fen is None else int(fee_fen)


def _keep(day: date, rows: list[BillRow], others: list[tuple[str, BillRow]]) -> None:
    """Store a bill, with the rows of workshops' own merchants, unless its newest version says the same: what was fetched
    last counts, also if it was said before."""
    db.session.execute(select(func.pg_advisory_xact_lock(_KEEPING, day.toordinal())))
    said = [astuple(row) for row in rows] + [(mchid, *astuple(row)) for mchid, row in others]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    newest = _newest_bill(day)
    if newest is not None and newest.digest == digest:
        return
    made = insert(TradeBill).values(bill_on=day, digest=digest, fetched_at=now(), rows=len(said))
    bill_id = db.session.scalars(made.returning(TradeBill.id)).one()
    values = [asdict(row) | {"workshop_mchid": None} for row in rows]
    values += [asdict(row) | {"workshop_mchid": mchid} for mchid, row in others]
    for start in range(0, len(values), _BATCH):
        some = enumerate(values[start : start + _BATCH], start=start + 1)
        numbered = [each | {"trade_bill_id": bill_id, "line": line} for line, each in some]
        db.session.execute(insert(TradeBillRow), numbered)


def _differences(bill: TradeBill) -> Iterator[Found]:
    rows = list(db.session.scalars(select(TradeBillRow).filter_by(trade_bill_id=bill.id).order_by(TradeBillRow.line)))
    payments = billing.orders_of(row.out_trade_no for row in rows if not row.is_refund)
    refunds = _refunds(row.out_refund_no for row in rows if row.is_refund)
    for row in rows:
        if row.is_refund:
            yield from _refund_differences(row, refunds.get(row.out_refund_no))
        else:
            yield from _payment_differences(row, payments.get(row.out_trade_no))
            yield from _fee_differences(row)
    yield from _missing_payments(bill.bill_on)
    yield from _missing_refunds(bill.bill_on)


def _payment_differences(row: TradeBillRow, payment: billing.Ours | None) -> Iterator[Found]:
    if payment is None:
        yield Found(DifferenceKind.PAYMENT_UNKNOWN, row.out_trade_no, 0, row.amount_fen)
    elif payment.status not in _TAKEN or payment.transaction_id != row.transaction_id:
        # The sweep asks about it again: if the money is there, the order hears of it.
        payment.payment.ask_at = now()
        yield Found(DifferenceKind.PAYMENT_UNCONFIRMED, row.out_trade_no, 0, row.amount_fen)
    elif payment.amount_fen != row.amount_fen:
        yield Found(DifferenceKind.PAYMENT_AMOUNT, row.out_trade_no, payment.amount_fen, row.amount_fen)


def _refund_differences(row: TradeBillRow, refund: Refund | None) -> Iterator[Found]:
    bill_fen = 0 if row.state == _FAILED else row.amount_fen
    if refund is None:
        yield Found(DifferenceKind.REFUND_UNKNOWN, row.out_refund_no, 0, bill_fen)
        return
    ours_fen = 0 if refund.status in {RefundStatus.ASKED, RefundStatus.CLOSED} else refund.amount_fen
    if ours_fen and bill_fen and ours_fen != bill_fen:
        yield Found(DifferenceKind.REFUND_AMOUNT, row.out_refund_no, ours_fen, bill_fen)
    elif ours_fen != bill_fen:
        yield Found(DifferenceKind.REFUND_UNCONFIRMED, row.out_refund_no, ours_fen, bill_fen)


def _fee_differences(row: TradeBillRow) -> Iterator[Found]:
    """The fee is the row's own rate of its amount, rounded; a fen more or less is rounding."""
    try:
        rate = Decimal(row.rate.removesuffix("%")) / 100
    except InvalidOperation:
        return
    due_fen = int((row.amount_fen * rate).to_integral_value(ROUND_HALF_UP))
    if abs(due_fen - row.fee_fen) > 1:
        yield Found(DifferenceKind.FEE, row.out_trade_no, due_fen, row.fee_fen)


def _missing_payments(day: date) -> Iterator[Found]:
    start, end = _bounds(day)
    numbers = billing.numbers_at_wechat().subquery()
    in_a_bill = exists().where(
        TradeBillRow.out_trade_no == numbers.c.out_trade_no,
        TradeBillRow.is_refund.is_(False),
        TradeBillRow.trade_bill_id.in_(_newest_bills()),
    )
    ours = (
        select(numbers.c.out_trade_no, numbers.c.amount_fen)
        .join(Payment, Payment.id == numbers.c.payment_id)
        .where(Payment.status.in_(_TAKEN), Payment.paid_at >= start, Payment.paid_at < end, ~in_a_bill)
    )
    for number, amount_fen in db.session.execute(ours):
        yield Found(DifferenceKind.PAYMENT_MISSING, number, amount_fen, 0)


def _missing_refunds(day: date) -> Iterator[Found]:
    start, end = _bounds(day)
    in_a_bill = exists().where(
        TradeBillRow.out_refund_no == Refund.out_refund_no, TradeBillRow.trade_bill_id.in_(_newest_bills())
    )
    ours = select(Refund).where(
        Refund.status.in_({RefundStatus.PROCESSING, RefundStatus.SUCCEEDED, RefundStatus.ABNORMAL}),
        Refund.accepted_at >= start, Refund.accepted_at < end, ~in_a_bill,
    )  # fmt: skip
    for refund in db.session.scalars(ours):
        yield Found(DifferenceKind.REFUND_MISSING, refund.out_refund_no, refund.amount_fen, 0)


def _day(bill: TradeBill) -> Day:
    all_of_day = select(BillDifference).where(BillDifference.bill_on == bill.bill_on).subquery()
    total = db.session.scalar(select(func.count()).select_from(all_of_day)) or 0
    off_fen = func.coalesce(func.sum(func.abs(BillDifference.bill_fen - BillDifference.ours_fen)), 0)
    unexplained = select(func.count(BillDifference.id), off_fen).where(
        BillDifference.bill_on == bill.bill_on, ~_is_explained()
    )
    count, fen = db.session.execute(unexplained).one()
    rows = select(TradeBillRow).filter_by(trade_bill_id=bill.id).subquery()
    number = func.coalesce(func.nullif(rows.c.out_refund_no, ""), rows.c.out_trade_no)
    is_off = exists().where(
        BillDifference.bill_on == bill.bill_on, BillDifference.reference == number, ~_is_explained()
    )
    matched = db.session.scalar(select(func.count()).select_from(rows).where(~is_off)) or 0
    fee_fen = (
        db.session.scalar(select(func.coalesce(func.sum(rows.c.fee_fen), 0)).where(rows.c.workshop_mchid.is_(None)))
        or 0
    )
    return Day(bill.bill_on, bill.fetched_at, bill.rows, matched, total, count, int(fen), int(fee_fen))


def _refunds(numbers: Iterable[str]) -> dict[str, Refund]:
    statement = select(Refund).where(Refund.out_refund_no.in_(set(numbers)))
    return {refund.out_refund_no: refund for refund in db.session.scalars(statement)}


def _newest_bill(day: date) -> TradeBill | None:
    return db.session.scalars(select(TradeBill).filter_by(bill_on=day).order_by(TradeBill.id.desc())).first()


def _newest_bills() -> Select[int]:
    return select(func.max(TradeBill.id)).group_by(TradeBill.bill_on)


def _is_explained() -> Exists:
    return exists().where(BillDifferenceNote.bill_difference_id == BillDifference.id)


def _bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time.min, settings().zone)
    return start, start + timedelta(days=1)
