"""Combined orders as the gateway takes them: limits, permission, one notice for all, closed with all, refunded by each."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.sandbox.merchant import Merchant, rsa_sign
from tests.sandbox.servers import Receiver

PATH = "/v3/combine-transactions"


@pytest.fixture
def others(sandbox_directory: Path) -> list[dict[str, Any]]:
    """The makers' own merchants; the last may not combine."""
    made: list[dict[str, Any]] = json.loads((sandbox_directory / "keys" / "merchants.json").read_text())
    return made


@pytest.fixture
def body(merchant: Merchant, others: list[dict[str, Any]]) -> dict[str, Any]:
    """A native order over the house's own merchant and two others."""
    mchids = [merchant.env["WECHAT_PAY_MCHID"], others[0]["mchid"], others[1]["mchid"]]
    return combined(merchant, mchids)


def combined(merchant: Merchant, mchids: list[str], **changes: Any) -> dict[str, Any]:
    number = secrets.token_hex(8)
    return {
        "combine_appid": merchant.env["WECHAT_MINI_APPID"],
        "combine_mchid": merchant.env["WECHAT_PAY_MCHID"],
        "combine_out_trade_no": number,
        "sub_orders": [
            {
                "mchid": mchid,
                "attach": "order",
                "amount": {"total_amount": 100 + place, "currency": "CNY"},
                "out_trade_no": f"{number}P{place}",
                "description": "坂里红酒",
            }
            for place, mchid in enumerate(mchids)
        ],
        "notify_url": "http://127.0.0.1:9/callbacks/wechat-pay",
    } | changes


def place(merchant: Merchant, body: dict[str, Any], way: str = "native") -> httpx.Response:
    return merchant.call("POST", f"{PATH}/{way}", body)


def query(merchant: Merchant, body: dict[str, Any]) -> dict[str, Any]:
    return dict(merchant.call("GET", f"{PATH}/out-trade-no/{body['combine_out_trade_no']}").json())


def close(merchant: Merchant, body: dict[str, Any], subs: list[dict[str, Any]]) -> httpx.Response:
    named = [{"mchid": sub["mchid"], "out_trade_no": sub["out_trade_no"]} for sub in subs]
    address = f"{PATH}/out-trade-no/{body['combine_out_trade_no']}/close"
    return merchant.call("POST", address, {"combine_appid": body["combine_appid"], "sub_orders": named})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def states(told: dict[str, Any]) -> list[str]:
    return [sub["trade_state"] for sub in told["sub_orders"]]


def test_it_is_paid_as_a_whole_and_told_by_one_notice(
    merchant: Merchant, body: dict[str, Any], web: httpx.Client, receiver: Receiver
) -> None:
    body["notify_url"] = receiver.url
    assert place(merchant, body).json()["code_url"].startswith("weixin://")
    assert states(query(merchant, body)) == ["NOTPAY"] * 3
    web.post("/sandbox/pay", json={"out_trade_no": body["combine_out_trade_no"]}).raise_for_status()
    told = query(merchant, body)
    assert states(told) == ["SUCCESS"] * 3
    assert len({sub["transaction_id"] for sub in told["sub_orders"]}) == 3
    [call] = receiver.wait_for(1)
    content = merchant.open_notice(call.body)
    assert content["combine_out_trade_no"] == body["combine_out_trade_no"]
    assert [sub["amount"]["total_amount"] for sub in content["sub_orders"]] == [100, 101, 102]
    assert place(merchant, body).json()["code"] == "ORDER_PAID"


@pytest.mark.parametrize("way", ["jsapi", "h5", "app"])
def test_every_way_opens(merchant: Merchant, body: dict[str, Any], web: httpx.Client, way: str) -> None:
    if way == "jsapi":
        person = web.post("/sandbox/people", json={"nickname": "顾客壬"}).json()
        body["combine_payer_info"] = {"openid": person["openids"]["mini"]}
    if way == "h5":
        body["scene_info"] = {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}
    answer = place(merchant, body, way)
    assert answer.status_code == 200, answer.text
    merchant.verify(answer.headers, answer.text)
    assert place(merchant, body, way).status_code == 200
    web.post("/sandbox/pay", json={"out_trade_no": body["combine_out_trade_no"]}).raise_for_status()


@pytest.mark.parametrize("count", [1, 11])
def test_two_to_ten_sub_orders(merchant: Merchant, count: int) -> None:
    body = combined(merchant, [merchant.env["WECHAT_PAY_MCHID"]] * count)
    assert code(place(merchant, body)) == (400, "PARAM_ERROR")
    assert place(merchant, combined(merchant, [merchant.env["WECHAT_PAY_MCHID"]] * 10)).status_code == 200


def test_every_merchant_needs_permission_and_binding(
    merchant: Merchant, body: dict[str, Any], others: list[dict[str, Any]], web: httpx.Client
) -> None:
    own = merchant.env["WECHAT_PAY_MCHID"]
    assert code(place(merchant, combined(merchant, [own, others[-1]["mchid"]]))) == (403, "NO_AUTH")
    assert code(place(merchant, combined(merchant, [own, "1900000000"]))) == (400, "MCH_NOT_EXISTS")
    assert code(place(merchant, body | {"combine_mchid": others[0]["mchid"]})) == (400, "INVALID_REQUEST")
    for fault, refusal in (("combine_no_auth", (403, "NO_AUTH")), ("combine_unbound", (400, "APPID_MCHID_NOT_MATCH"))):
        web.post("/sandbox/faults", json={fault: True}).raise_for_status()
        assert code(place(merchant, body)) == refusal
        web.post("/sandbox/faults", json={"reset": True}).raise_for_status()
    assert place(merchant, body).status_code == 200


@pytest.mark.parametrize("without", ["attach", "mchid", "description", "amount"])
def test_what_a_sub_order_must_say(merchant: Merchant, body: dict[str, Any], without: str) -> None:
    del body["sub_orders"][1][without]
    assert code(place(merchant, body)) == (400, "PARAM_ERROR")


def test_a_number_is_used_once(merchant: Merchant, body: dict[str, Any]) -> None:
    assert place(merchant, body).status_code == 200
    body["sub_orders"][0]["amount"]["total_amount"] += 1
    assert code(place(merchant, body)) == (403, "OUT_TRADE_NO_USED")
    other = body | {"combine_out_trade_no": secrets.token_hex(8)}
    assert code(place(merchant, other)) == (403, "OUT_TRADE_NO_USED")


def test_it_is_closed_with_exactly_its_sub_orders(merchant: Merchant, body: dict[str, Any], web: httpx.Client) -> None:
    place(merchant, body)
    subs = body["sub_orders"]
    assert code(close(merchant, body, subs[:2])) == (400, "INVALID_REQUEST")
    assert states(query(merchant, body)) == ["NOTPAY"] * 3
    for _ in range(2):
        assert close(merchant, body, subs[::-1]).status_code == 204
    assert states(query(merchant, body)) == ["CLOSED"] * 3
    refusal = web.post("/sandbox/pay", json={"out_trade_no": body["combine_out_trade_no"]})
    assert refusal.status_code == 410


def test_only_the_combined_calls_know_it(merchant: Merchant, body: dict[str, Any], web: httpx.Client) -> None:
    place(merchant, body)
    for number in (body["combine_out_trade_no"], body["sub_orders"][0]["out_trade_no"]):
        assert code(merchant.query(number)) == (404, "ORDER_NOT_EXIST")
        assert code(merchant.close(number)) == (404, "ORDER_NOT_EXIST")
    number, _ = merchant.place()
    assert code(merchant.call("GET", f"{PATH}/out-trade-no/{number}")) == (404, "ORDER_NOT_EXIST")


def test_each_sub_order_is_refunded_by_its_own_merchant(
    merchant: Merchant, body: dict[str, Any], others: list[dict[str, Any]], web: httpx.Client, receiver: Receiver
) -> None:
    place(merchant, body)
    web.post("/sandbox/pay", json={"out_trade_no": body["combine_out_trade_no"]}).raise_for_status()
    sub, owner = body["sub_orders"][1], others[0]
    wish = {
        "out_trade_no": sub["out_trade_no"],
        "out_refund_no": secrets.token_hex(8),
        "notify_url": receiver.url,
        "amount": {"refund": 50, "total": 101, "currency": "CNY"},
    }
    address = "/v3/refund/domestic/refunds"
    assert code(merchant.call("POST", address, wish)) == (404, "ORDER_NOT_EXIST")
    whole = wish | {"out_trade_no": body["combine_out_trade_no"]}
    assert code(merchant.call("POST", address, whole)) == (404, "ORDER_NOT_EXIST")
    wrong_key = merchant.call("POST", address, wish, mchid=owner["mchid"], serial_no=owner["serial"])
    assert wrong_key.status_code == 401
    answer = _as(merchant, owner).call("POST", address, wish, mchid=owner["mchid"], serial_no=owner["serial"])
    assert answer.status_code == 200, answer.text
    assert states(query(merchant, body)) == ["SUCCESS", "REFUND", "SUCCESS"]
    [call] = receiver.wait_for(1)
    resource = json.loads(call.body)["resource"]
    plain = AESGCM(owner["apiv3_key"].encode()).decrypt(
        resource["nonce"].encode(), base64.b64decode(resource["ciphertext"]), resource["associated_data"].encode()
    )
    assert json.loads(plain)["mchid"] == owner["mchid"]


def _as(merchant: Merchant, owner: dict[str, Any]) -> Merchant:
    """The same caller with another merchant's key."""
    made = object.__new__(Merchant)
    made.__dict__.update(merchant.__dict__)
    made.key = load_pem_private_key(Path(owner["private_key_file"]).read_bytes(), None)  # type: ignore[assignment]
    assert rsa_sign(made.key, "x")
    return made
