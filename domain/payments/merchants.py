"""Workshops that are merchants of their own: their API credentials, encrypted, and the client that speaks for each."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import select

from core.clock import now
from core.db import db
from core.errors import NotFound
from core.secrets import decrypt, encrypt
from core.settings import settings
from domain.payments.models import Merchant
from gateways import registry
from gateways.wechat_pay.contract import WechatPay
from gateways.wechat_pay.errors import RefundUnknown, WechatPayNotConfigured
from gateways.wechat_pay.merchants import MerchantKeys

log = structlog.get_logger(__name__)
# A refund that no merchant has: asking for it proves the keys and changes nothing.
_NO_REFUND = "BANLIASKSWHETHERTHEKEYSAREGOOD"


def set_credentials(keys: MerchantKeys, *, by: str) -> Merchant:
    """From now on these are the merchant's, and it takes new payments. WechatPayNotConfigured names a key that is none."""
    keys.check()
    merchant = db.session.scalars(select(Merchant).filter_by(mchid=keys.mchid).with_for_update()).first()
    if merchant is None:
        merchant = Merchant(mchid=keys.mchid)
        db.session.add(merchant)
    merchant.serial = keys.serial
    merchant.private_key_encrypted = encrypt(keys.private_key_pem)
    merchant.apiv3_key_encrypted = encrypt(keys.apiv3_key)
    merchant.public_key_id, merchant.public_key_pem = keys.public_key_id, keys.public_key_pem
    merchant.set_at, merchant.set_by, merchant.stopped_at = now(), by, None
    db.session.flush()
    log.info("merchant_set", mchid=keys.mchid, by=by)
    return merchant


def try_credentials(keys: MerchantKeys) -> None:
    """Ask WeChat something harmless under these keys; raises the gateway's error if it doesn't take them."""
    try:
        registry.merchant_pay(keys).query_refund(_NO_REFUND)
    except RefundUnknown:
        return


def stop(mchid: str, *, by: str) -> None:
    """New payments no longer go to the merchant. What it got is still refunded by it. NotFound."""
    merchant = db.session.scalars(select(Merchant).filter_by(mchid=mchid).with_for_update()).first()
    if merchant is None:
        raise NotFound(what="merchant")
    merchant.stopped_at = merchant.stopped_at or now()
    db.session.flush()
    log.info("merchant_stopped", mchid=mchid, by=by)


def list_merchants() -> list[Merchant]:
    """All of them, by their numbers."""
    return list(db.session.scalars(select(Merchant).order_by(Merchant.mchid)))


def usable(mchids: Collection[str]) -> set[str]:
    """Those that can take a payment now: their credentials are there, can be read, and weren't stopped."""
    rows = select(Merchant).where(Merchant.mchid.in_(mchids), Merchant.stopped_at.is_(None))
    return {row.mchid for row in db.session.scalars(rows) if _is_readable(row)}


def client_of(mchid: str) -> WechatPay:
    """The client of a merchant, the cluster's or a workshop's. WechatPayNotConfigured without credentials."""
    if mchid == settings().wechat_pay_mchid:
        return registry.wechat_pay()
    row = db.session.scalars(select(Merchant).filter_by(mchid=mchid)).first()
    if row is None:
        raise WechatPayNotConfigured(setting=f"merchant {mchid}")
    return registry.merchant_pay(_keys(row))


def _is_readable(row: Merchant) -> bool:
    try:
        _keys(row).check()
    except WechatPayNotConfigured:
        log.exception("merchant_unusable", mchid=row.mchid)
        return False
    return True


def _keys(row: Merchant) -> MerchantKeys:
    try:
        return MerchantKeys(
            row.mchid, row.serial, decrypt(row.private_key_encrypted), decrypt(row.apiv3_key_encrypted),
            row.public_key_id, row.public_key_pem,
        )  # fmt: skip
    except InvalidToken:
        raise WechatPayNotConfigured(setting=f"merchant {row.mchid}") from None
