"""The live clients, chosen by the settings, made once in each process at their first use.

Threads share them; a forked process must make its own, so use none before forking. In tests change the settings, then
call `reset()`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from core.db import db
from core.settings import settings
from gateways.carriers.simulated import SimulatedCarriers
from gateways.carriers.tracking import CarrierTracking
from gateways.object_storage.contract import ObjectStore
from gateways.object_storage.local import LocalObjectStore
from gateways.wechat_mini.client import LiveWechatMini
from gateways.wechat_mini.contract import WechatMini
from gateways.wechat_mini.errors import WechatNotConfigured
from gateways.wechat_mini.push import MessagePush
from gateways.wechat_mini.token_store import PostgresTokenStore
from gateways.wechat_oauth.client import LiveWechatOAuth, WebApp
from gateways.wechat_oauth.contract import Door, WechatOAuth
from gateways.wechat_pay.certificate_store import PostgresCertificateStore
from gateways.wechat_pay.client import LiveWechatPay
from gateways.wechat_pay.combined import LiveCombinedPay
from gateways.wechat_pay.combining import CombinedPay
from gateways.wechat_pay.contract import WechatPay
from gateways.wechat_pay.errors import WechatPayNotConfigured
from gateways.wechat_pay.merchants import MerchantKeys
from gateways.wechat_pay.signing import Signer, load_private_key
from gateways.wechat_pay.verifying import PlatformKey, PlatformKeys, load_public_key

_open = ExitStack()


class _Shuttable(Protocol):
    def shut(self) -> None: ...


Client = TypeVar("Client", bound=_Shuttable)


@lru_cache(maxsize=1)
def wechat_pay() -> WechatPay:
    """The merchant of WECHAT_PAY_*; WechatPayNotConfigured names the setting that is missing or wrong.

    Its platform certificates are shared through the database: use it in an application context.
    """
    chosen = settings()
    for name in ("wechat_pay_mchid", "wechat_pay_serial", "wechat_pay_private_key_file"):
        if not getattr(chosen, name):
            raise WechatPayNotConfigured(setting=name.upper())
    apiv3_key = chosen.wechat_pay_apiv3_key.get_secret_value()
    if len(apiv3_key.encode()) != 32:
        raise WechatPayNotConfigured(setting="WECHAT_PAY_APIV3_KEY")
    assert chosen.wechat_pay_private_key_file is not None
    certificates = PostgresCertificateStore(chosen.wechat_pay_mchid, lambda: db.engine)
    client = LiveWechatPay(
        base_url=chosen.wechat_pay_base,
        signer=Signer(
            chosen.wechat_pay_mchid, chosen.wechat_pay_serial, load_private_key(chosen.wechat_pay_private_key_file)
        ),
        keys=_platform_keys(chosen.wechat_pay_public_key_id, chosen.wechat_pay_public_key_file, certificates.load),
        apiv3_key=apiv3_key,
        public_key_id=chosen.wechat_pay_public_key_id or None,
        timeout_seconds=chosen.wechat_timeout_seconds,
        certificates=certificates,
    )
    return _kept(client)


@lru_cache(maxsize=1)
def combined_pay() -> CombinedPay:
    """Combined payments (合单) that the merchant of WECHAT_PAY_* asks for."""
    initiator = wechat_pay()
    assert isinstance(initiator, LiveWechatPay)
    return LiveCombinedPay(initiator)


@lru_cache(maxsize=100)
def merchant_pay(keys: MerchantKeys) -> WechatPay:
    """The client of another merchant, one for the same keys; WechatPayNotConfigured for keys that can't be used."""
    chosen = settings()
    keys.check()
    usual_id, usual = chosen.wechat_pay_public_key_id, chosen.wechat_pay_public_key_file
    certificates = PostgresCertificateStore(keys.mchid, lambda: db.engine)
    client = LiveWechatPay(
        base_url=chosen.wechat_pay_base,
        signer=keys.signer(),
        keys=keys.platform_keys(_platform_keys(usual_id, usual, certificates.load)),
        apiv3_key=keys.apiv3_key,
        public_key_id=keys.public_key_id or usual_id or None,
        timeout_seconds=chosen.wechat_timeout_seconds,
        certificates=certificates,
    )
    return _kept(client)


@lru_cache(maxsize=1)
def wechat_mini() -> WechatMini:
    """The mini-program of WECHAT_MINI_*; its access token lives in the database. Use it in an application context."""
    chosen = settings()
    secret = chosen.wechat_mini_secret.get_secret_value()
    for name, value in (("WECHAT_MINI_APPID", chosen.wechat_mini_appid), ("WECHAT_MINI_SECRET", secret)):
        if not value:
            raise WechatNotConfigured(setting=name)
    client = LiveWechatMini(
        base_url=chosen.wechat_api_base,
        appid=chosen.wechat_mini_appid,
        secret=secret,
        tokens=PostgresTokenStore(lambda: db.engine),
        timeout_seconds=chosen.wechat_timeout_seconds,
    )
    return _kept(client)


@lru_cache(maxsize=1)
def wechat_oauth() -> WechatOAuth:
    """Web sign-in through WECHAT_OA_* and WECHAT_WEB_*, each of which may be missing."""
    chosen = settings()
    candidates = {
        Door.SERVICE_ACCOUNT: WebApp(chosen.wechat_oa_appid, chosen.wechat_oa_secret.get_secret_value()),
        Door.WEBSITE: WebApp(chosen.wechat_web_appid, chosen.wechat_web_secret.get_secret_value()),
    }
    client = LiveWechatOAuth(
        api_base=chosen.wechat_api_base,
        open_base=chosen.wechat_open_base,
        apps={door: app for door, app in candidates.items() if app.appid and app.secret},
        timeout_seconds=chosen.wechat_timeout_seconds,
    )
    return _kept(client)


@lru_cache(maxsize=1)
def carrier_tracking() -> CarrierTracking | None:
    """The service of CARRIER_TRACKING, or None: then parcels have a number and the carrier's site, no more."""
    chosen = settings()
    if not chosen.carrier_tracking:
        return None
    return _kept(
        SimulatedCarriers(base_url=chosen.carrier_tracking_base, timeout_seconds=chosen.wechat_timeout_seconds)
    )


@lru_cache(maxsize=1)
def wechat_push() -> MessagePush:
    """What reads the mini-program's pushed messages; WechatNotConfigured without WECHAT_MINI_PUSH_*."""
    chosen = settings()
    token = chosen.wechat_mini_push_token.get_secret_value()
    aes_key = chosen.wechat_mini_push_aes_key.get_secret_value()
    for name, value in (("WECHAT_MINI_PUSH_TOKEN", token), ("WECHAT_MINI_PUSH_AES_KEY", aes_key)):
        if not value:
            raise WechatNotConfigured(setting=name)
    return MessagePush(appid=chosen.wechat_mini_appid, token=token, encoding_aes_key=aes_key)


@lru_cache(maxsize=1)
def object_store() -> ObjectStore:
    """The place named by OBJECT_STORE: `file:///folder` or `s3://bucket/prefix`."""
    chosen = settings()
    address = chosen.object_store
    if address.startswith("file://"):
        return LocalObjectStore(Path(address.removeprefix("file://")))
    # boto3 takes half a second to import: only those who use it wait for it.
    from gateways.object_storage.s3 import S3ObjectStore, make_client

    place = urlsplit(address)
    client = make_client(
        endpoint_url=chosen.s3_endpoint_url,
        region=chosen.s3_region,
        access_key=chosen.s3_access_key.get_secret_value(),
        secret_key=chosen.s3_secret_key.get_secret_value(),
    )
    return _kept(S3ObjectStore(client, place.netloc, place.path))


def reset() -> None:
    """Close every client and forget it: the next use chooses by the settings of then."""
    for choose in (
        wechat_pay,
        combined_pay,
        merchant_pay,
        wechat_mini,
        wechat_oauth,
        wechat_push,
        carrier_tracking,
        object_store,
    ):
        choose.cache_clear()
    _open.close()


def _kept(client: Client) -> Client:
    _open.callback(client.shut)
    return client


def _platform_keys(key_id: str, file: Path | None, look_up: Callable[[], list[PlatformKey]]) -> PlatformKeys:
    """The public key if there is one; a merchant with certificates only starts with nothing and looks them up."""
    if not key_id:
        return PlatformKeys(look_up=look_up)
    if file is None:
        raise WechatPayNotConfigured(setting="WECHAT_PAY_PUBLIC_KEY_FILE")
    return PlatformKeys(PlatformKey(key_id, load_public_key(file)), look_up=look_up)
