"""Refunds at the pretend WeChat: what it takes on, how it ends, and what it refuses."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import httpx
import pytest

from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import Receiver

PATH = "/v3/refund/domestic/refunds"


@pytest.fixture
def paid(merchant: Merchant, web: httpx.Client) -> str:
    number, _ = merchant.place()
    web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status()
    return number


def wish(paid: str, fen: int = 280, **changes: Any) -> dict[str, Any]:
    body = {
        "out_trade_no": paid,
        "out_refund_no": token_hex(8),
        "reason": "少一件",
        "amount": {"refund": fen, "total": 1280, "currency": "CNY"},
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "Wechatpay-Signature" not in answer.headers


def test_a_refund_and_its_notice(merchant: Merchant, web: httpx.Client, paid: str, receiver: Receiver) -> None:
    body = wish(paid, notify_url=receiver.url)
    answer = merchant.call("POST", PATH, body)
    assert answer.status_code == 200, answer.text
    merchant.verify(answer.headers, answer.text)
    told = merchant.call("GET", f"{PATH}/{body['out_refund_no']}").json()
    assert (told["status"], told["amount"]["refund"]) == ("SUCCESS", 280)
    assert merchant.query(paid).json()["trade_state"] == "REFUND"
    notice = merchant.open_notice(receiver.wait_for(1)[0].body)
    assert (notice["refund_status"], notice["out_refund_no"]) == ("SUCCESS", body["out_refund_no"])
    assert "status" not in notice


def test_the_number_again_is_the_same_refund(merchant: Merchant, paid: str) -> None:
    body = wish(paid)
    first, second = (merchant.call("POST", PATH, body).json() for _ in range(2))
    assert first["refund_id"] == second["refund_id"]
    other = body | {"amount": body["amount"] | {"refund": 281}}
    refused(merchant.call("POST", PATH, other), 400, "INVALID_REQUEST")


@pytest.mark.parametrize(("fault", "state"), [("refund_abnormal", "ABNORMAL"), ("refund_closed", "CLOSED")])
def test_other_ends(merchant: Merchant, web: httpx.Client, paid: str, fault: str, state: str) -> None:
    web.post("/sandbox/faults", json={fault: True, "refund_seconds": 60}).raise_for_status()
    body = wish(paid)
    assert merchant.call("POST", PATH, body).json()["status"] == "PROCESSING"
    web.post("/sandbox/clock", json={"advance_seconds": 61}).raise_for_status()
    refund = merchant.call("GET", f"{PATH}/{body['out_refund_no']}").json()
    assert refund["status"] == state
    way = {"out_refund_no": body["out_refund_no"], "type": "MERCHANT_BANK_CARD"}
    applied = merchant.call("POST", f"{PATH}/{refund['refund_id']}/apply-abnormal-refund", way)
    assert applied.status_code == (200 if state == "ABNORMAL" else 400)


def test_what_it_refuses(merchant: Merchant, web: httpx.Client, paid: str) -> None:
    unpaid, _ = merchant.place()
    refused(merchant.call("POST", PATH, wish(unpaid)), 400, "INVALID_REQUEST")
    refused(merchant.call("POST", PATH, wish("nobodysorder")), 404, "ORDER_NOT_EXIST")
    refused(merchant.call("POST", PATH, wish(paid, fen=1281)), 400, "INVALID_REQUEST")
    refused(merchant.call("POST", PATH, wish(paid, fen=0)), 400, "PARAM_ERROR")
    refused(merchant.call("POST", PATH, wish(paid, transaction_id="4200")), 400, "PARAM_ERROR")
    refused(merchant.call("POST", PATH, wish(paid, surprise=1)), 400, "PARAM_ERROR")
    refused(merchant.call("GET", f"{PATH}/nobody"), 404, "RESOURCE_NOT_EXISTS")
    web.post("/sandbox/faults", json={"not_enough": True}).raise_for_status()
    refused(merchant.call("POST", PATH, wish(paid)), 403, "NOT_ENOUGH")
    web.post("/sandbox/faults", json={"reset": True, "busy": True}).raise_for_status()
    refused(merchant.call("POST", PATH, wish(paid)), 429, "FREQUENCY_LIMITED")
    assert merchant.query(paid).status_code == 429


def test_parts_a_minute_apart_and_never_more_than_was_paid(merchant: Merchant, web: httpx.Client, paid: str) -> None:
    assert merchant.call("POST", PATH, wish(paid, fen=1000)).status_code == 200
    refused(merchant.call("POST", PATH, wish(paid, fen=280)), 429, "FREQUENCY_LIMITED")
    web.post("/sandbox/clock", json={"advance_seconds": 61}).raise_for_status()
    refused(merchant.call("POST", PATH, wish(paid, fen=281)), 400, "INVALID_REQUEST")
    assert merchant.call("POST", PATH, wish(paid, fen=280)).status_code == 200


def test_a_refund_survives_a_restart(paid: str, merchant: Merchant, sandbox_directory: Any) -> None:
    body = wish(paid)
    merchant.call("POST", PATH, body)
    lines = (sandbox_directory / "journal.jsonl").read_text()
    assert body["out_refund_no"] in lines
