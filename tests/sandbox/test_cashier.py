"""The cashier, behind each of its doors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.sandbox.merchant import Merchant
from tests.sandbox.pages import has_link, heading, link, people_on, read_page

BACK = "https://shop.example/orders/1"
SCENE = {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}


@pytest.fixture
def openid(web: httpx.Client) -> str:
    return str(web.post("/sandbox/people", json={"nickname": "顾客甲"}).json()["openids"]["mini"])


def jsapi_door(merchant: Merchant, openid: str, **bend: str) -> tuple[str, str]:
    """The number of a new order, and its cashier as the shim opens it."""
    number, answer = merchant.place("jsapi", payer={"openid": openid})
    values = merchant.pay_parameters(answer["prepay_id"], merchant.env["WECHAT_MINI_APPID"])
    return number, "/cashier/jsapi?" + urlencode(values | {"redirect_url": BACK} | bend)


def state(merchant: Merchant, number: str) -> str:
    return str(merchant.query(number).json()["trade_state"])


def test_a_jsapi_order_is_paid_on_its_page(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    number, door = jsapi_door(merchant, openid)
    page = read_page(web.get(door))
    assert heading(page) == "支付 ¥12.80"
    done = read_page(web.post(door, data={"act": "pay"}))
    assert heading(done) == "支付成功"
    assert link(done, "完成") == BACK
    assert state(merchant, number) == "SUCCESS"
    assert heading(read_page(web.get(door))) == "已支付"


@pytest.mark.parametrize(
    "bend",
    [
        {"paySign": "AAAA"},
        {"timeStamp": "1700000000"},
        {"nonceStr": "another"},
        {"signType": "MD5"},
        {"appId": "wx0000000000000000"},
        {"timeStamp": "soon"},
        {"nonceStr": ""},
    ],
)
def test_a_pay_sign_that_does_not_hold_shows_no_bill(
    merchant: Merchant, web: httpx.Client, openid: str, bend: dict[str, str]
) -> None:
    number, door = jsapi_door(merchant, openid, **bend)
    for answer in (web.get(door), web.post(door, data={"act": "pay"})):
        assert answer.status_code == 400
        assert heading(read_page(answer)) == "支付失败"
    assert state(merchant, number) == "NOTPAY"


def test_the_signature_of_one_order_does_not_open_another(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    _, door = jsapi_door(merchant, openid)
    number, other = merchant.place("jsapi", payer={"openid": openid})
    before, _, after = door.partition("package=prepay_id%3D")
    answer = web.post(f"{before}package=prepay_id%3D{other['prepay_id']}{after[36:]}", data={"act": "pay"})
    assert answer.status_code == 400
    assert state(merchant, number) == "NOTPAY"


def test_a_wrong_password_leaves_the_order_unpaid_and_the_page_open(
    merchant: Merchant, web: httpx.Client, openid: str
) -> None:
    number, door = jsapi_door(merchant, openid)
    answer = web.post(door, data={"act": "wrong_password"})
    assert "支付密码错误" in answer.text
    assert heading(read_page(answer)) == "支付 ¥12.80"
    assert state(merchant, number) == "NOTPAY"
    assert web.post(door, data={"act": "pay"}).status_code == 200
    assert state(merchant, number) == "SUCCESS"


def test_cancelling_leads_back_and_can_be_thought_over(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    number, door = jsapi_door(merchant, openid)
    page = read_page(web.post(door, data={"act": "cancel"}))
    assert (heading(page), link(page, "返回商家")) == ("已取消支付", BACK)
    assert state(merchant, number) == "NOTPAY"
    assert web.get(door).status_code == 200


def test_somebody_else_cannot_pay_a_jsapi_order(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    number, door = jsapi_door(merchant, openid)
    stranger = people_on(read_page(web.get(door)))["顾客乙"]
    answer = web.post(door, data={"act": "pay", "person": stranger})
    assert (answer.status_code, heading(read_page(answer))) == (400, "支付失败")
    assert state(merchant, number) == "NOTPAY"


def test_a_page_cannot_send_the_payer_to_a_script(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    _, door = jsapi_door(merchant, openid, redirect_url="javascript:alert(1)")
    assert not has_link(read_page(web.post(door, data={"act": "cancel"})), "返回商家")


def test_a_native_code_is_scanned_and_paid_by_the_chosen_person(merchant: Merchant, web: httpx.Client) -> None:
    number, answer = merchant.place("native")
    scanned = web.post("/phone/scan", data={"content": answer["code_url"]})
    door = scanned.headers["Location"]
    assert door.startswith("/cashier/native?pr=")
    payer = people_on(read_page(web.get(door)))["顾客丙"]
    assert heading(read_page(web.post(door, data={"act": "pay", "person": payer}))) == "支付成功"
    people = web.get("/sandbox/people").json()["people"]
    [openids] = [each["openids"] for each in people if each["nickname"] == "顾客丙"]
    assert merchant.query(number).json()["payer"]["openid"] == openids["mini"]


def test_a_waiting_native_order_is_on_the_phone(merchant: Merchant, web: httpx.Client) -> None:
    _, answer = merchant.place("native", description="手打牛肉丸")
    pr = answer["code_url"].split("=")[1]
    assert f"/cashier/native?pr={pr}" in web.get("/phone").text
    web.post(f"/cashier/native?pr={pr}", data={"act": "pay"}).raise_for_status()
    assert pr not in web.get("/phone").text


def test_an_h5_order_is_paid_and_leads_back(merchant: Merchant, web: httpx.Client) -> None:
    number, answer = merchant.place("h5", scene_info=SCENE)
    door = answer["h5_url"] + "&" + urlencode({"redirect_url": BACK})
    assert heading(read_page(web.get(door))) == "支付 ¥12.80"
    assert link(read_page(web.post(door, data={"act": "pay"})), "完成") == BACK
    assert merchant.query(number).json()["trade_type"] == "MWEB"


@pytest.mark.parametrize("bend", ["&openid=o1", "9", None])
def test_an_h5_url_takes_nothing_but_redirect_url(merchant: Merchant, web: httpx.Client, bend: str | None) -> None:
    number, answer = merchant.place("h5", scene_info=SCENE)
    door = answer["h5_url"] + bend if bend else answer["h5_url"].split("&package=")[0]
    for reply in (web.get(door), web.post(door, data={"act": "pay"})):
        assert (reply.status_code, heading(read_page(reply))) == (400, "支付失败")
    assert state(merchant, number) == "NOTPAY"


def late_doors(merchant: Merchant, web: httpx.Client) -> list[tuple[str, str]]:
    number, answer = merchant.place("native")
    merchant.close(number)
    closed = answer["code_url"].split("=")[1]
    old = merchant.place("native")[1]["code_url"].split("=")[1]
    web.post("/sandbox/clock", json={"advance_seconds": 7201}).raise_for_status()
    return [("closed", closed), ("old", old), ("unknown", "nope"), ("empty", "")]


def test_a_late_payer_is_told_so(merchant: Merchant, web: httpx.Client) -> None:
    for name, pr in late_doors(merchant, web):
        for answer in (web.get(f"/cashier/native?pr={pr}"), web.post(f"/cashier/native?pr={pr}", data={"act": "pay"})):
            assert (name, answer.status_code, heading(read_page(answer))) == (name, 410, "无法支付")


def test_one_kind_of_order_does_not_open_at_anothers_door(merchant: Merchant, web: httpx.Client, openid: str) -> None:
    number, answer = merchant.place("jsapi", payer={"openid": openid})
    reply = web.post(f"/cashier/native?pr={answer['prepay_id']}", data={"act": "pay"})
    assert reply.status_code == 400
    assert state(merchant, number) == "NOTPAY"


@pytest.mark.parametrize("form", [{}, {"act": "steal"}])
def test_a_form_without_an_act_pays_nothing(merchant: Merchant, web: httpx.Client, form: dict[str, Any]) -> None:
    number, answer = merchant.place("native")
    door = f"/cashier/native?pr={answer['code_url'].split('=')[1]}"
    assert web.post(door, data=form).status_code == 400
    assert state(merchant, number) == "NOTPAY"


def test_the_pages_around_it_read_well(merchant: Merchant, web: httpx.Client) -> None:
    number, _ = merchant.place("native", notify_url="http://127.0.0.1:9/x")
    web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status()
    for path, words in [("/", "演示微信"), ("/phone", "顾客甲"), ("/sandbox/notices", "通知台账")]:
        web.cookies.clear()
        assert heading(read_page(web.get(path))) == words
    assert heading(read_page(web.get("/nowhere"))) == "404"
    policy = web.get("/phone").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
