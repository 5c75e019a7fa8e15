"""Signing in: consent on the phone, QR code on the desk, and the exchange behind both."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.sandbox.merchant import Merchant
from tests.sandbox.pages import heading, link, people_on, read_page

BACK = "https://shop.example/accounts/wechat?from=cart"


@pytest.fixture
def env(merchant: Merchant) -> dict[str, str]:
    return merchant.env


def authorize_link(env: dict[str, str], **changes: str) -> str:
    query = {
        "appid": env["WECHAT_OA_APPID"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_userinfo",
        "state": "s1",
    } | changes
    return "/connect/oauth2/authorize?" + urlencode(query)


def qr_link(env: dict[str, str], **changes: str) -> str:
    query = {
        "appid": env["WECHAT_WEB_APPID"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_login",
        "state": "s2",
    } | changes
    return "/connect/qrconnect?" + urlencode(query)


def came_back(answer: httpx.Response) -> dict[str, list[str]]:
    """The query with which the browser returns to the shop."""
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["Location"])
    assert (where.hostname, where.path) == ("shop.example", "/accounts/wechat")
    return parse_qs(where.query)


def exchange(web: httpx.Client, env: dict[str, str], code: str, line: str = "OA", /, **changes: str) -> dict[str, Any]:
    query = {
        "appid": env[f"WECHAT_{line}_APPID"],
        "secret": env[f"WECHAT_{line}_SECRET"],
        "code": code,
        "grant_type": "authorization_code",
    } | changes
    return dict(web.get("/sns/oauth2/access_token", params=query).raise_for_status().json())


def consent(web: httpx.Client, env: dict[str, str], nickname: str, **changes: str) -> str:
    """The code a person's consent brings."""
    page = authorize_link(env, **changes)
    back = came_back(web.post(page, data={"act": "allow", "person": nickname}))
    return back["code"][0]


def test_a_person_consents_and_the_shop_learns_who_it_is(web: httpx.Client, env: dict[str, str]) -> None:
    page = read_page(web.get(authorize_link(env)))
    assert heading(page) == "登录授权"
    choice = people_on(page)["顾客乙"]
    back = came_back(web.post(authorize_link(env), data={"act": "allow", "person": choice}))
    assert (back["from"], back["state"]) == (["cart"], ["s1"])
    token = exchange(web, env, back["code"][0])
    assert (token["scope"], token["expires_in"]) == ("snsapi_userinfo", 7200)
    query = {"access_token": token["access_token"], "openid": token["openid"], "lang": "zh_CN"}
    person = web.get("/sns/userinfo", params=query).json()
    assert (person["nickname"], person["openid"], person["unionid"]) == ("顾客乙", token["openid"], token["unionid"])
    assert web.get(person["headimgurl"]).headers["Content-Type"].startswith("image/svg+xml")


def test_the_unionid_is_the_same_in_all_three_apps(web: httpx.Client, env: dict[str, str]) -> None:
    here = exchange(web, env, consent(web, env, "顾客甲"))
    code = web.post("/sandbox/login-code", json={"nickname": "顾客甲"}).json()["code"]
    query = {
        "appid": env["WECHAT_MINI_APPID"],
        "secret": env["WECHAT_MINI_SECRET"],
        "js_code": code,
        "grant_type": "authorization_code",
    }
    mini = web.get("/sns/jscode2session", params=query).json()
    assert here["unionid"] == mini["unionid"]
    assert here["openid"] != mini["openid"]


def test_snsapi_base_is_silent_once_the_phone_has_an_owner_and_tells_less(
    web: httpx.Client, env: dict[str, str]
) -> None:
    base = authorize_link(env, scope="snsapi_base")
    assert web.get(base).status_code == 200
    web.post("/phone/person", data={"person": "顾客丙"})
    token = exchange(web, env, came_back(web.get(base))["code"][0])
    assert "unionid" not in token
    query = {"access_token": token["access_token"], "openid": token["openid"]}
    assert web.get("/sns/userinfo", params=query).json()["errcode"] == 48001


def test_a_newcomer_signs_in_by_a_nickname(web: httpx.Client, env: dict[str, str]) -> None:
    answer = web.post(authorize_link(env), data={"act": "allow", "new_nickname": "顾客己", "person": "顾客甲"})
    token = exchange(web, env, came_back(answer)["code"][0])
    query = {"access_token": token["access_token"], "openid": token["openid"]}
    assert web.get("/sns/userinfo", params=query).json()["nickname"] == "顾客己"


def test_a_refusal_comes_back_without_a_code(web: httpx.Client, env: dict[str, str]) -> None:
    back = came_back(web.post(authorize_link(env), data={"act": "refuse", "person": "顾客甲"}))
    assert (back.get("code"), back["state"]) == (None, ["s1"])


def test_a_code_works_once_for_its_own_app_and_for_five_minutes(web: httpx.Client, env: dict[str, str]) -> None:
    code = consent(web, env, "顾客甲")
    assert exchange(web, env, code, "WEB")["errcode"] == 40029
    assert "openid" in exchange(web, env, code)
    assert exchange(web, env, code)["errcode"] == 40163
    late = consent(web, env, "顾客甲")
    web.post("/sandbox/clock", json={"advance_seconds": 301}).raise_for_status()
    assert exchange(web, env, late)["errcode"] == 40029


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"code": "made-up"}, 40029),
        ({"code": ""}, 41008),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "0" * 32}, 40125),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
def test_an_exchange_is_refused_and_the_code_is_not_spent(
    web: httpx.Client, env: dict[str, str], changes: dict[str, str], errcode: int
) -> None:
    code = consent(web, env, "顾客甲")
    assert exchange(web, env, code, **changes)["errcode"] == errcode
    assert "openid" in exchange(web, env, code)


def test_a_persons_token_has_its_limits(web: httpx.Client, env: dict[str, str]) -> None:
    token = exchange(web, env, consent(web, env, "顾客甲"))
    other = exchange(web, env, consent(web, env, "顾客乙"))
    for query, errcode in [
        ({"access_token": token["access_token"], "openid": other["openid"]}, 40003),
        ({"access_token": "made-up", "openid": token["openid"]}, 40001),
        ({"openid": token["openid"]}, 41001),
    ]:
        assert web.get("/sns/userinfo", params=query).json()["errcode"] == errcode
    web.post("/sandbox/clock", json={"advance_seconds": 7201}).raise_for_status()
    query = {"access_token": token["access_token"], "openid": token["openid"]}
    assert web.get("/sns/userinfo", params=query).json()["errcode"] == 42001


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"appid": "wx0000000000000000"}, "40013"),
        ({"redirect_uri": ""}, "10003"),
        ({"redirect_uri": "javascript:alert(1)"}, "10003"),
        ({"redirect_uri": "/accounts"}, "10003"),
        ({"redirect_uri": "https://shop.example:80port/"}, "10003"),
        ({"redirect_uri": "https://[shop"}, "10003"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": "snsapi_login"}, "10005"),
        ({"state": "s" * 129}, "128"),
        ({"state": "a-b_c"}, "字母和数字"),
    ],
)
def test_a_bad_link_gets_a_page_that_says_why(
    web: httpx.Client, env: dict[str, str], changes: dict[str, str], words: str
) -> None:
    for answer in (
        web.get(authorize_link(env, **changes)),
        web.post(authorize_link(env, **changes), data={"act": "allow", "person": "顾客甲"}),
    ):
        assert answer.status_code == 400
        assert heading(read_page(answer)) == "无法登录"
        assert words in answer.text


def test_an_unknown_person_cannot_consent(web: httpx.Client, env: dict[str, str]) -> None:
    for form in ({"act": "allow"}, {"act": "allow", "person": "nobody"}):
        assert web.post(authorize_link(env), data=form).status_code == 400
    long = web.post(authorize_link(env), data={"act": "allow", "new_nickname": "名" * 21})
    assert (long.status_code, heading(read_page(long))) == (400, "没有这个人")


def test_a_website_is_entered_by_scanning(web: httpx.Client, env: dict[str, str]) -> None:
    desk = read_page(web.get(qr_link(env)))
    phone = link(desk, "在手机上确认")
    onward = link(desk, "我已在手机上确认，继续")
    assert web.get(f"{onward}/status").json() == {"status": "waiting", "onward": ""}
    assert web.post("/phone/scan", data={"content": phone}).headers["Location"] == phone

    page = read_page(web.get(phone))
    assert web.get(f"{onward}/status").json()["status"] == "scanned"
    assert read_page(web.get(onward)) is not None
    web.post(phone, data={"act": "allow", "person": people_on(page)["顾客丙"]})
    assert heading(read_page(web.get(phone))) == "已确认登录"

    back = came_back(web.get(onward))
    assert web.get(f"{onward}/status").json()["onward"].startswith("https://shop.example/accounts/wechat?from=cart&")
    assert back["state"] == ["s2"]
    token = exchange(web, env, back["code"][0], "WEB")
    assert token["scope"] == "snsapi_login"
    query = {"access_token": token["access_token"], "openid": token["openid"]}
    assert web.get("/sns/userinfo", params=query).json()["nickname"] == "顾客丙"


def test_a_refused_scan_returns_without_a_code(web: httpx.Client, env: dict[str, str]) -> None:
    desk = read_page(web.get(qr_link(env)))
    web.post(link(desk, "在手机上确认"), data={"act": "refuse"})
    assert "code" not in came_back(web.get(link(desk, "我已在手机上确认，继续")))


def test_a_qr_code_is_confirmed_once_and_in_time(web: httpx.Client, env: dict[str, str]) -> None:
    phone = link(read_page(web.get(qr_link(env))), "在手机上确认")
    web.post(phone, data={"act": "allow", "person": "顾客甲"})
    assert web.post(phone, data={"act": "allow", "person": "顾客乙"}).status_code == 400
    late = read_page(web.get(qr_link(env)))
    web.post("/sandbox/clock", json={"advance_seconds": 301}).raise_for_status()
    assert web.post(link(late, "在手机上确认"), data={"act": "allow", "person": "顾客甲"}).status_code == 400
    assert "二维码已过期" in web.get(link(late, "我已在手机上确认，继续")).text


def test_the_service_account_has_no_qr_page_and_the_website_no_consent(web: httpx.Client, env: dict[str, str]) -> None:
    assert web.get(qr_link(env, appid=env["WECHAT_OA_APPID"])).status_code == 400
    assert web.get(authorize_link(env, appid=env["WECHAT_WEB_APPID"])).status_code == 400
    assert web.get("/connect/confirm/nothing").status_code == 400


def test_the_phone_shows_what_it_cannot_open(web: httpx.Client) -> None:
    page = web.post("/phone/scan", data={"content": "<b>批号 20260524</b>"})
    assert heading(read_page(page)) == "扫描结果"
    assert "&lt;b&gt;批号" in page.text
    empty = web.post("/phone/scan", data={"content": " "})
    assert (empty.status_code, heading(read_page(empty))) == (400, "没有内容")
    address = "https://shop.example/01/06900000000001/10/A1"
    assert web.post("/phone/scan", data={"content": address}).headers["Location"] == address
