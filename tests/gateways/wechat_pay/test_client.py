"""What the client makes of answers: proven ones, unproven ones, refusals, and silence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import DomainError
from gateways.wechat_pay.contract import TradeState
from gateways.wechat_pay.errors import (
    PaymentAlreadyMade,
    PaymentClosed,
    PaymentNumberUsed,
    PaymentUnknown,
    WechatPayBusy,
    WechatPayRefused,
    WechatPayRefusedMerchant,
    WechatPayUnavailable,
    WechatPayUntrusted,
)
from tests.gateways.answering import Answer, Answering, answerer
from tests.gateways.parties import MCHID, PayPlatform, make_client, make_key, payment_content
from tests.gateways.wechat_pay.test_signing import PREPAY

PLATFORM = PayPlatform()
NUMBER = PREPAY.out_trade_no


def error_of(*answers: Answering, act: str = "open_native", seconds: float = 3.0) -> DomainError:
    """What one call raises; it must have been sent exactly once."""
    with answerer(*answers) as server:
        client = make_client(server.url, seconds=seconds)
        with pytest.raises(DomainError) as raised:
            getattr(client, act)(PREPAY if act == "open_native" else NUMBER)
        client.shut()
    server.take()
    assert server.received.empty()
    return raised.value


def refused(status: int, code: str) -> Answer:
    body = json.dumps({"code": code, "message": "说明", "detail": {"field": "/body/x"}}, ensure_ascii=False)
    return Answer(status, body.encode(), {"Content-Type": "application/json"})


def test_a_paid_order() -> None:
    with answerer(PLATFORM.answer(payment_content(out_trade_no=NUMBER) | {"promotion_detail": []})) as server:
        client = make_client(server.url)
        payment = client.query_by_out_trade_no(NUMBER)
        client.shut()
    assert payment.trade_state is TradeState.SUCCESS
    assert payment.total_fen == 1280


def test_refunded_counts_as_paid() -> None:
    assert [state for state in TradeState if state.is_paid] == [TradeState.SUCCESS, TradeState.REFUND]


def test_an_answer_about_another_order_is_not_believed() -> None:
    answer = PLATFORM.answer(payment_content(out_trade_no="ANOTHER1"))
    assert type(error_of(answer, act="query_by_out_trade_no")) is WechatPayUntrusted
    answer = PLATFORM.answer(payment_content(out_trade_no=NUMBER, mchid="1900000110"))
    assert type(error_of(answer, act="query_by_out_trade_no")) is WechatPayUntrusted


def test_a_signed_204_closes() -> None:
    with answerer(PLATFORM.answer(None, 204)) as server:
        client = make_client(server.url)
        client.close(NUMBER)
        client.shut()
    request = server.take()
    assert request.target == f"/v3/pay/transactions/out-trade-no/{NUMBER}/close"
    assert json.loads(request.body) == {"mchid": MCHID}


def test_an_unsigned_204_is_not_believed() -> None:
    error = error_of(Answer(204, b""), act="close")
    assert type(error) is WechatPayUntrusted
    assert error.params == {"reason": "header_missing"}


def answer_with(**changes: str) -> Answer:
    body = b'{"code_url": "weixin://x"}'
    return Answer(200, body, PLATFORM.sign(body) | changes)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: Answer(200, b'{"code_url": "weixin://x"}'), "header_missing"),
        (lambda: Answer(200, b"{}", PLATFORM.sign(b"{ }")), "signature_wrong"),
        (lambda: Answer(200, b"{}", PLATFORM.sign(b"{}", at=time.time() - 3600)), "stale"),
        (lambda: Answer(200, b"{}", PayPlatform("PUB_KEY_ID_X").sign(b"{}")), "serial_unknown"),
        (lambda: Answer(200, b"{}", PayPlatform(key=make_key("stranger")).sign(b"{}")), "signature_wrong"),
    ],
)
def test_an_unproven_success_is_not_believed(answer: Callable[[], Answer], reason: str) -> None:
    """The answers are signed when the test runs: a run takes longer than a signature is fresh."""
    error = error_of(answer())
    assert type(error) is WechatPayUntrusted
    assert error.params == {"reason": reason}
    assert error.status == 503


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "PARAM_ERROR", WechatPayRefused),
        (400, "APPID_MCHID_NOT_MATCH", WechatPayRefusedMerchant),
        (400, "ORDER_CLOSED", PaymentClosed),
        (400, "ORDER_PAID", PaymentAlreadyMade),
        (403, "ORDER_PAID", PaymentAlreadyMade),
        (401, "SIGN_ERROR", WechatPayRefusedMerchant),
        (403, "NO_AUTH", WechatPayRefusedMerchant),
        (403, "OUT_TRADE_NO_USED", PaymentNumberUsed),
        (404, "ORDER_NOT_EXIST", PaymentUnknown),
        (404, "MCH_NOT_EXISTS", WechatPayRefusedMerchant),
        (429, "FREQUENCY_LIMITED", WechatPayBusy),
        (429, "RATELIMIT_EXCEEDED", WechatPayBusy),
        (500, "SYSTEM_ERROR", WechatPayUnavailable),
        (503, "SERVICE_UNAVAILABLE", WechatPayUnavailable),
    ],
)
def test_refusals_by_status_and_code(status: int, code: str, kind: type[DomainError]) -> None:
    error = error_of(refused(status, code))
    assert type(error) is kind
    assert error.params == {"http_status": status, "reason": code}
    assert error.text
    assert "%" not in error.text


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: Answer(404, b""), WechatPayRefused),
        (lambda: Answer(405, b""), WechatPayRefused),
        (lambda: Answer(400, b"<html>"), WechatPayRefused),
        (lambda: Answer(400, b"[1]"), WechatPayRefused),
        (lambda: Answer(401, b""), WechatPayRefusedMerchant),
        (lambda: Answer(502, b"<html>Bad Gateway</html>"), WechatPayUnavailable),
        (lambda: Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), WechatPayUnavailable),
        (lambda: PLATFORM.answer({}, 202), WechatPayUnavailable),
        (lambda: PLATFORM.answer({"code_url": ""}), WechatPayUnavailable),
        (lambda: PLATFORM.answer({"code_url": 7}), WechatPayUnavailable),
        (lambda: PLATFORM.answer([]), WechatPayUnavailable),
    ],
)
def test_answers_of_another_shape(answer: Callable[[], Answer], kind: type[DomainError]) -> None:
    assert type(error_of(answer())) is kind


def test_silence_is_told_in_time_and_nothing_is_sent_again() -> None:
    started = time.monotonic()
    error = error_of(Answer(after_seconds=1.5), seconds=0.3)
    assert time.monotonic() - started < 1.5 + 1
    assert type(error) is WechatPayUnavailable
    assert error.params == {"reason": "ReadTimeout"}


def test_nobody_there() -> None:
    client = make_client("http://127.0.0.1:9")
    with pytest.raises(WechatPayUnavailable):
        client.query_by_out_trade_no(NUMBER)
    client.shut()


@pytest.mark.parametrize("content", [{"trade_state": "SUCCESS"}, payment_content(trade_state="NEW"), {"x": 1}])
def test_an_order_without_sense_is_no_order(content: dict[str, Any]) -> None:
    assert type(error_of(PLATFORM.answer(content), act="query_by_out_trade_no")) is WechatPayUnavailable
