"""Calls that WeChat Pay would refuse: each gets its status and code, and nothing has changed."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any

import httpx
import pytest

from tests.sandbox.merchant import Merchant

PREPAY = "/v3/pay/transactions/native"


def orders_now(web: httpx.Client) -> Any:
    return web.get("/sandbox/orders").json()["orders"]


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an unsigned refusal."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["message"]
    assert "Wechatpay-Signature" not in answer.headers
    return dict(answer.json())


def old(seconds: int) -> str:
    return str(int(time.time()) - seconds)


WRONG_CLAIMS: list[tuple[str, dict[str, Any], int, str]] = [
    ("signature by nobody", {"signature": base64.b64encode(b"x" * 256).decode()}, 401, "SIGN_ERROR"),
    ("signature that is no base64", {"signature": "***"}, 401, "SIGN_ERROR"),
    ("another path signed", {"signed_target": PREPAY + "?x=1"}, 401, "SIGN_ERROR"),
    ("timestamp of six minutes ago", {"timestamp": old(360)}, 401, "SIGN_ERROR"),
    ("timestamp of the future", {"timestamp": old(-3600)}, 401, "SIGN_ERROR"),
    ("timestamp that is no number", {"timestamp": "soon"}, 401, "SIGN_ERROR"),
    ("unknown merchant", {"mchid": "1900000001"}, 401, "SIGN_ERROR"),
    ("unknown certificate", {"serial_no": "A" * 40}, 401, "SIGN_ERROR"),
    ("nonce of 33 characters", {"nonce_str": "n" * 33}, 401, "SIGN_ERROR"),
    ("no Authorization", {"headers": {"Authorization": None}}, 401, "SIGN_ERROR"),
    ("another scheme", {"authorization": "Bearer abc"}, 401, "SIGN_ERROR"),
    ("a scheme without fields", {"authorization": "WECHATPAY2-SHA256-RSA2048 mchid"}, 401, "SIGN_ERROR"),
    ("no User-Agent", {"headers": {"User-Agent": None}}, 400, "INVALID_REQUEST"),
    ("Accept of HTML", {"headers": {"Accept": "text/html"}}, 400, "INVALID_REQUEST"),
    ("body that is called text", {"headers": {"Content-Type": "text/plain"}}, 400, "INVALID_REQUEST"),
    ("answer wanted by an unknown key", {"headers": {"Wechatpay-Serial": "PUB_KEY_ID_1"}}, 400, "PARAM_ERROR"),
]


@pytest.mark.parametrize(
    ("bend", "status", "code"), [row[1:] for row in WRONG_CLAIMS], ids=[r[0] for r in WRONG_CLAIMS]
)
def test_a_claim_that_does_not_hold_is_turned_away(
    merchant: Merchant, web: httpx.Client, bend: dict[str, Any], status: int, code: str
) -> None:
    before = orders_now(web)
    refused(merchant.call("POST", PREPAY, merchant.order(), **bend), status, code)
    assert orders_now(web) == before


def test_the_detail_of_a_bad_signature_shows_what_was_compared(merchant: Merchant) -> None:
    answer = merchant.call("POST", PREPAY, merchant.order(), signature="AAAA")
    information = refused(answer, 401, "SIGN_ERROR")["detail"]["sign_information"]
    assert information["method"] == "POST"
    assert information["truncated_sign_message"].startswith(f"POST\n{PREPAY}\n")


def test_spaces_after_the_commas_are_refused(merchant: Merchant) -> None:
    header = merchant.authorization("GET", "/v3/certificates", "").replace('",', '", ')
    refused(merchant.call("GET", "/v3/certificates", authorization=header), 401, "SIGN_ERROR")


def test_the_fields_may_come_in_any_order(merchant: Merchant) -> None:
    scheme, _, fields = merchant.authorization("GET", "/v3/certificates", "").partition(" ")
    header = f"{scheme} " + ",".join(reversed(fields.split(",")))
    assert merchant.call("GET", "/v3/certificates", authorization=header).status_code == 200


def test_a_request_sent_twice_is_a_replay(merchant: Merchant, web: httpx.Client) -> None:
    nonce, body = secrets.token_hex(16), merchant.order()
    assert merchant.call("POST", PREPAY, body, nonce_str=nonce).status_code == 200
    before = orders_now(web)
    refused(merchant.call("POST", PREPAY, merchant.order(), nonce_str=nonce), 401, "SIGN_ERROR")
    assert orders_now(web) == before


def test_a_forged_call_does_not_spend_the_nonce(merchant: Merchant) -> None:
    nonce = secrets.token_hex(16)
    merchant.call("GET", "/v3/certificates", nonce_str=nonce, signature="AAAA")
    assert merchant.call("GET", "/v3/certificates", nonce_str=nonce).status_code == 200


def test_a_signature_covers_the_bytes_of_the_wire_not_their_meaning(merchant: Merchant) -> None:
    mchid = merchant.env["WECHAT_PAY_MCHID"]
    raw, encoded = (f"/v3/pay/transactions/out-trade-no/abc{bar}def?mchid={mchid}" for bar in ("|", "%7C"))
    refused(merchant.call("GET", encoded, signed_target=raw), 401, "SIGN_ERROR")
    refused(merchant.call("GET", encoded), 404, "ORDER_NOT_EXIST")


GOODS = {"merchant_goods_id": "1", "quantity": 1, "unit_price": 1}
BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"amount": {"total": 0}}, "/amount/total"),
    ({"amount": {"total": -1}}, "/amount/total"),
    ({"amount": {"total": 12.8}}, "/amount/total"),
    ({"amount": {"total": "1280"}}, "/amount/total"),
    ({"amount": {"total": True}}, "/amount/total"),
    ({"amount": {"total": 1280, "currency": "USD"}}, "/amount/currency"),
    ({"amount": None}, "/amount"),
    ({"description": "酒" * 128}, "/description"),
    ({"description": ""}, "/description"),
    ({"out_trade_no": "12345"}, "/out_trade_no"),
    ({"out_trade_no": "x" * 33}, "/out_trade_no"),
    ({"out_trade_no": "number 1"}, "/out_trade_no"),
    ({"attach": "a" * 129}, "/attach"),
    ({"notify_url": "http://127.0.0.1/" + "n" * 240}, "/notify_url"),
    ({"notify_url": "http://127.0.0.1/paid?order=1"}, "/notify_url"),
    ({"notify_url": "/paid"}, "/notify_url"),
    ({"notify_url": "https://[paid"}, "/notify_url"),
    ({"time_expire": "2026-05-24 08:12:00"}, "/time_expire"),
    ({"time_expire": "2020-05-24T08:12:00+08:00"}, "/time_expire"),
    ({"time_expire": "2099-05-24T08:12:00+08:00"}, "/time_expire"),
    ({"settle_info": {"profit_sharing": "Y"}}, "/settle_info/profit_sharing"),
    ({"detail": {"goods_detail": [GOODS | {"quantity": 0}]}}, "/detail/goods_detail/0/quantity"),
    ({"detail": {"goods_detail": [GOODS | {"goods_name": "酒" * 200}] * 12}}, "/detail"),
    ({"scene_info": {"payer_client_ip": "localhost"}}, "/scene_info/payer_client_ip"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), BAD_FIELDS, ids=[str(row[0])[:40] for row in BAD_FIELDS])
def test_a_field_beyond_its_limits_is_named(
    merchant: Merchant, web: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    before = orders_now(web)
    detail = refused(merchant.call("POST", PREPAY, merchant.order(**changes)), 400, "PARAM_ERROR")["detail"]
    assert (detail["field"], detail["location"]) == (field, "body")
    assert orders_now(web) == before


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"colour": "red"}, "/body/colour"),
        ({"payer": {"openid": "o1"}}, "/body/payer"),
        ({"amount": {"total": 1, "tax": 1}}, "/body/amount/tax"),
    ],
)
def test_a_field_nobody_documented_is_refused(
    merchant: Merchant, web: httpx.Client, changes: dict[str, Any], unknown: str
) -> None:
    before = orders_now(web)
    detail = refused(merchant.call("POST", PREPAY, merchant.order(**changes)), 400, "PARAM_ERROR")["detail"]
    assert detail == {"location": None, "value": [unknown]}
    assert orders_now(web) == before


def test_a_null_is_not_an_absent_field(merchant: Merchant) -> None:
    body = merchant.order() | {"attach": None}
    detail = refused(merchant.call("POST", PREPAY, body), 400, "PARAM_ERROR")["detail"]
    assert detail["field"] == "/attach"


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "{'a': 1}"])
def test_a_body_that_is_no_json_object_is_refused(merchant: Merchant, body: str) -> None:
    refused(merchant.call("POST", PREPAY, body), 400, "PARAM_ERROR")


def test_the_mchid_of_the_body_must_be_the_headers(merchant: Merchant, web: httpx.Client) -> None:
    before = orders_now(web)
    refused(merchant.call("POST", PREPAY, merchant.order(mchid="1900000001")), 400, "INVALID_REQUEST")
    assert orders_now(web) == before


def test_an_appid_of_somebody_else_does_not_match(merchant: Merchant) -> None:
    body = merchant.order(appid="wx0000000000000000")
    refused(merchant.call("POST", PREPAY, body), 400, "APPID_MCHID_NOT_MATCH")


def test_an_openid_belongs_to_one_appid(merchant: Merchant, web: httpx.Client) -> None:
    openids = web.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]
    target = "/v3/pay/transactions/jsapi"
    answer = merchant.call("POST", target, merchant.order(payer={"openid": openids["oa"]}))
    assert refused(answer, 400, "PARAM_ERROR")["message"] == "appid和openid不匹配"
    detail = refused(merchant.call("POST", target, merchant.order()), 400, "PARAM_ERROR")["detail"]
    assert detail["field"] == "/payer"


def test_an_h5_order_needs_the_payers_address_and_kind(merchant: Merchant) -> None:
    target = "/v3/pay/transactions/h5"
    for scene, field in [
        (None, "/scene_info"),
        ({"payer_client_ip": "203.0.113.7"}, "/scene_info/h5_info"),
        ({"payer_client_ip": "203.0.113.7", "h5_info": {"type": "wap"}}, "/scene_info/h5_info/type"),
    ]:
        detail = refused(merchant.call("POST", target, merchant.order(scene_info=scene)), 400, "PARAM_ERROR")["detail"]
        assert detail["field"] == field


def test_a_query_needs_the_mchid(merchant: Merchant) -> None:
    number, _ = merchant.place()
    path = f"/v3/pay/transactions/out-trade-no/{number}"
    detail = refused(merchant.call("GET", path), 400, "PARAM_ERROR")["detail"]
    assert (detail["field"], detail["location"]) == ("/mchid", "query")
    refused(merchant.call("GET", f"{path}?mchid=1900000001"), 400, "INVALID_REQUEST")


def test_what_does_not_exist_is_not_found(merchant: Merchant) -> None:
    refused(merchant.query("neverplaced1"), 404, "ORDER_NOT_EXIST")
    refused(merchant.close("neverplaced1"), 404, "ORDER_NOT_EXIST")
    mchid = merchant.env["WECHAT_PAY_MCHID"]
    answer = merchant.call("GET", f"/v3/pay/transactions/id/{'4' * 28}?mchid={mchid}")
    refused(answer, 404, "ORDER_NOT_EXIST")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/v3/nothing", 404), ("GET", PREPAY, 405), ("DELETE", "/v3/certificates", 405)],
)
def test_unknown_paths_and_methods_get_an_empty_answer(
    merchant: Merchant, method: str, target: str, status: int
) -> None:
    answer = merchant.call(method, target)
    assert (answer.status_code, answer.content) == (status, b"")
