"""The sandbox against a client that strangers wrote: wechatpayv3 in public-key mode."""

from __future__ import annotations

import json
import logging
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from wechatpayv3 import SignType, WeChatPay, WeChatPayType

from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import Receiver


@pytest.fixture
def foreigner(merchant: Merchant, sandbox_url: str, receiver: Receiver) -> Any:
    env = merchant.env
    client = WeChatPay(
        wechatpay_type=WeChatPayType.JSAPI,
        mchid=env["WECHAT_PAY_MCHID"],
        private_key=Path(env["WECHAT_PAY_PRIVATE_KEY_FILE"]).read_text(),
        cert_serial_no=env["WECHAT_PAY_SERIAL"],
        appid=env["WECHAT_MINI_APPID"],
        apiv3_key=env["WECHAT_PAY_APIV3_KEY"],
        notify_url=receiver.url,
        logger=logging.getLogger("wechatpayv3"),
        timeout=10,
        public_key=Path(env["WECHAT_PAY_PUBLIC_KEY_FILE"]).read_text(),
        public_key_id=env["WECHAT_PAY_PUBLIC_KEY_ID"],
    )
    client._core._gate_way = sandbox_url
    client._core._proxy = {"http": "", "https": ""}
    return client


@pytest.fixture
def openid(web: httpx.Client) -> str:
    return str(web.post("/sandbox/people", json={"nickname": "顾客乙"}).json()["openids"]["mini"])


def number() -> str:
    return secrets.token_hex(8)


def place(foreigner: Any, out_trade_no: str, **more: Any) -> dict[str, str]:
    status, text = foreigner.pay(
        description="黑豆腐 一板", out_trade_no=out_trade_no, amount={"total": 1800, "currency": "CNY"}, **more
    )
    assert status == 200, text
    return dict(json.loads(text))


def test_a_jsapi_order_is_placed_paid_noticed_and_queried(
    foreigner: Any, web: httpx.Client, receiver: Receiver, openid: str
) -> None:
    out_trade_no = number()
    prepay_id = place(foreigner, out_trade_no, payer={"openid": openid}, attach="桌号 7")["prepay_id"]
    status, text = foreigner.query(out_trade_no=out_trade_no)
    assert (status, json.loads(text)["trade_state"]) == (200, "NOTPAY")
    assert "transaction_id" not in json.loads(text)

    signed = ["1700000000", "abc123", f"prepay_id={prepay_id}"]
    sign = foreigner.sign([foreigner._appid, *signed], SignType.RSA_SHA256)
    shim = {"appId": foreigner._appid, "timeStamp": signed[0], "nonceStr": signed[1], "package": signed[2]}
    paid = web.post("/sandbox/pay", json=shim | {"signType": "RSA", "paySign": sign})
    assert paid.status_code == 200, paid.text

    [arrival] = receiver.wait_for(1)
    notice = foreigner.callback(arrival.headers, arrival.body)
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    content = notice["resource"]
    assert content["out_trade_no"] == out_trade_no
    assert content["amount"] == {"total": 1800, "payer_total": 1800, "currency": "CNY", "payer_currency": "CNY"}
    assert (content["trade_type"], content["payer"], content["attach"]) == ("JSAPI", {"openid": openid}, "桌号 7")

    status, text = foreigner.query(transaction_id=content["transaction_id"])
    answer = json.loads(text)
    assert (status, answer["trade_state"], answer["out_trade_no"]) == (200, "SUCCESS", out_trade_no)


def test_a_native_order_gives_a_code_that_pays(foreigner: Any, web: httpx.Client, receiver: Receiver) -> None:
    code_url = place(foreigner, number(), pay_type=WeChatPayType.NATIVE)["code_url"]
    assert code_url.startswith("weixin://wxpay/bizpayurl?pr=")
    assert web.post("/sandbox/pay", json={"code_url": code_url}).json()["trade_state"] == "SUCCESS"
    [arrival] = receiver.wait_for(1)
    assert foreigner.callback(arrival.headers, arrival.body)["resource"]["trade_type"] == "NATIVE"


def test_an_h5_order_gives_an_address_that_pays(
    foreigner: Any, web: httpx.Client, receiver: Receiver, sandbox_url: str
) -> None:
    scene = {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}
    h5_url = place(foreigner, number(), pay_type=WeChatPayType.H5, scene_info=scene)["h5_url"]
    assert h5_url.startswith(f"{sandbox_url}/cgi-bin/")
    assert web.post("/sandbox/pay", json={"h5_url": h5_url}).json()["trade_state"] == "SUCCESS"
    [arrival] = receiver.wait_for(1)
    assert foreigner.callback(arrival.headers, arrival.body)["resource"]["trade_type"] == "MWEB"


def test_closing_answers_a_signed_204_and_can_be_repeated(foreigner: Any) -> None:
    out_trade_no = number()
    place(foreigner, out_trade_no, pay_type=WeChatPayType.NATIVE)
    assert foreigner.close(out_trade_no)[0] == 204
    assert foreigner.close(out_trade_no)[0] == 204
    assert json.loads(foreigner.query(out_trade_no=out_trade_no)[1])["trade_state"] == "CLOSED"


def test_a_paid_order_cannot_be_closed(foreigner: Any, web: httpx.Client) -> None:
    out_trade_no = number()
    place(foreigner, out_trade_no, pay_type=WeChatPayType.NATIVE)
    web.post("/sandbox/pay", json={"out_trade_no": out_trade_no}).raise_for_status()
    status, text = foreigner.close(out_trade_no)
    assert (status, json.loads(text)["code"]) == (400, "ORDER_PAID")
    assert json.loads(foreigner.query(out_trade_no=out_trade_no)[1])["trade_state"] == "SUCCESS"


def test_the_platform_certificates_decrypt_and_verify(foreigner: Any, web: httpx.Client) -> None:
    foreigner._core._update_certificates()
    serials = {f"{each.serial_number:040X}" for each in foreigner._core._certificates}
    assert len(serials) == 2
    web.post("/sandbox/faults", json={"certificate_signed": True}).raise_for_status()
    crafted = web.post("/sandbox/notices/craft", json={"faults": {"certificate_signed": True}}).json()
    assert crafted["headers"]["Wechatpay-Serial"] in serials
    assert foreigner.callback(crafted["headers"], crafted["body"])["resource"] == crafted["content"]


def test_a_tampered_notice_does_not_pass_the_foreign_client(foreigner: Any, web: httpx.Client) -> None:
    crafted = web.post("/sandbox/notices/craft", json={"faults": {"tampered": True}}).json()
    assert foreigner.callback(crafted["headers"], crafted["body"]) is None


def test_profit_sharing_by_strangers(foreigner: Any, web: httpx.Client, openid: str) -> None:
    """Receivers, a share, the query, unfreezing, a return and what is left, each with names that they encrypted."""
    out_trade_no = number()
    prepay = place(foreigner, out_trade_no, pay_type=WeChatPayType.NATIVE, settle_info={"profit_sharing": True})
    assert prepay["code_url"]
    transaction_id = web.post("/sandbox/pay", json={"out_trade_no": out_trade_no}).json()["transaction_id"]
    web.post("/sandbox/clock", json={"advance_seconds": 61}).raise_for_status()
    status, text = foreigner.profitsharing_add_receiver("MERCHANT_ID", "1900000109", "SUPPLIER", name="坂里豆坊")
    assert status == 200, text
    out_order_no = number()
    receivers = [{"type": "MERCHANT_ID", "account": "1900000109", "amount": 500, "description": "货款"}]
    status, text = foreigner.profitsharing_order(transaction_id, out_order_no, receivers, False)
    assert (status, json.loads(text)["state"]) == (200, "FINISHED"), text
    status, text = foreigner.profitsharing_order_query(transaction_id, out_order_no)
    assert (status, json.loads(text)["receivers"][0]["result"]) == (200, "SUCCESS"), text
    assert json.loads(foreigner.profitsharing_amount_query(transaction_id)[1])["unsplit_amount"] == 1300
    back = number()
    status, text = foreigner.profitsharing_return(back, "1900000109", 200, "退款", out_order_no=out_order_no)
    assert (status, json.loads(text)["result"]) == (200, "SUCCESS"), text
    assert json.loads(foreigner.profitsharing_return_query(out_order_no, back)[1])["amount"] == 200
    status, text = foreigner.profitsharing_unfreeze(transaction_id, number(), "解冻剩余")
    assert (status, json.loads(text)["state"]) == (200, "FINISHED"), text
    assert json.loads(foreigner.profitsharing_amount_query(transaction_id)[1])["unsplit_amount"] == 0
    assert foreigner.profitsharing_delete_receiver("MERCHANT_ID", "1900000109")[0] == 200
