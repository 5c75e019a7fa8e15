"""Platform certificates are fetched when we ask for them, never because somebody knocks."""

from __future__ import annotations

from typing import Any

import pytest

from gateways.wechat_pay.contract import PaymentNotice
from gateways.wechat_pay.errors import NoticeFault, NoticeRefused, WechatPayUntrusted
from gateways.wechat_pay.verifying import PlatformKeys
from tests.gateways.answering import Answer, answerer
from tests.gateways.parties import PayPlatform, envelope, make_client, make_key, payment_content, pem, seal

SERIAL = "7132D72A03E93CDDF8C03BBD1F37EEDF7EAA1C6E"
OLD = PayPlatform(SERIAL, make_key("certificate"))
BY_KEY = PayPlatform()


def listing(*platforms: PayPlatform, valid_days: int = 30, **changes: Any) -> dict[str, Any]:
    return {
        "data": [
            {
                "serial_no": each.serial,
                "effective_time": "2025-01-01T00:00:00+08:00",
                "expire_time": "2029-01-01T00:00:00+08:00",
                "encrypt_certificate": seal(
                    pem(each.certificate(valid_days=valid_days)), associated_data="certificate"
                ),
                **changes,
            }
            for each in platforms
        ]
    }


def notice_reason(client: Any, platform: PayPlatform) -> NoticeFault | None:
    body = envelope(payment_content())
    try:
        assert isinstance(client.read_notice(platform.sign(body), body), PaymentNotice)
    except NoticeRefused as refused:
        return refused.reason
    return None


def test_fetched_certificates_verify_notices_beside_the_public_key() -> None:
    with answerer(BY_KEY.answer(listing(OLD))) as server:
        client = make_client(server.url)
        assert notice_reason(client, OLD) is NoticeFault.SERIAL_UNKNOWN
        assert server.received.empty()
        assert client.refresh_certificates() == 1
        assert server.take().target == "/v3/certificates"
        assert notice_reason(client, OLD) is None
        assert notice_reason(client, BY_KEY) is None
        assert server.received.empty()
        client.shut()


def test_the_first_answer_is_signed_by_a_certificate_inside_it() -> None:
    with answerer(OLD.answer(listing(OLD))) as server:
        client = make_client(server.url)
        assert client.refresh_certificates() == 1
        client.shut()


def test_a_key_only_merchant_has_none() -> None:
    with answerer(Answer(404, b'{"code": "RESOURCE_NOT_EXISTS", "message": ""}')) as server:
        client = make_client(server.url)
        assert client.refresh_certificates() == 0
        client.shut()


def test_an_expired_certificate_proves_nothing() -> None:
    with answerer(BY_KEY.answer(listing(OLD, valid_days=-1))) as server:
        client = make_client(server.url)
        client.refresh_certificates()
        assert notice_reason(client, OLD) is NoticeFault.SERIAL_UNKNOWN
        client.shut()


STRANGER = PayPlatform("1" * 40, make_key("stranger"))


@pytest.mark.parametrize(
    "answer",
    [
        STRANGER.answer(listing(OLD)),
        Answer(200, b'{"data": []}'),
        BY_KEY.answer({"data": {}}),
        BY_KEY.answer({"data": ["x"]}),
        BY_KEY.answer(listing(OLD, serial_no="F" * 40)),
        BY_KEY.answer(listing(OLD, serial_no="no hex")),
        BY_KEY.answer(listing(OLD, encrypt_certificate=seal(b"no pem", associated_data="certificate"))),
        BY_KEY.answer(listing(OLD, encrypt_certificate=seal(b"x", key="f" * 32))),
    ],
)
def test_nothing_is_trusted_from_a_doubtful_answer(answer: Answer) -> None:
    with answerer(answer) as server:
        client = make_client(server.url)
        with pytest.raises(WechatPayUntrusted):
            client.refresh_certificates()
        assert notice_reason(client, OLD) is NoticeFault.SERIAL_UNKNOWN
        client.shut()


def test_an_empty_map_knows_nobody() -> None:
    assert PlatformKeys().find(SERIAL) is None
