"""Where a workshop's money goes: its bank account. The number is kept encrypted; screens show its last digits."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import func, select

from core.db import db
from core.errors import InvalidInput
from core.secrets import decrypt, encrypt
from domain.settlement.models import Payee

_ACCOUNT = re.compile(r"[0-9]{8,30}")
_NAME = re.compile(r"[\w（）()·.、\- ]{2,60}")


def enter_payee(workshop_id: int, *, holder: str, bank: str, account: str, by: str) -> Payee:
    """From now on the workshop is paid here; earlier accounts stay on record. Spaces within the number don't count."""
    digits = re.sub(r"\s", "", account)
    faults = {}
    if not _ACCOUNT.fullmatch(digits):
        faults["account"] = "账号是 8 到 30 位数字"
    for name, text in (("holder", holder), ("bank", bank)):
        # A file for the bank is opened in a spreadsheet sooner or later: no name may look like a formula.
        if not _NAME.fullmatch(text.strip()) or text.strip()[0] in "-.":
            faults[name] = "请填写 2 到 60 个字，不要用特殊符号"
    if faults:
        raise InvalidInput(faults)
    payee = Payee(
        workshop_id=workshop_id, holder=holder.strip(), bank=bank.strip(), account_encrypted=encrypt(digits),
        account_tail=digits[-4:], by=by,
    )  # fmt: skip
    db.session.add(payee)
    db.session.flush()
    return payee


def payees_of(workshop_ids: Collection[int]) -> dict[int, Payee]:
    """The bank account now used for each workshop that has one."""
    newest = select(func.max(Payee.id)).where(Payee.workshop_id.in_(workshop_ids)).group_by(Payee.workshop_id)
    return {payee.workshop_id: payee for payee in db.session.scalars(select(Payee).where(Payee.id.in_(newest)))}


def account_number(payee: Payee) -> str:
    """The whole number, for the bank's file only."""
    return decrypt(payee.account_encrypted)
