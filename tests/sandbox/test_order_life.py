"""Orders from placing to their end: repeating, expiring, closing, paying once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.merchant import Merchant


def state(merchant: Merchant, number: str) -> str:
    return str(merchant.query(number).json()["trade_state"])


def grow_older(web: httpx.Client, seconds: int) -> None:
    web.post("/sandbox/clock", json={"advance_seconds": seconds}).raise_for_status()


def pay(web: httpx.Client, **which: str) -> httpx.Response:
    return web.post("/sandbox/pay", json=which)


def soon(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def test_every_answer_is_signed_with_the_key_that_was_asked_for(merchant: Merchant) -> None:
    answer = merchant.call("GET", "/v3/certificates", headers={"Wechatpay-Serial": None})
    assert answer.headers["Wechatpay-Serial"] == merchant.env["WECHAT_PAY_PUBLIC_KEY_ID"]
    merchant.verify(answer.headers, answer.text)
    serial = answer.json()["data"][0]["serial_no"]
    by_certificate = merchant.call("GET", "/v3/certificates", headers={"Wechatpay-Serial": serial})
    assert by_certificate.headers["Wechatpay-Serial"] == serial


def test_closing_is_signed_over_an_empty_body(merchant: Merchant) -> None:
    number, _ = merchant.place()
    answer = merchant.close(number)
    assert (answer.status_code, answer.text) == (204, "")
    merchant.verify(answer.headers, "")


def test_the_same_call_again_gives_another_prepay_id_for_the_same_order(merchant: Merchant, web: httpx.Client) -> None:
    openid = web.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]["mini"]
    body = merchant.order(payer={"openid": openid})
    first, second = (merchant.call("POST", "/v3/pay/transactions/jsapi", body).json() for _ in range(2))
    assert first["prepay_id"] != second["prepay_id"]
    assert pay(web, prepay_id=first["prepay_id"]).status_code == 200
    assert pay(web, prepay_id=second["prepay_id"]).json()["error"] == "order_paid"


def test_a_later_time_expire_does_not_make_the_call_another(merchant: Merchant) -> None:
    body = merchant.order(time_expire=soon(30))
    for expiry in (body["time_expire"], soon(60)):
        answer = merchant.call("POST", "/v3/pay/transactions/native", body | {"time_expire": expiry})
        assert answer.status_code == 200


@pytest.mark.parametrize("changes", [{"description": "别的"}, {"amount": {"total": 1281, "currency": "CNY"}}])
def test_the_same_number_with_other_parameters_is_used(merchant: Merchant, changes: dict[str, object]) -> None:
    body = merchant.order()
    merchant.call("POST", "/v3/pay/transactions/native", body)
    answer = merchant.call("POST", "/v3/pay/transactions/native", body | changes)
    assert (answer.status_code, answer.json()["code"]) == (403, "OUT_TRADE_NO_USED")
    assert merchant.query(body["out_trade_no"]).json()["amount"]["total"] == 1280


def test_a_new_code_kills_the_old_one(merchant: Merchant, web: httpx.Client) -> None:
    body = merchant.order()
    first, second = (merchant.call("POST", "/v3/pay/transactions/native", body).json()["code_url"] for _ in range(2))
    assert pay(web, code_url=first).json()["error"] == "door_closed"
    assert state(merchant, body["out_trade_no"]) == "NOTPAY"
    assert pay(web, code_url=second).status_code == 200


def test_a_closed_number_is_spent(merchant: Merchant, web: httpx.Client) -> None:
    body = merchant.order()
    code_url = merchant.call("POST", "/v3/pay/transactions/native", body).json()["code_url"]
    merchant.close(body["out_trade_no"])
    again = merchant.call("POST", "/v3/pay/transactions/native", body)
    assert (again.status_code, again.json()["code"]) == (400, "ORDER_CLOSED")
    assert pay(web, code_url=code_url).json()["error"] == "order_closed"
    assert state(merchant, body["out_trade_no"]) == "CLOSED"


def test_a_paid_number_cannot_be_placed_again(merchant: Merchant, web: httpx.Client) -> None:
    body = merchant.order()
    merchant.call("POST", "/v3/pay/transactions/native", body)
    pay(web, out_trade_no=body["out_trade_no"]).raise_for_status()
    again = merchant.call("POST", "/v3/pay/transactions/native", body)
    assert (again.status_code, again.json()["code"]) == (400, "ORDER_PAID")


def test_after_time_expire_nobody_can_pay_but_the_order_waits_to_be_closed(
    merchant: Merchant, web: httpx.Client
) -> None:
    number, _ = merchant.place(time_expire=soon(30))
    grow_older(web, 29 * 60)
    assert web.get("/sandbox/orders").json()["orders"][-1]["trade_state"] == "NOTPAY"
    grow_older(web, 31 * 60)
    assert pay(web, out_trade_no=number).json()["error"] == "door_closed"
    assert state(merchant, number) == "NOTPAY"


@pytest.mark.parametrize(
    ("endpoint", "seconds", "more"),
    [
        ("native", 7200, {}),
        ("h5", 300, {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}}),
    ],
)
def test_each_door_has_its_own_life(
    merchant: Merchant, web: httpx.Client, endpoint: str, seconds: int, more: dict[str, object]
) -> None:
    number, _ = merchant.place(endpoint, **more)
    grow_older(web, seconds + 1)
    assert pay(web, out_trade_no=number).json()["error"] == "door_closed"
    grow_older(web, seconds - 5)
    assert pay(web, out_trade_no=number).status_code == 200


def test_seven_days_unpaid_close_an_order(merchant: Merchant, web: httpx.Client) -> None:
    number, _ = merchant.place()
    grow_older(web, 7 * 86400 + 1)
    assert state(merchant, number) == "CLOSED"


def test_a_paid_order_tells_its_transaction_and_payer(merchant: Merchant, web: httpx.Client) -> None:
    number, _ = merchant.place()
    assert set(merchant.query(number).json()["payer"]) == set()
    paid = pay(web, out_trade_no=number, nickname="顾客丙").json()
    answer = merchant.query(number).json()
    assert len(answer["transaction_id"]) == 28
    assert answer["payer"]["openid"] == paid["openid"]
    assert answer["amount"]["payer_total"] == 1280
    assert datetime.fromisoformat(answer["success_time"]).utcoffset() == timedelta(hours=8)


def test_two_payers_at_once_pay_once(merchant: Merchant, web: httpx.Client, sandbox_url: str) -> None:
    number, _ = merchant.place()

    def attempt(nickname: str) -> int:
        answer = httpx.post(
            f"{sandbox_url}/sandbox/pay", json={"out_trade_no": number, "nickname": nickname}, trust_env=False
        )
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(attempt, ["顾客甲", "顾客乙", "顾客丙", "顾客甲"]))
    assert statuses == [200, 409, 409, 409]
    assert len(web.get(f"/sandbox/notices?format=json&out_trade_no={number}").json()["notices"]) == 1


def test_a_stranger_cannot_pay_a_jsapi_order(merchant: Merchant, web: httpx.Client) -> None:
    openid = web.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]["mini"]
    number, _ = merchant.place("jsapi", payer={"openid": openid})
    refused = pay(web, out_trade_no=number, nickname="顾客乙")
    assert (refused.status_code, refused.json()["error"]) == (403, "wrong_payer")
    assert state(merchant, number) == "NOTPAY"


def test_a_gateway_out_of_order_does_nothing(merchant: Merchant, web: httpx.Client) -> None:
    web.post("/sandbox/faults", json={"system_error": True}).raise_for_status()
    body = merchant.order()
    answer = merchant.call("POST", "/v3/pay/transactions/native", body)
    assert (answer.status_code, answer.json()["code"]) == (500, "SYSTEM_ERROR")
    web.post("/sandbox/faults", json={"reset": True}).raise_for_status()
    assert merchant.query(body["out_trade_no"]).status_code == 404


def test_a_slow_answer_comes_after_the_deed(merchant: Merchant, web: httpx.Client) -> None:
    web.post("/sandbox/faults", json={"slow_answer_seconds": 1.5}).raise_for_status()
    body = merchant.order()
    merchant.client.timeout = httpx.Timeout(0.5)
    with pytest.raises(httpx.ReadTimeout):
        merchant.call("POST", "/v3/pay/transactions/native", body)
    web.post("/sandbox/faults", json={"reset": True}).raise_for_status()
    assert state(merchant, body["out_trade_no"]) == "NOTPAY"


def test_a_merchant_with_only_the_public_key_has_no_certificates(merchant: Merchant, web: httpx.Client) -> None:
    web.post("/sandbox/faults", json={"key_only": True}).raise_for_status()
    answer = merchant.call("GET", "/v3/certificates")
    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_EXISTS")
