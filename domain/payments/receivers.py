"""Merchants that may receive shares: added at WeChat by a job, and taken away when a workshop has another number."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.settings import settings
from domain.payments.alarms import AlarmKind, sound
from domain.payments.share_models import AccountStatus, ShareAccount
from domain.payments.share_moves import move_account, note
from domain.payments.sharing import LOOKS, MOST_AT_ONCE
from gateways import registry
from gateways.wechat_pay import sharing_contract
from gateways.wechat_pay.errors import WechatPayRefused, WechatPayUnavailable


def register(workshop_id: int, mchid: str | None, name: str, *, by: str) -> None:
    """From now on the workshop's shares go to this merchant (None: nowhere); jobs tell WeChat."""
    for account in db.session.scalars(select(ShareAccount).filter_by(workshop_id=workshop_id).with_for_update()):
        if account.mchid != mchid and account.status not in {AccountStatus.LEAVING, AccountStatus.REMOVED}:
            move_account(account, AccountStatus.LEAVING, by=by)
            _soon(account)
    if mchid is None:
        return
    row = insert(ShareAccount).values(
        workshop_id=workshop_id, mchid=mchid, name=name, status=AccountStatus.ASKED, looks=0, look_at=now(),
        created_at=now(),
    )  # fmt: skip
    added = db.session.scalar(row.on_conflict_do_nothing().returning(ShareAccount))
    if added is not None:
        note(None, added, None, AccountStatus.ASKED, by=by, reason=mchid)
        return
    known = db.session.scalars(select(ShareAccount).filter_by(workshop_id=workshop_id, mchid=mchid)).one()
    known.name = name
    if known.status != AccountStatus.ASKED:
        move_account(known, AccountStatus.ASKED, by=by, reason=mchid)
    _soon(known)


def take_due(*, most: int = MOST_AT_ONCE) -> list[int]:
    """Accounts whose time has come, each for five minutes."""
    due = select(ShareAccount).where(ShareAccount.look_at <= now()).order_by(ShareAccount.look_at).limit(most)
    rows = list(db.session.scalars(due.with_for_update(skip_locked=True, key_share=True)))
    for row in rows:
        row.look_at = now() + timedelta(minutes=5)
    return [row.id for row in rows]


def tell_wechat(account_id: int) -> None:
    """WeChat knows the account as a receiver, for every app we are paid in, or no more. May be repeated."""
    account = db.session.get_one(ShareAccount, account_id)
    db.session.refresh(account, with_for_update=True)
    if account.status not in {AccountStatus.ASKED, AccountStatus.LEAVING}:
        account.look_at = None
        return
    account.look_at = now() + LOOKS[min(account.looks, len(LOOKS) - 1)]
    account.looks += 1
    client, is_leaving = registry.wechat_pay().sharing, account.status == AccountStatus.LEAVING
    try:
        for appid in sorted({settings().wechat_mini_appid, settings().wechat_oa_appid} - {""}):
            if is_leaving:
                client.remove_receiver(appid, account.mchid)
            else:
                client.add_receiver(sharing_contract.ShareAccount(appid, account.mchid, account.name))
    except WechatPayUnavailable:
        return
    except WechatPayRefused as refusal:
        reason = str(refusal.params.get("reason", ""))
        sound(AlarmKind.SHARE_ACCOUNT_REFUSED, account.mchid, reason)
        if not is_leaving:
            move_account(account, AccountStatus.REFUSED, by="query", reason=reason)
            account.look_at = None
        return
    move_account(account, AccountStatus.REMOVED if is_leaving else AccountStatus.ADDED, by="query")
    account.look_at = None


def accounts_of(workshop_ids: set[int]) -> list[ShareAccount]:
    """Their accounts that are or are to be known at WeChat, by workshop and key."""
    gone = {AccountStatus.LEAVING, AccountStatus.REMOVED}
    mine = select(ShareAccount).where(ShareAccount.workshop_id.in_(workshop_ids), ShareAccount.status.not_in(gone))
    return list(db.session.scalars(mine.order_by(ShareAccount.workshop_id, ShareAccount.id)))


def _soon(account: ShareAccount) -> None:
    account.look_at, account.looks = now(), 0
    db.session.flush()
