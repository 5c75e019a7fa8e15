"""Our client's profit sharing against the pretend WeChat: receivers, shares, unfreezing, returns, and bad answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask
from sqlalchemy.orm import Session

from core.settings import settings
from gateways import registry
from gateways.wechat_pay.contract import Prepay
from gateways.wechat_pay.errors import ShareReceiverRefused, ShareUnknown, WechatPayRefused
from gateways.wechat_pay.sharing import LiveProfitSharing
from gateways.wechat_pay.sharing_contract import (
    ReturnResult,
    ReturnWish,
    ShareAccount,
    ShareResult,
    ShareState,
    ShareWish,
    UnfreezeWish,
)
from gateways.wechat_pay.verifying import PlatformKey, PlatformKeys
from tests.gateways.conftest import PretendWechat

SHOPS = ("1900000109", "1900000110")


def no() -> str:
    return token_hex(8).upper()


def account(mchid: str = SHOPS[0]) -> ShareAccount:
    return ShareAccount(settings().wechat_mini_appid, mchid, "坂里酒坊有限公司")


def open_paid(wechat: PretendWechat) -> str:
    """The transaction of a payment of 128.00 that may be shared, an hour ago."""
    prepay = Prepay(
        appid=settings().wechat_mini_appid, out_trade_no=no(), description="内枋豆腐", amount_fen=12800,
        notify_url="http://127.0.0.1:9/callbacks/wechat-pay", expires_at=datetime.now(UTC) + timedelta(minutes=30),
        profit_sharing=True,
    )  # fmt: skip
    registry.wechat_pay().open_native(prepay)
    paid = wechat.ask("pay", {"out_trade_no": prepay.out_trade_no})
    wechat.ask("clock", {"advance_seconds": 3600})
    return str(paid["transaction_id"])


def wish(transaction_id: str, *amounts: int) -> ShareWish:
    return ShareWish(
        settings().wechat_mini_appid, transaction_id, no(), dict(zip(SHOPS, amounts, strict=False)), "货款"
    )


def test_a_share_its_query_unfreezing_and_a_return(wechat: PretendWechat) -> None:
    client, transaction_id = registry.wechat_pay().sharing, open_paid(wechat)
    for mchid in SHOPS:
        client.add_receiver(account(mchid))
        client.add_receiver(account(mchid))
    assert client.frozen_fen(transaction_id) == 12800
    wanted = wish(transaction_id, 2000, 1000)
    with pytest.raises(ShareUnknown):
        client.query_share(transaction_id, wanted.out_order_no)
    made = client.share(wanted)
    assert client.share(wanted).order_id == made.order_id, "the same number is the same share"
    told = client.query_share(transaction_id, wanted.out_order_no)
    assert told.state is ShareState.FINISHED
    assert [(each.mchid, each.amount_fen, each.result) for each in told.receivers] == [
        (SHOPS[0], 2000, ShareResult.SUCCESS), (SHOPS[1], 1000, ShareResult.SUCCESS),
    ]  # fmt: skip
    assert client.frozen_fen(transaction_id) == 9800
    client.unfreeze(UnfreezeWish(transaction_id, wanted.out_order_no, "解冻"))
    assert client.frozen_fen(transaction_id) == 9800, "a used number does nothing"
    client.unfreeze(UnfreezeWish(transaction_id, no(), "解冻"))
    assert client.frozen_fen(transaction_id) == 0
    back = ReturnWish(wanted.out_order_no, no(), SHOPS[0], 500, "退款")
    with pytest.raises(ShareUnknown):
        client.query_return(back.out_order_no, back.out_return_no)
    assert client.give_back(back).result is ReturnResult.SUCCESS
    assert client.query_return(back.out_order_no, back.out_return_no).amount_fen == 500
    client.remove_receiver(settings().wechat_mini_appid, SHOPS[1])
    client.remove_receiver(settings().wechat_mini_appid, SHOPS[1])


def test_refusals_have_their_names(wechat: PretendWechat) -> None:
    client, transaction_id = registry.wechat_pay().sharing, open_paid(wechat)
    wechat.ask("faults", {"share_name_wrong": True})
    with pytest.raises(ShareReceiverRefused):
        client.add_receiver(account())
    wechat.ask("faults", {"reset": True})
    client.add_receiver(account())
    with pytest.raises(WechatPayRefused) as refusal:
        client.share(wish(transaction_id, 3900))
    assert refusal.value.params["reason"] == "RULE_LIMIT"


def test_what_wechat_would_refuse_is_not_even_sent(wechat: PretendWechat) -> None:
    appid = settings().wechat_mini_appid
    with pytest.raises(ValueError, match="1 to 50"):
        ShareWish(appid, "4200", no(), {f"19000{place:05d}": 1 for place in range(51)}, "货款")
    with pytest.raises(ValueError, match="1 to 50"):
        ShareWish(appid, "4200", no(), {}, "货款")
    with pytest.raises(ValueError, match="at least 1"):
        ShareWish(appid, "4200", no(), {SHOPS[0]: 0}, "货款")
    with pytest.raises(ValueError, match="80 characters"):
        ReturnWish(no(), no(), SHOPS[0], 1, "退" * 81)
    with pytest.raises(ValueError, match="digits"):
        ShareAccount(appid, "不是商户号", "坂里酒坊")


def test_a_merchant_with_certificates_seals_for_the_one_that_lasts_longest(
    app: Flask, wechat: PretendWechat, session: Session
) -> None:
    registry.wechat_pay().refresh_certificates()
    directory = Path(str(settings().wechat_pay_public_key_file)).parent
    keys = PlatformKeys()
    for name in ("platform_1", "platform_2"):
        certificate = x509.load_pem_x509_certificate((directory / f"{name}_cert.pem").read_bytes())
        public_key = certificate.public_key()
        assert isinstance(public_key, RSAPublicKey)
        keys.add(
            [
                PlatformKey(
                    f"{certificate.serial_number:040X}",
                    public_key,
                    certificate.not_valid_before_utc,
                    certificate.not_valid_after_utc,
                )
            ]
        )
    newest = keys.newest()
    assert newest is not None
    assert newest.valid_until is not None
    client = registry.wechat_pay().sharing
    assert isinstance(client, LiveProfitSharing)
    LiveProfitSharing(client._call, keys).add_receiver(account())
    assert PlatformKeys().newest() is None
