"""Our client and the pretend WeChat, which shares no line with it: orders, queries, closing, and real notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask

from core.settings import settings
from gateways import registry
from gateways.wechat_pay.contract import PaymentNotice, Prepay, TradeState
from gateways.wechat_pay.errors import (
    NoticeFault,
    NoticeRefused,
    PaymentAlreadyMade,
    PaymentClosed,
    PaymentNumberUsed,
    PaymentUnknown,
    WechatPayRefused,
    WechatPayRefusedMerchant,
    WechatPayUnavailable,
)
from tests.gateways.answering import Answer, Answerer, Received, answerer
from tests.gateways.conftest import PretendWechat


@pytest.fixture
def inbox(wechat: PretendWechat) -> Iterator[Answerer]:
    """Our end of the notices: believes what the client believes, and says so as WeChat expects."""

    def receive(request: Received) -> Answer:
        try:
            registry.wechat_pay().read_notice(request.headers, request.body)
        except NoticeRefused:
            return Answer(400, b'{"code": "FAIL", "message": "refused"}')
        return Answer(204, b"")

    with answerer(receive) as server:
        yield server


@pytest.fixture
def prepay(wechat: PretendWechat, inbox: Answerer) -> Prepay:
    return Prepay(
        appid=settings().wechat_mini_appid,
        out_trade_no=token_hex(8).upper(),
        description="内枋豆腐 400 g 等 3 件",
        amount_fen=4580,
        notify_url=f"{inbox.url}/callbacks/wechat-pay",
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        attach="x",
    )


@pytest.fixture
def openid(wechat: PretendWechat) -> str:
    people = wechat.ask("people")["people"]
    return str(people[0]["openids"]["mini"])


def test_jsapi_from_order_to_notice(wechat: PretendWechat, inbox: Answerer, prepay: Prepay, openid: str) -> None:
    pay = registry.wechat_pay()
    prepay_id = pay.open_jsapi(prepay, openid=openid)
    assert pay.query_by_out_trade_no(prepay.out_trade_no).trade_state is TradeState.NOTPAY
    parameters = pay.jsapi_parameters(prepay_id.value, prepay.appid)
    wechat.ask("pay", {"out_trade_no": prepay.out_trade_no, **parameters.for_browser()})
    request = inbox.take()
    notice = pay.read_notice(request.headers, request.body)
    assert isinstance(notice, PaymentNotice)
    queried = pay.query_by_out_trade_no(prepay.out_trade_no)
    assert notice.payment == queried
    assert (queried.total_fen, queried.openid, queried.attach) == (4580, openid, "x")
    assert queried.trade_state is TradeState.SUCCESS


def test_pay_sign_for_another_appid_is_refused(wechat: PretendWechat, prepay: Prepay, openid: str) -> None:
    pay = registry.wechat_pay()
    prepay_id = pay.open_jsapi(prepay, openid=openid)
    parameters = pay.jsapi_parameters(prepay_id.value, "wx0000000000000000").for_browser() | {"appId": prepay.appid}
    answer = httpx.post(f"{wechat.url}/sandbox/pay", json={"out_trade_no": prepay.out_trade_no, **parameters})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_pay_sign")


def test_native(wechat: PretendWechat, inbox: Answerer, prepay: Prepay) -> None:
    pay = registry.wechat_pay()
    code = pay.open_native(prepay)
    assert code.value.startswith("weixin://wxpay/bizpayurl?pr=")
    wechat.ask("pay", {"code_url": code.value})
    inbox.take()
    assert pay.query_by_out_trade_no(prepay.out_trade_no).trade_type == "NATIVE"


def test_h5(wechat: PretendWechat, inbox: Answerer, prepay: Prepay) -> None:
    pay = registry.wechat_pay()
    address = pay.open_h5(prepay, client_ip="203.0.113.7")
    assert urlsplit(address.value).netloc == urlsplit(wechat.url).netloc
    assert httpx.get(address.returning_to("https://banli.example/orders/1"), follow_redirects=True).status_code == 200
    wechat.ask("pay", {"h5_url": address.value})
    inbox.take()
    assert pay.query_by_out_trade_no(prepay.out_trade_no).trade_type == "MWEB"


def test_the_same_order_again_and_another_under_its_number(prepay: Prepay, openid: str) -> None:
    pay = registry.wechat_pay()
    first = pay.open_jsapi(prepay, openid=openid)
    second = pay.open_jsapi(prepay, openid=openid)
    assert first.value
    assert second.value
    with pytest.raises(PaymentNumberUsed):
        pay.open_jsapi(replace(prepay, amount_fen=4581), openid=openid)
    with pytest.raises(PaymentNumberUsed):
        pay.open_native(prepay)


def test_closing(wechat: PretendWechat, prepay: Prepay, openid: str) -> None:
    pay = registry.wechat_pay()
    pay.open_jsapi(prepay, openid=openid)
    pay.close(prepay.out_trade_no)
    pay.close(prepay.out_trade_no)
    assert pay.query_by_out_trade_no(prepay.out_trade_no).trade_state is TradeState.CLOSED
    with pytest.raises(PaymentClosed):
        pay.open_jsapi(prepay, openid=openid)


def test_a_paid_order_can_not_be_closed_or_opened(wechat: PretendWechat, prepay: Prepay, openid: str) -> None:
    pay = registry.wechat_pay()
    pay.open_jsapi(prepay, openid=openid)
    wechat.ask("pay", {"out_trade_no": prepay.out_trade_no})
    with pytest.raises(PaymentAlreadyMade):
        pay.close(prepay.out_trade_no)
    with pytest.raises(PaymentAlreadyMade):
        pay.open_jsapi(prepay, openid=openid)
    assert pay.query_by_out_trade_no(prepay.out_trade_no).trade_state is TradeState.SUCCESS


def test_unknown_orders_and_strangers(prepay: Prepay) -> None:
    pay = registry.wechat_pay()
    with pytest.raises(PaymentUnknown):
        pay.query_by_out_trade_no("NOSUCHORDER1")
    with pytest.raises(PaymentUnknown):
        pay.close("NOSUCHORDER1")
    with pytest.raises(WechatPayRefused):
        pay.open_jsapi(prepay, openid="oNobody")
    with pytest.raises(WechatPayRefusedMerchant):
        pay.open_native(replace(prepay, appid="wx0000000000000000"))


def test_a_wrong_merchant_serial_is_refused(
    wechat: PretendWechat, prepay: Prepay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_PAY_SERIAL", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1")
    settings.cache_clear()
    registry.reset()
    with pytest.raises(WechatPayRefusedMerchant) as refusal:
        registry.wechat_pay().open_native(prepay)
    assert refusal.value.params == {"http_status": 401, "reason": "SIGN_ERROR"}


def test_system_error_and_silence(wechat: PretendWechat, prepay: Prepay, monkeypatch: pytest.MonkeyPatch) -> None:
    wechat.ask("faults", {"system_error": True})
    with pytest.raises(WechatPayUnavailable) as error:
        registry.wechat_pay().open_native(prepay)
    assert error.value.params == {"http_status": 500, "reason": "SYSTEM_ERROR"}
    wechat.ask("faults", {"reset": True, "slow_answer_seconds": 1.5})
    monkeypatch.setenv("WECHAT_TIMEOUT_SECONDS", "0.4")
    settings.cache_clear()
    registry.reset()
    with pytest.raises(WechatPayUnavailable):
        registry.wechat_pay().open_native(prepay)
    # The late answer had done its work: the same call again is the same order.
    wechat.ask("faults", {"reset": True})
    assert registry.wechat_pay().open_native(prepay).value


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("tampered", NoticeFault.SIGNATURE_WRONG),
        ("stale_timestamp", NoticeFault.STALE),
        ("unknown_serial", NoticeFault.SERIAL_UNKNOWN),
        ("certificate_signed", NoticeFault.SERIAL_UNKNOWN),
    ],
)
def test_faulty_notices_are_refused_and_come_again(
    wechat: PretendWechat, inbox: Answerer, prepay: Prepay, fault: str, reason: NoticeFault
) -> None:
    pay = registry.wechat_pay()
    pay.open_native(prepay)
    wechat.ask("clock", {"rate": 50})
    wechat.ask("faults", {fault: True})
    wechat.ask("pay", {"out_trade_no": prepay.out_trade_no, "nickname": "顾客乙"})
    request = inbox.take()
    with pytest.raises(NoticeRefused) as refused:
        pay.read_notice(request.headers, request.body)
    assert refused.value.reason is reason
    wechat.ask("faults", {"reset": True})
    assert delivered(wechat, prepay.out_trade_no)


def test_probes_are_refused_and_the_notice_behind_them_is_not(
    wechat: PretendWechat, inbox: Answerer, prepay: Prepay
) -> None:
    pay = registry.wechat_pay()
    pay.open_native(prepay)
    wechat.ask("faults", {"signtest": True})
    wechat.ask("pay", {"out_trade_no": prepay.out_trade_no})
    probe = inbox.take()
    assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    with pytest.raises(NoticeRefused):
        pay.read_notice(probe.headers, probe.body)
    assert delivered(wechat, prepay.out_trade_no)


def test_certificates_make_grey_notices_good(
    in_app: Flask, wechat: PretendWechat, inbox: Answerer, prepay: Prepay
) -> None:
    pay = registry.wechat_pay()
    assert pay.refresh_certificates() == 2
    pay.open_native(prepay)
    wechat.ask("faults", {"certificate_signed": True})
    wechat.ask("pay", {"out_trade_no": prepay.out_trade_no})
    assert delivered(wechat, prepay.out_trade_no)
    wechat.ask("faults", {"reset": True, "key_only": True})
    assert pay.refresh_certificates() == 0


def delivered(wechat: PretendWechat, out_trade_no: str) -> bool:
    """Whether WeChat is content with our answer, within ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        notices = wechat.ask(f"notices?format=json&out_trade_no={out_trade_no}")["notices"]
        if notices and notices[0]["delivered_at"]:
            return True
        time.sleep(0.05)
    return False
