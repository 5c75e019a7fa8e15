"""Payouts: approved statements become payments of a bank file; the bank's answer ends each.

One attempt per statement can be alive (a unique index says so), whoever approves or makes files at the same time.
The journal moves with each step, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.numbers import random_code
from core.states import check_transition
from domain.settlement.models import (
    PAYOUT_TRANSITIONS,
    Account,
    EntryKind,
    Payee,
    Payout,
    PayoutFile,
    PayoutHistory,
    PayoutStatus,
    Statement,
    StatementStatus,
)
from domain.settlement.payees import payees_of
from domain.settlement.posting import write_entry
from domain.settlement.statements import lock_statement, move
from domain.workshops.directory import workshops_by_id


class NothingToPay(DomainError):
    """No statement is approved and unpaid: perhaps somebody else has just made the file."""

    message = "没有可以付款的对账单"


class PayeeUnknown(DomainError):
    message = "还没有登记收款账户：%(workshops)s"


class BankReferenceUsed(DomainError):
    message = "这个银行流水号已经用在另一笔付款上了"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One payment of a file with where it goes."""

    payout: Payout
    payee: Payee
    statement: Statement


def make_payout_file(statement_ids: Collection[int], by: str) -> PayoutFile:
    """A bank file of the approved ones among `statement_ids`: each gets a payout, and is being paid from now on.

    Those that are not approved (any more) are left out; NothingToPay when none is left, PayeeUnknown when a workshop
    has no bank account on record; nothing is made then.
    """
    # In key order; whoever waits here finds them moved on.
    held = [lock_statement(key) for key in sorted(set(statement_ids))]
    payable = [statement for statement in held if statement.status == StatementStatus.APPROVED]
    if not payable:
        raise NothingToPay
    payees = payees_of({statement.workshop_id for statement in payable})
    missing = sorted({statement.workshop_id for statement in payable} - set(payees))
    if missing:
        named = workshops_by_id(set(missing))
        raise PayeeUnknown(workshops="、".join(named[key].name for key in missing))
    file = PayoutFile(number=f"F{today():%y%m%d}{random_code(6)}", made_by=by)
    db.session.add(file)
    db.session.flush()
    for statement in payable:
        _ask(statement, payees[statement.workshop_id], file, by)
    return file


def mark_paid(payout: Payout, bank_reference: str, by: str, at: datetime | None = None) -> None:
    """The bank paid it. Told twice with the same reference, it is paid once; BankReferenceUsed for another's."""
    reference = bank_reference.strip()
    if not reference:
        raise InvalidInput({"bank_reference": "请填写银行流水号"})
    statement, payout = _hold(payout)
    if payout.status == PayoutStatus.PAID and payout.bank_reference == reference:
        return
    taken = select(func.count()).select_from(Payout).where(Payout.bank_reference == reference, Payout.id != payout.id)
    if db.session.scalar(taken):
        raise BankReferenceUsed
    payout.bank_reference = reference
    _settle(payout, PayoutStatus.PAID, by, reference, at or now())
    move(statement, StatementStatus.PAID, by, payout.number)
    sides = {Account.PAYOUTS_IN_TRANSIT: payout.amount_fen, Account.BANK: -payout.amount_fen}
    _post(EntryKind.PAYOUT_PAID, payout, sides)


def mark_failed(payout: Payout, reason: str, by: str) -> None:
    """The bank did not pay it: the statement is approved again and can be paid by a new attempt."""
    if not reason.strip():
        raise InvalidInput({"reason": "请写明银行退回的原因"})
    statement, payout = _hold(payout)
    _settle(payout, PayoutStatus.FAILED, by, reason.strip(), now())
    move(statement, StatementStatus.APPROVED, by, reason)
    sides = {Account.PAYOUTS_IN_TRANSIT: payout.amount_fen, Account.WORKSHOP_PAID: -payout.amount_fen}
    _post(EntryKind.PAYOUT_FAILED, payout, sides)


def find_payout(number: str) -> Payout:
    """The payout of `number`, or NotFound."""
    payout = db.session.scalars(select(Payout).filter_by(number=number)).first()
    if payout is None:
        raise NotFound(what="payout")
    return payout


def find_file(number: str) -> PayoutFile:
    """The bank file of `number`, or NotFound."""
    file = db.session.scalars(select(PayoutFile).filter_by(number=number)).first()
    if file is None:
        raise NotFound(what="payout file")
    return file


def file_of(payout: Payout) -> PayoutFile:
    """The bank file a payout is in."""
    return db.session.get_one(PayoutFile, payout.file_id)


def rows_of(file: PayoutFile) -> list[FileRow]:
    """The payments of a file, in the order of their keys."""
    rows = (
        select(Payout, Payee, Statement)
        .join(Payee, Payee.id == Payout.payee_id)
        .join(Statement, Statement.id == Payout.statement_id)
        .where(Payout.file_id == file.id)
        .order_by(Payout.id)
    )
    return [FileRow(*row) for row in db.session.execute(rows)]


def payouts_of(statement: Statement) -> list[Payout]:
    """All attempts to pay a statement, newest first."""
    return list(db.session.scalars(select(Payout).filter_by(statement_id=statement.id).order_by(Payout.id.desc())))


def recent_files(size: int = 20) -> list[PayoutFile]:
    """The newest bank files."""
    return list(db.session.scalars(select(PayoutFile).order_by(PayoutFile.id.desc()).limit(size)))


def _ask(statement: Statement, payee: Payee, file: PayoutFile, by: str) -> None:
    attempt = db.session.scalar(select(func.count()).select_from(Payout).filter_by(statement_id=statement.id)) or 0
    payout = Payout(
        number=f"{statement.number}-{attempt + 1}", statement_id=statement.id, workshop_id=statement.workshop_id,
        payee_id=payee.id, file_id=file.id, amount_fen=statement.due_fen,
    )  # fmt: skip
    db.session.add(payout)
    db.session.flush()
    db.session.add(PayoutHistory(payout_id=payout.id, by=by, from_status=None, to_status=PayoutStatus.ASKED))
    move(statement, StatementStatus.PAYING, by, payout.number)
    sides = {Account.WORKSHOP_PAID: payout.amount_fen, Account.PAYOUTS_IN_TRANSIT: -payout.amount_fen}
    _post(EntryKind.PAYOUT, payout, sides)


def _hold(payout: Payout) -> tuple[Statement, Payout]:
    """Both, held: the statement first, as everywhere."""
    statement = lock_statement(payout.statement_id)
    held = select(Payout).filter_by(id=payout.id).with_for_update().execution_options(populate_existing=True)
    return statement, db.session.scalars(held).one()


def _settle(payout: Payout, to: PayoutStatus, by: str, reason: str, at: datetime) -> None:
    from_status = PayoutStatus(payout.status)
    check_transition(PAYOUT_TRANSITIONS, from_status, to)
    payout.status = to
    payout.settled_at = at
    db.session.add(PayoutHistory(payout_id=payout.id, by=by, from_status=from_status, to_status=to, reason=reason))
    db.session.flush()


def _post(kind: EntryKind, payout: Payout, sides: dict[Account, int]) -> None:
    write_entry(kind, "payout", payout.id, sides, at=now(), workshop_id=payout.workshop_id)
