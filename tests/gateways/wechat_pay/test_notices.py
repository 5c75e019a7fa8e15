"""A notice is believed only whole, fresh and signed; each refusal has its own reason."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from gateways.wechat_pay.client import LiveWechatPay
from gateways.wechat_pay.contract import OtherNotice, PaymentNotice, RefundNotice, RefundState, TradeState
from gateways.wechat_pay.errors import NoticeFault, NoticeRefused
from tests.gateways.parties import (
    APIV3_KEY,
    APPID,
    MCHID,
    PayPlatform,
    envelope,
    make_client,
    make_key,
    payment_content,
    seal,
)

PLATFORM = PayPlatform()


@pytest.fixture(scope="module")
def client() -> LiveWechatPay:
    return make_client()


def refusal(client: LiveWechatPay, headers: dict[str, str], body: bytes) -> NoticeFault:
    with pytest.raises(NoticeRefused) as refused:
        client.read_notice(headers, body)
    assert refused.value.status == 400
    assert refused.value.params == {"reason": refused.value.reason.value}
    return refused.value.reason


def signed_refusal(client: LiveWechatPay, body: bytes) -> NoticeFault:
    return refusal(client, PLATFORM.sign(body), body)


def test_a_payment(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    notice = client.read_notice(PLATFORM.sign(body), body)
    assert isinstance(notice, PaymentNotice)
    assert (notice.notice_id, notice.event_type) == ("EV-2018022511223320873", "TRANSACTION.SUCCESS")
    payment = notice.payment
    assert (payment.appid, payment.mchid, payment.total_fen) == (APPID, MCHID, 1280)
    assert payment.trade_state is TradeState.SUCCESS
    assert payment.trade_state.is_paid
    assert payment.transaction_id == "4200001234202511220000000001"
    assert payment.success_at == datetime(2025, 11, 22, 2, 34, 56, tzinfo=UTC)
    assert payment.openid == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    assert payment.attach is None


def test_header_names_in_any_case_and_no_signature_type(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    headers = {name.upper(): value for name, value in PLATFORM.sign(body).items()}
    del headers["WECHATPAY-SIGNATURE-TYPE"]
    assert isinstance(client.read_notice(headers, body), PaymentNotice)


def test_a_refund(client: LiveWechatPay) -> None:
    content = {
        "mchid": MCHID,
        "transaction_id": "4200001234202511220000000001",
        "out_trade_no": "251122ABCDEF0123",
        "refund_id": "50200207182018070300011301001",
        "out_refund_no": "251123R1",
        "refund_status": "SUCCESS",
        "success_time": "2025-11-23T10:34:56+08:00",
        "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 1280, "refund": 280, "payer_total": 1280, "payer_refund": 280},
    }
    body = envelope(content, "REFUND.SUCCESS")
    notice = client.read_notice(PLATFORM.sign(body), body)
    assert isinstance(notice, RefundNotice)
    refund = notice.refund
    assert (refund.out_refund_no, refund.state, refund.refund_fen) == ("251123R1", RefundState.SUCCESS, 280)


def test_other_kinds_are_handed_on_deciphered(client: LiveWechatPay) -> None:
    body = envelope({"out_bill_no": "B1"}, "MCHTRANSFER.BILL.FINISHED")
    notice = client.read_notice(PLATFORM.sign(body), body)
    assert isinstance(notice, OtherNotice)
    assert notice.resource["out_bill_no"] == "B1"


@pytest.mark.parametrize("name", ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"])
def test_each_header_is_needed(client: LiveWechatPay, name: str) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body)
    assert refusal(client, {**headers, name: ""}, body) is NoticeFault.HEADER_MISSING
    del headers[name]
    assert refusal(client, headers, body) is NoticeFault.HEADER_MISSING


@pytest.mark.parametrize("seconds", [-301, -300, 301, 86400])
def test_a_stale_or_early_notice(client: LiveWechatPay, seconds: int) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body, at=time.time() + seconds + (1 if seconds > 0 else 0))
    assert refusal(client, headers, body) is NoticeFault.STALE


@pytest.mark.parametrize("seconds", [-295, 295])
def test_five_minutes_of_skew_are_forgiven(client: LiveWechatPay, seconds: int) -> None:
    body = envelope(payment_content())
    assert isinstance(client.read_notice(PLATFORM.sign(body, at=time.time() + seconds), body), PaymentNotice)


@pytest.mark.parametrize("timestamp", ["now", "-1", "1e9", "٣٣٣", "9" * 40, "1700000000.0"])
def test_a_timestamp_that_is_no_second(client: LiveWechatPay, timestamp: str) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body) | {"Wechatpay-Timestamp": timestamp}
    assert refusal(client, headers, body) is NoticeFault.TIMESTAMP_MALFORMED


def test_a_fresh_timestamp_on_an_old_signature(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body, at=time.time() - 86400) | {"Wechatpay-Timestamp": str(int(time.time()))}
    assert refusal(client, headers, body) is NoticeFault.SIGNATURE_WRONG


def test_a_strangers_serial_and_key(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    stranger = PayPlatform("7132D72A03E93CDDF8C03BBD1F37EEDF7EAA1C6E", make_key("stranger"))
    assert refusal(client, stranger.sign(body), body) is NoticeFault.SERIAL_UNKNOWN
    posing = PayPlatform(key=make_key("stranger"))
    assert refusal(client, posing.sign(body), body) is NoticeFault.SIGNATURE_WRONG
    posing = PayPlatform("PUB_KEY_ID_UNKNOWN")
    assert refusal(client, posing.sign(body), body) is NoticeFault.SERIAL_UNKNOWN


def test_one_changed_byte(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body)
    for changed in (body + b" ", body.replace(b"EV-2018", b"EV-2019"), b"", body[:-1]):
        assert refusal(client, headers, changed) is NoticeFault.SIGNATURE_WRONG
    other_nonce = headers | {"Wechatpay-Nonce": "another"}
    assert refusal(client, other_nonce, body) is NoticeFault.SIGNATURE_WRONG


@pytest.mark.parametrize("signature", ["WECHATPAY/SIGNTEST/" + "A" * 300, "not base64 at all!", "AAAA", "签名"])
def test_probes_and_nonsense_for_a_signature(client: LiveWechatPay, signature: str) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body) | {"Wechatpay-Signature": signature}
    assert refusal(client, headers, body) is NoticeFault.SIGNATURE_WRONG


def test_another_signature_type(client: LiveWechatPay) -> None:
    body = envelope(payment_content())
    headers = PLATFORM.sign(body) | {"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}
    assert refusal(client, headers, body) is NoticeFault.SIGNATURE_TYPE_UNKNOWN


def test_a_v2_xml_notice(client: LiveWechatPay) -> None:
    assert refusal(client, {}, b"<xml><return_code>SUCCESS</return_code></xml>") is NoticeFault.V2_XML


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"{",
        envelope(payment_content(), id=""),
        envelope(payment_content(), id=7),
        envelope(payment_content(), create_time="yesterday"),
        envelope(payment_content(), create_time="2025-11-22T10:34:57"),
        envelope(payment_content(), resource_type="plain"),
        envelope(payment_content(), resource=[]),
        envelope(payment_content(), resource={**seal(b"{}"), "nonce": None}),
        envelope(payment_content(), resource={**seal(b"{}"), "associated_data": 5}),
    ],
)
def test_a_signed_envelope_of_another_shape(client: LiveWechatPay, body: bytes) -> None:
    assert signed_refusal(client, body) is NoticeFault.ENVELOPE_MALFORMED


def test_another_algorithm(client: LiveWechatPay) -> None:
    body = envelope({}, resource={**seal(b"{}"), "algorithm": "AEAD_SM4_GCM"})
    assert signed_refusal(client, body) is NoticeFault.ALGORITHM_UNKNOWN


def test_a_resource_that_was_altered_or_sealed_for_others(client: LiveWechatPay) -> None:
    good = seal(json.dumps(payment_content()).encode())
    raw = bytearray(base64.b64decode(good["ciphertext"]))
    raw[3] ^= 1
    for resource in (
        good | {"ciphertext": base64.b64encode(bytes(raw)).decode()},
        good | {"ciphertext": good["ciphertext"][:12]},
        good | {"ciphertext": "***"},
        good | {"associated_data": "certificate"},
        good | {"nonce": "ba9876543210"},
        good | {"nonce": "short"},
        seal(b"{}", key=APIV3_KEY[::-1]),
    ):
        assert signed_refusal(client, envelope({}, resource=resource)) is NoticeFault.UNDECIPHERABLE


def test_empty_associated_data(client: LiveWechatPay) -> None:
    plain = json.dumps(payment_content()).encode()
    body = envelope({}, resource=seal(plain, associated_data=""))
    assert isinstance(client.read_notice(PLATFORM.sign(body), body), PaymentNotice)


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"[]",
        payment_content(trade_state="PAID"),
        payment_content(trade_state=None),
        payment_content(out_trade_no=None),
        payment_content(appid=7),
        payment_content(mchid=None),
        payment_content(amount={"total": "1280"}),
        payment_content(amount={"total": 12.8}),
        payment_content(amount={"total": True}),
        payment_content(amount={"total": -1}),
        payment_content(amount={}),
        payment_content(amount=None),
        payment_content(transaction_id=""),
        payment_content(success_time="2025-11-22"),
        payment_content(payer="oUpF8"),
    ],
)
def test_a_payment_without_sense(client: LiveWechatPay, content: Any) -> None:
    assert signed_refusal(client, envelope(content)) is NoticeFault.CONTENT_MALFORMED


def test_a_payment_to_another_merchant(client: LiveWechatPay) -> None:
    assert signed_refusal(client, envelope(payment_content(mchid="1900000110"))) is NoticeFault.OTHER_MERCHANT
