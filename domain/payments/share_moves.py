"""Moves of shares, requests, receivers, returns and accounts: each through its table, each with a line of history."""

from __future__ import annotations

from core.db import db
from core.states import check_transition
from domain.payments.share_models import (
    ACCOUNT_TRANSITIONS,
    RECEIVER_TRANSITIONS,
    REQUEST_TRANSITIONS,
    RETURN_TRANSITIONS,
    SHARE_TRANSITIONS,
    AccountStatus,
    ProfitShare,
    ReceiverStatus,
    RequestStatus,
    ReturnStatus,
    ShareAccount,
    ShareHistory,
    ShareReceiver,
    ShareRequest,
    ShareReturn,
    ShareStatus,
    Subject,
)

Row = ProfitShare | ShareRequest | ShareReceiver | ShareReturn | ShareAccount
_SUBJECTS: dict[type[Row], Subject] = {
    ProfitShare: Subject.SHARE,
    ShareRequest: Subject.REQUEST,
    ShareReceiver: Subject.RECEIVER,
    ShareReturn: Subject.RETURN,
    ShareAccount: Subject.ACCOUNT,
}


def move_share(share: ProfitShare, to: ShareStatus, *, by: str, reason: str = "") -> None:
    was = ShareStatus(share.status)
    check_transition(SHARE_TRANSITIONS, was, to)
    share.status = to
    note(share.id, share, was, to, by=by, reason=reason)


def move_request(share: ProfitShare, request: ShareRequest, to: RequestStatus, *, by: str, reason: str = "") -> None:
    was = RequestStatus(request.status)
    check_transition(REQUEST_TRANSITIONS, was, to)
    request.status = to
    note(share.id, request, was, to, by=by, reason=reason)


def move_receiver(share: ProfitShare, row: ShareReceiver, to: ReceiverStatus, *, by: str, reason: str = "") -> None:
    was = ReceiverStatus(row.status)
    check_transition(RECEIVER_TRANSITIONS, was, to)
    row.status = to
    note(share.id, row, was, to, by=by, reason=reason)


def move_return(share_id: int, row: ShareReturn, to: ReturnStatus, *, by: str, reason: str = "") -> None:
    was = ReturnStatus(row.status)
    check_transition(RETURN_TRANSITIONS, was, to)
    row.status = to
    note(share_id, row, was, to, by=by, reason=reason)


def move_account(account: ShareAccount, to: AccountStatus, *, by: str, reason: str = "") -> None:
    was = AccountStatus(account.status)
    check_transition(ACCOUNT_TRANSITIONS, was, to)
    account.status = to
    note(None, account, was, to, by=by, reason=reason)


def note(share_id: int | None, row: Row, was: str | None, to: str, *, by: str, reason: str = "") -> None:
    """Write the line of history of a row that has its key."""
    db.session.add(
        ShareHistory(
            share_id=share_id, subject=_SUBJECTS[type(row)], subject_id=row.id, by=by, from_status=was, to_status=to,
            reason=reason,
        )
    )  # fmt: skip
    db.session.flush()
