"""The mini-program API: tokens, one-use codes, phone numbers, codes that decode."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests.sandbox.merchant import Merchant


@pytest.fixture
def env(merchant: Merchant) -> dict[str, str]:
    return merchant.env


@pytest.fixture
def token(web: httpx.Client, env: dict[str, str]) -> str:
    return str(ask_token(web, env)["access_token"])


def ask_token(web: httpx.Client, env: dict[str, str], **changes: Any) -> dict[str, Any]:
    body = {
        "grant_type": "client_credential",
        "appid": env["WECHAT_MINI_APPID"],
        "secret": env["WECHAT_MINI_SECRET"],
    } | changes
    return dict(web.post("/cgi-bin/stable_token", json=body).raise_for_status().json())


def plain_token(web: httpx.Client, env: dict[str, str]) -> str:
    query = {
        "grant_type": "client_credential",
        "appid": env["WECHAT_MINI_APPID"],
        "secret": env["WECHAT_MINI_SECRET"],
    }
    return str(web.get("/cgi-bin/token", params=query).json()["access_token"])


def login(web: httpx.Client, env: dict[str, str], code: str, **changes: str) -> dict[str, Any]:
    query = {
        "appid": env["WECHAT_MINI_APPID"],
        "secret": env["WECHAT_MINI_SECRET"],
        "js_code": code,
        "grant_type": "authorization_code",
    } | changes
    return dict(web.get("/sns/jscode2session", params=query).raise_for_status().json())


def grow_older(web: httpx.Client, seconds: int) -> None:
    web.post("/sandbox/clock", json={"advance_seconds": seconds}).raise_for_status()


def errcode_with(web: httpx.Client, token: str) -> int:
    """0 when the token is good: then the call fails for its missing code only."""
    answer = web.post(f"/wxa/business/getuserphonenumber?access_token={token}", json={}).raise_for_status().json()
    return 0 if answer["errcode"] == 41008 else int(answer["errcode"])


def test_everybody_gets_the_same_stable_token_until_five_minutes_before_its_end(
    web: httpx.Client, env: dict[str, str]
) -> None:
    first = ask_token(web, env)
    assert 300 < first["expires_in"] <= 7200
    assert ask_token(web, env)["access_token"] == first["access_token"]
    grow_older(web, 7200 - 200)
    renewed = ask_token(web, env)
    assert renewed["access_token"] != first["access_token"]
    assert errcode_with(web, first["access_token"]) == 0
    grow_older(web, 7201)
    assert errcode_with(web, first["access_token"]) == 42001
    assert errcode_with(web, renewed["access_token"]) == 0


def test_force_kills_the_old_token_and_has_its_limits(web: httpx.Client, env: dict[str, str]) -> None:
    grow_older(web, 100_000)
    old = ask_token(web, env)["access_token"]
    assert ask_token(web, env, force_refresh=True)["access_token"] != old
    assert errcode_with(web, old) == 40001
    assert ask_token(web, env, force_refresh=True)["errcode"] == 45011
    for turn in range(1, 20):
        grow_older(web, 100_000 + turn * 31)
        assert "access_token" in ask_token(web, env, force_refresh=True)
    grow_older(web, 100_000 + 20 * 31)
    assert ask_token(web, env, force_refresh=True)["errcode"] == 45009


def test_the_two_lines_of_tokens_do_not_harm_each_other(web: httpx.Client, env: dict[str, str]) -> None:
    stable, plain = ask_token(web, env)["access_token"], plain_token(web, env)
    newer = plain_token(web, env)
    assert len({stable, plain, newer}) == 3
    assert [errcode_with(web, each) for each in (stable, plain, newer)] == [0, 0, 0]
    grow_older(web, 301)
    assert [errcode_with(web, each) for each in (stable, plain, newer)] == [0, 42001, 0]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "wx0000000000000000"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "0" * 32}, 40125),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
        ({"force_refresh": "true"}, 40097),
    ],
)
def test_a_token_is_refused(web: httpx.Client, env: dict[str, str], changes: dict[str, Any], errcode: int) -> None:
    assert ask_token(web, env, **changes)["errcode"] == errcode


def test_a_body_that_is_no_object_is_bad_data(web: httpx.Client) -> None:
    for content in (b"", b"[]", b"appid=1"):
        assert web.post("/cgi-bin/stable_token", content=content).json()["errcode"] == 47001


def test_the_website_has_no_server_token(web: httpx.Client, env: dict[str, str]) -> None:
    changes = {"appid": env["WECHAT_WEB_APPID"], "secret": env["WECHAT_WEB_SECRET"]}
    assert ask_token(web, env, **changes)["errcode"] == 40013


def test_a_login_code_works_once(web: httpx.Client, env: dict[str, str]) -> None:
    minted = web.post("/sandbox/login-code", json={"nickname": "顾客乙"}).json()
    session = login(web, env, minted["code"])
    assert session["openid"] == minted["openid"]
    assert session["unionid"]
    assert len(session["session_key"]) == 24
    assert login(web, env, minted["code"])["errcode"] == 40163


def test_a_new_person_keeps_one_unionid_and_has_three_openids(web: httpx.Client, env: dict[str, str]) -> None:
    person = web.post("/sandbox/people", json={"nickname": "顾客丁"}).json()
    assert len(set(person["openids"].values())) == 3
    code = web.post("/sandbox/login-code", json={"openid": person["openids"]["oa"]}).json()["code"]
    session = login(web, env, code)
    assert (session["openid"], session["unionid"]) == (person["openids"]["mini"], person["unionid"])


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"js_code": "never-issued"}, 40029),
        ({"js_code": ""}, 41008),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "1" * 32}, 40125),
        ({"grant_type": "client_credential"}, 40002),
    ],
)
def test_a_login_is_refused_and_the_code_is_not_spent(
    web: httpx.Client, env: dict[str, str], changes: dict[str, str], errcode: int
) -> None:
    code = web.post("/sandbox/login-code").json()["code"]
    assert login(web, env, code, **changes)["errcode"] == errcode
    assert "openid" in login(web, env, code)


def test_a_login_code_lives_five_minutes(web: httpx.Client, env: dict[str, str]) -> None:
    code = web.post("/sandbox/login-code").json()["code"]
    grow_older(web, 301)
    assert login(web, env, code)["errcode"] == 40029


def test_a_phone_code_tells_the_number_once(web: httpx.Client, env: dict[str, str], token: str) -> None:
    minted = web.post("/sandbox/phone-code", json={"nickname": "顾客丙"}).json()
    target = f"/wxa/business/getuserphonenumber?access_token={token}"
    stolen = web.post(target, json={"code": minted["code"], "openid": "oSomebodyElse"}).json()
    assert stolen["errcode"] == 40003
    answer = web.post(target, json={"code": minted["code"], "openid": minted["openid"]}).json()
    assert (answer["errcode"], answer["phone_info"]["purePhoneNumber"]) == (0, "13900000003")
    assert answer["phone_info"]["watermark"]["appid"] == env["WECHAT_MINI_APPID"]
    assert web.post(target, json={"code": minted["code"]}).json()["errcode"] == 40163


def test_a_login_code_is_not_a_phone_code(web: httpx.Client, token: str) -> None:
    code = web.post("/sandbox/login-code").json()["code"]
    answer = web.post(f"/wxa/business/getuserphonenumber?access_token={token}", json={"code": code})
    assert answer.json()["errcode"] == 40029


@pytest.mark.parametrize(("query", "errcode"), [("", 41001), ("?access_token=made-up", 40001)])
def test_a_call_without_a_good_token_is_refused(web: httpx.Client, query: str, errcode: int) -> None:
    answer = web.post(f"/wxa/getwxacodeunlimit{query}", json={"scene": "a"})
    assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)


def test_a_service_accounts_token_does_not_open_the_mini_program(web: httpx.Client, env: dict[str, str]) -> None:
    changes = {"appid": env["WECHAT_OA_APPID"], "secret": env["WECHAT_OA_SECRET"]}
    token = ask_token(web, env, **changes)["access_token"]
    assert web.post(f"/wxa/getwxacodeunlimit?access_token={token}", json={"scene": "a"}).json()["errcode"] == 48001


@pytest.mark.parametrize("look", [{}, {"is_hyaline": True}, {"width": 280}, {"width": 1280}])
def test_a_code_is_a_picture_that_says_page_and_scene(
    web: httpx.Client, env: dict[str, str], token: str, look: dict[str, Any]
) -> None:
    body = {"scene": "t=9aZ&k=!#$'()*+,/:;", "page": "pages/trace/index", "env_version": "trial"} | look
    answer = web.post(f"/wxa/getwxacodeunlimit?access_token={token}", json=body)
    assert answer.headers["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width == look.get("width", 430)
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    [code] = zxingcpp.read_barcodes(white.convert("L"))
    said = parse_qs(urlsplit(code.text).query)
    assert (said["page"], said["scene"]) == ([body["page"]], [body["scene"]])
    assert (said["appid"], said["env_version"]) == ([env["WECHAT_MINI_APPID"]], ["trial"])
    assert body["page"] in web.get(code.text).text


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"scene": None}, 40169),
        ({"scene": ""}, 40169),
        ({"scene": "x" * 33}, 40169),
        ({"scene": 7}, 40169),
        ({"scene": "a%20b"}, 40129),
        ({"scene": "批次"}, 40129),
        ({"scene": "scancode_time=1"}, 85096),
        ({"page": "/pages/index"}, 41030),
        ({"page": "pages/index?x=1"}, 41030),
        ({"page": 1}, 41030),
        ({"env_version": "beta"}, 40097),
        ({"width": 279}, 40097),
        ({"width": 1281}, 40097),
        ({"width": "430"}, 40097),
        ({"is_hyaline": "no"}, 40097),
        ({"line_color": {"r": 256, "g": 0, "b": 0}}, 40097),
    ],
)
def test_a_code_is_refused(web: httpx.Client, token: str, changes: dict[str, Any], errcode: int) -> None:
    body = {"scene": "t=9aZ", "page": "pages/trace/index"} | changes
    answer = web.post(f"/wxa/getwxacodeunlimit?access_token={token}", json=body)
    assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)


def test_only_released_pages_get_codes_unless_nobody_checks(web: httpx.Client, token: str) -> None:
    web.post("/sandbox/pages", json={"released": ["pages/home/index"]}).raise_for_status()
    target = f"/wxa/getwxacodeunlimit?access_token={token}"
    body = {"scene": "a", "page": "pages/trace/index"}
    assert web.post(target, json=body).json()["errcode"] == 41030
    assert web.post(target, json=body | {"check_path": False}).headers["Content-Type"] == "image/png"
    web.post("/sandbox/pages", json={"released": []}).raise_for_status()
    assert web.post(target, json=body).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"openid": "oNobody"}, 404, "openid"),
        ({"nickname": "名" * 21}, 400, "nickname"),
        ({"nickname": "顾客戊", "phone": "12"}, 400, "phone"),
        ({"nickname": 7}, 400, "nickname"),
    ],
)
def test_nobody_gets_no_code(web: httpx.Client, body: dict[str, Any], status: int, word: str) -> None:
    before = web.get("/sandbox/people").json()
    answer = web.post("/sandbox/login-code", json=body)
    assert answer.status_code == status
    assert word in answer.json()["message"]
    assert web.get("/sandbox/people").json() == before
