"""Profit sharing at the pretend WeChat: what is frozen, who gets what, what it refuses, and refunds of shared orders."""

from __future__ import annotations

import base64
from secrets import token_hex
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.sandbox.merchant import Merchant

PATH = "/v3/profitsharing"
SHOPS = ("1900000109", "1900000110")


def sealed(merchant: Merchant, name: str) -> str:
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    return base64.b64encode(merchant.platform_key.encrypt(name.encode(), oaep)).decode()


def add(merchant: Merchant, account: str = SHOPS[0], **changes: Any) -> httpx.Response:
    body = {
        "appid": merchant.env["WECHAT_MINI_APPID"], "type": "MERCHANT_ID", "account": account,
        "name": sealed(merchant, "坂里酒坊"), "relation_type": "SUPPLIER",
    }  # fmt: skip
    return merchant.call("POST", f"{PATH}/receivers/add", body | changes)


@pytest.fixture
def paid(merchant: Merchant, web: httpx.Client) -> dict[str, str]:
    """A payment of ¥12.80 that may be shared, two receivers known, an hour later."""
    number, _ = merchant.place(settle_info={"profit_sharing": True})
    paid = web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status().json()
    for account in SHOPS:
        assert add(merchant, account).status_code == 200
    later(web, 3600)
    return {"out_trade_no": number, "transaction_id": str(paid["transaction_id"])}


def later(web: httpx.Client, seconds: float) -> None:
    web.post("/sandbox/clock", json={"advance_seconds": seconds}).raise_for_status()


def wish(merchant: Merchant, paid: dict[str, str], *amounts: int, **changes: Any) -> dict[str, Any]:
    receivers = [
        {"type": "MERCHANT_ID", "account": account, "amount": fen, "description": "货款"}
        for account, fen in zip(SHOPS, amounts, strict=False)
    ]
    return {
        "appid": merchant.env["WECHAT_MINI_APPID"], "transaction_id": paid["transaction_id"],
        "out_order_no": token_hex(8), "receivers": receivers, "unfreeze_unsplit": False,
    } | changes  # fmt: skip


def ask(merchant: Merchant, body: dict[str, Any]) -> httpx.Response:
    return merchant.call("POST", f"{PATH}/orders", body)


def unsplit(merchant: Merchant, paid: dict[str, str]) -> int:
    return int(merchant.call("GET", f"{PATH}/transactions/{paid['transaction_id']}/amounts").json()["unsplit_amount"])


def unfreeze(merchant: Merchant, paid: dict[str, str], number: str = "") -> httpx.Response:
    body = {
        "transaction_id": paid["transaction_id"], "out_order_no": number or token_hex(8), "description": "解冻剩余",
    }  # fmt: skip
    return merchant.call("POST", f"{PATH}/orders/unfreeze", body)


def refund(merchant: Merchant, paid: dict[str, str], fen: int) -> httpx.Response:
    amount = {"refund": fen, "total": 1280, "currency": "CNY"}
    body = {"out_trade_no": paid["out_trade_no"], "out_refund_no": token_hex(8), "amount": amount}
    return merchant.call("POST", "/v3/refund/domestic/refunds", body)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_share_is_taken_on_finished_and_read(merchant: Merchant, web: httpx.Client, paid: dict[str, str]) -> None:
    web.post("/sandbox/faults", json={"share_seconds": 60}).raise_for_status()
    body = wish(merchant, paid, 200, 100)
    answer = ask(merchant, body)
    assert answer.status_code == 200, answer.text
    merchant.verify(answer.headers, answer.text)
    assert (answer.json()["state"], answer.json()["receivers"][0]["result"]) == ("PROCESSING", "PENDING")
    later(web, 3661)
    address = f"{PATH}/orders/{body['out_order_no']}?transaction_id={paid['transaction_id']}"
    told = merchant.call("GET", address).json()
    assert told["state"] == "FINISHED"
    assert [(each["account"], each["amount"], each["result"]) for each in told["receivers"]] == [
        (SHOPS[0], 200, "SUCCESS"), (SHOPS[1], 100, "SUCCESS"),
    ]  # fmt: skip
    assert unsplit(merchant, paid) == 980
    refused(merchant.call("GET", f"{PATH}/orders/nobody?transaction_id={paid['transaction_id']}"), 404,
            "RESOURCE_NOT_EXISTS")  # fmt: skip


def test_finished_is_not_success_and_what_closed_is_frozen_again(
    merchant: Merchant, web: httpx.Client, paid: dict[str, str]
) -> None:
    web.post("/sandbox/faults", json={"share_closed": True}).raise_for_status()
    told = ask(merchant, wish(merchant, paid, 200, 100)).json()
    assert told["state"] == "FINISHED"
    assert [each["result"] for each in told["receivers"]] == ["CLOSED", "SUCCESS"]
    assert told["receivers"][0]["fail_reason"] == "ACCOUNT_ABNORMAL"
    assert unsplit(merchant, paid) == 1180


def test_a_number_shares_once(merchant: Merchant, paid: dict[str, str]) -> None:
    body = wish(merchant, paid, 100)
    first, second = (ask(merchant, body).json() for _ in range(2))
    assert first["order_id"] == second["order_id"]
    refused(ask(merchant, wish(merchant, paid, 101) | {"out_order_no": body["out_order_no"]}), 400, "INVALID_REQUEST")
    assert unsplit(merchant, paid) == 1180


def test_what_it_refuses(merchant: Merchant, web: httpx.Client, paid: dict[str, str]) -> None:
    refused(ask(merchant, wish(merchant, paid, 382)), 403, "RULE_LIMIT")
    twice = wish(merchant, paid, 10)
    refused(ask(merchant, twice | {"receivers": twice["receivers"] * 2}), 400, "PARAM_ERROR")
    refused(ask(merchant, twice | {"receivers": twice["receivers"] * 51}), 400, "PARAM_ERROR")
    stranger = twice["receivers"][0] | {"account": "1900000999"}
    refused(ask(merchant, twice | {"receivers": [stranger]}), 400, "INVALID_REQUEST")
    refused(add(merchant, name="bm90IHNlYWxlZA=="), 400, "PARAM_ERROR")
    refused(add(merchant, account=merchant.env["WECHAT_PAY_MCHID"]), 400, "INVALID_REQUEST")
    plain, _ = merchant.place()
    ordinary = web.post("/sandbox/pay", json={"out_trade_no": plain}).json()
    refused(ask(merchant, wish(merchant, ordinary, 10)), 400, "INVALID_REQUEST")
    later(web, 0)
    refused(ask(merchant, wish(merchant, paid, 10)), 403, "RULE_LIMIT")
    later(web, 30 * 86400 + 60)
    refused(ask(merchant, wish(merchant, paid, 10)), 403, "RULE_LIMIT")
    assert unsplit(merchant, paid) == 0


def test_the_cap_counts_all_requests_of_an_order(merchant: Merchant, paid: dict[str, str]) -> None:
    """30 % of 12.80 less the fee of 0.08 is 3.81."""
    assert ask(merchant, wish(merchant, paid, 300)).status_code == 200
    refused(ask(merchant, wish(merchant, paid, 82)), 403, "RULE_LIMIT")
    assert ask(merchant, wish(merchant, paid, 81)).status_code == 200


def test_unfreezing_needs_a_number_of_its_own_and_ends_sharing(merchant: Merchant, paid: dict[str, str]) -> None:
    body = wish(merchant, paid, 100)
    ask(merchant, body)
    answer = unfreeze(merchant, paid, body["out_order_no"])
    assert answer.status_code == 200
    assert unsplit(merchant, paid) == 1180, "a used number answers, and does nothing"
    assert unfreeze(merchant, paid).json()["receivers"][0]["description"] == "解冻给分账方"
    assert unsplit(merchant, paid) == 0
    refused(ask(merchant, wish(merchant, paid, 10)), 400, "INVALID_REQUEST")


def test_a_refund_takes_frozen_money_and_above_it_only_what_is_unfrozen(
    merchant: Merchant, web: httpx.Client, paid: dict[str, str]
) -> None:
    ask(merchant, wish(merchant, paid, 300))
    refused(refund(merchant, paid, 981), 403, "NOT_ENOUGH")
    assert refund(merchant, paid, 500).status_code == 200
    assert unsplit(merchant, paid) == 480
    later(web, 3700)
    refused(refund(merchant, paid, 600), 403, "NOT_ENOUGH")
    assert unfreeze(merchant, paid).status_code == 200
    assert refund(merchant, paid, 600).status_code == 200


def test_a_merchant_gives_its_share_back(merchant: Merchant, web: httpx.Client, paid: dict[str, str]) -> None:
    body = wish(merchant, paid, 200)
    told = ask(merchant, body).json()
    back = {
        "order_id": told["order_id"], "out_return_no": token_hex(8), "return_mchid": SHOPS[0], "amount": 150,
        "description": "用户退款",
    }  # fmt: skip
    answer = merchant.call("POST", f"{PATH}/return-orders", back)
    assert (answer.status_code, answer.json()["result"]) == (200, "SUCCESS"), answer.text
    again = merchant.call("POST", f"{PATH}/return-orders", back)
    assert again.json()["return_id"] == answer.json()["return_id"]
    refused(merchant.call("POST", f"{PATH}/return-orders", back | {"amount": 1}), 400, "INVALID_REQUEST")
    more = back | {"out_return_no": token_hex(8), "amount": 51}
    refused(merchant.call("POST", f"{PATH}/return-orders", more), 403, "NOT_ENOUGH")
    web.post("/sandbox/faults", json={"share_return_failed": True}).raise_for_status()
    failed = merchant.call("POST", f"{PATH}/return-orders", more | {"amount": 50}).json()
    assert (failed["result"], failed["fail_reason"]) == ("FAILED", "BALANCE_NOT_ENOUGH")
    address = f"{PATH}/return-orders/{back['out_return_no']}?out_order_no={body['out_order_no']}"
    assert merchant.call("GET", address).json()["amount"] == 150
    later(web, 181 * 86400)
    late = back | {"out_return_no": token_hex(8), "amount": 50}
    refused(merchant.call("POST", f"{PATH}/return-orders", late), 403, "RULE_LIMIT")


def test_the_mini_programs_payments_wait_for_receipt(merchant: Merchant, web: httpx.Client) -> None:
    openid = web.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]["mini"]
    number, _ = merchant.place("jsapi", settle_info={"profit_sharing": True}, payer={"openid": openid})
    paid = web.post("/sandbox/pay", json={"out_trade_no": number}).json()
    add(merchant)
    later(web, 3600)
    refused(ask(merchant, wish(merchant, paid, 10)), 403, "RULE_LIMIT")


def test_the_ledger_shows_it(merchant: Merchant, web: httpx.Client, paid: dict[str, str]) -> None:
    ask(merchant, wish(merchant, paid, 200))
    entry = web.get(f"/sandbox/shares?format=json&out_trade_no={paid['out_trade_no']}").json()["orders"][0]
    assert (entry["frozen_fen"], len(entry["shares"])) == (1080, 1)
    page = web.get("/sandbox/shares", headers={"Accept": "text/html"}).text
    assert paid["out_trade_no"] in page
