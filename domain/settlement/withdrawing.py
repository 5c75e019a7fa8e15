"""Money goes from WeChat to the cluster's bank: people note what the bank says, each arrival once."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput, Phrase
from core.money import yuan
from core.settings import settings
from domain.settlement.models import Account, JournalPosting, Withdrawal
from domain.settlement.posting import post_new, post_withdrawal


class WithdrawalKnown(DomainError):
    """The bank's reference was noted before, with another sum or day."""

    message = "这个银行流水号已经记过，金额或日期不同"


def note_withdrawal(amount_fen: int, arrived_on: date, bank_reference: str, *, by: str) -> Withdrawal:
    """The bank had `amount_fen` of WeChat's money on that day; it is in the journal. Noted twice, it is one.

    Raises InvalidInput on `yuan` (nothing, or more than lies at WeChat), `arrived_on` (a day to come) or
    `bank_reference`; WithdrawalKnown when the reference says something else.
    """
    reference = bank_reference.strip()
    _check(amount_fen, arrived_on, reference)
    # What the journal lacks is posted before it is asked what lies at WeChat; whoever else notes one waits here.
    post_new()
    known = db.session.scalars(select(Withdrawal).filter_by(bank_reference=reference)).first()
    if known is not None:
        if (known.amount_fen, known.arrived_on) != (amount_fen, arrived_on):
            raise WithdrawalKnown
        return known
    there = at_wechat_fen()
    if amount_fen > there:
        raise InvalidInput({"yuan": Phrase("微信账户里只有 %(most)s", most=yuan(there))})
    values = {"amount_fen": amount_fen, "arrived_on": arrived_on, "bank_reference": reference, "by": by, "at": now()}
    made = db.session.scalars(insert(Withdrawal).values(values).returning(Withdrawal)).one()
    at = min(now(), datetime.combine(arrived_on, time(12), settings().zone))
    post_withdrawal("withdrawal", made.id, amount_fen, at)
    return made


def at_wechat_fen() -> int:
    """What the journal says lies at WeChat."""
    rows = select(func.sum(JournalPosting.amount_fen)).filter_by(account=Account.WECHAT)
    return int(db.session.scalar(rows) or 0)


def recent_withdrawals(size: int = 20) -> list[Withdrawal]:
    """The newest ones."""
    return list(db.session.scalars(select(Withdrawal).order_by(Withdrawal.id.desc()).limit(size)))


def _check(amount_fen: int, arrived_on: date, reference: str) -> None:
    fields = {}
    if amount_fen < 1:
        fields["yuan"] = "请填写到账的金额"
    if arrived_on > today():
        fields["arrived_on"] = "到账日期不能晚于今天"
    if not reference:
        fields["bank_reference"] = "请填写银行流水号"
    if fields:
        raise InvalidInput(fields)
