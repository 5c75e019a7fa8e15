"""Web sign-in: addresses as WeChat wants them, answers as they come, and the pretend WeChat's own pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from core.errors import DomainError
from core.settings import settings
from gateways import registry
from gateways.wechat_oauth.client import LiveWechatOAuth, WebApp
from gateways.wechat_oauth.contract import Door
from gateways.wechat_oauth.errors import (
    SnapshotPerson,
    WebSignInCodeRefused,
    WebSignInNotConfigured,
    WebSignInRefused,
    WebSignInUnavailable,
)
from tests.gateways.answering import Answer, Answerer, answerer
from tests.gateways.conftest import PretendWechat

BACK = "https://banli.example/sign-in/wechat?next=%2Fcart"
TICKET = {"access_token": "t", "openid": "o1", "scope": "snsapi_userinfo", "unionid": "u1"}


@pytest.fixture
def server() -> Iterator[Answerer]:
    with answerer() as server:
        yield server


@pytest.fixture
def oauth(server: Answerer) -> Iterator[LiveWechatOAuth]:
    client = LiveWechatOAuth(
        api_base=server.url,
        open_base="https://open.weixin.qq.com",
        apps={Door.SERVICE_ACCOUNT: WebApp("wx0a", "s1")},
        timeout_seconds=1,
    )
    yield client
    client.shut()


def told(**values: Any) -> Answer:
    return Answer(200, json.dumps(values, ensure_ascii=False).encode(), {"Content-Type": "text/plain"})


def test_the_address_is_what_wechat_compares(oauth: LiveWechatOAuth) -> None:
    assert oauth.authorize_url(BACK, "a1B2") == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0a"
        "&redirect_uri=https%3A%2F%2Fbanli.example%2Fsign-in%2Fwechat%3Fnext%3D%252Fcart"
        "&response_type=code&scope=snsapi_userinfo&state=a1B2#wechat_redirect"
    )


@pytest.mark.parametrize("state", ["", "x" * 129, "a-b", "a b", "态"])
def test_a_state_wechat_would_refuse(oauth: LiveWechatOAuth, state: str) -> None:
    with pytest.raises(ValueError, match="state"):
        oauth.authorize_url(BACK, state)


def test_a_door_that_is_not_set_up(oauth: LiveWechatOAuth) -> None:
    with pytest.raises(WebSignInNotConfigured):
        oauth.qrconnect_url(BACK, "x")
    with pytest.raises(WebSignInNotConfigured):
        oauth.exchange("c", Door.WEBSITE)


def test_exchange(server: Answerer, oauth: LiveWechatOAuth) -> None:
    server.answers = [told(**TICKET), told(openid="o1", nickname="顾客🍵", unionid="u1")]
    person = oauth.exchange("code/+1", Door.SERVICE_ACCOUNT)
    assert (person.appid, person.openid, person.unionid, person.nickname) == ("wx0a", "o1", "u1", "顾客🍵")
    query = parse_qs(urlsplit(server.take().target).query)
    assert query == {"appid": ["wx0a"], "secret": ["s1"], "code": ["code/+1"], "grant_type": ["authorization_code"]}
    assert urlsplit(server.take().target).path == "/sns/userinfo"


def test_a_snapshot_person_is_nobody(server: Answerer, oauth: LiveWechatOAuth) -> None:
    server.answers = [told(**TICKET, is_snapshotuser=1)]
    with pytest.raises(SnapshotPerson):
        oauth.exchange("c", Door.SERVICE_ACCOUNT)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([told(errcode=40029)], WebSignInCodeRefused),
        ([told(errcode=40163)], WebSignInCodeRefused),
        ([told(errcode=40125)], WebSignInRefused),
        ([told(**TICKET), told(errcode=48001)], WebSignInRefused),
        ([told(**TICKET), told(openid="o2")], WebSignInUnavailable),
        ([told(openid="o1")], WebSignInUnavailable),
        ([Answer(500, b"{}")], WebSignInUnavailable),
        ([Answer(200, b"<html>")], WebSignInUnavailable),
        ([Answer(200, b"[]")], WebSignInUnavailable),
        ([Answer(after_seconds=1.5)], WebSignInUnavailable),
    ],
)
def test_refusals(server: Answerer, oauth: LiveWechatOAuth, answers: list[Any], kind: type[DomainError]) -> None:
    server.answers = answers
    with pytest.raises(DomainError) as raised:
        oauth.exchange("c", Door.SERVICE_ACCOUNT)
    assert type(raised.value) is kind


def test_inside_wechat(wechat: PretendWechat) -> None:
    oauth = registry.wechat_oauth()
    address = oauth.authorize_url(BACK, "a1B2")
    with httpx.Client() as phone:
        assert "登录授权" in phone.get(address).text
        left = phone.post(address, data={"act": "allow", "person": "顾客乙"})
    back = urlsplit(left.headers["Location"])
    query = parse_qs(back.query)
    assert (back.path, query["state"], query["next"]) == ("/sign-in/wechat", ["a1B2"], ["/cart"])
    person = oauth.exchange(query["code"][0], Door.SERVICE_ACCOUNT)
    expected = next(each for each in wechat.ask("people")["people"] if each["nickname"] == "顾客乙")
    assert (person.openid, person.unionid) == (expected["openids"]["oa"], expected["unionid"])
    assert (person.nickname, person.appid) == ("顾客乙", settings().wechat_oa_appid)
    with pytest.raises(WebSignInCodeRefused):
        oauth.exchange(query["code"][0], Door.SERVICE_ACCOUNT)


def test_by_qr_code(wechat: PretendWechat) -> None:
    oauth = registry.wechat_oauth()
    page = httpx.get(oauth.qrconnect_url(BACK, "c3D4")).text
    confirm = next(part for part in page.split('"') if "/connect/confirm/" in part)
    with httpx.Client(base_url=wechat.url) as phone:
        assert phone.get(confirm).status_code == 200
        phone.post(confirm, data={"act": "allow", "person": "顾客丙"})
    status = httpx.get(f"{wechat.url}/connect/qrconnect/{confirm.rsplit('/', 1)[1]}/status").json()
    code = parse_qs(urlsplit(status["onward"]).query)["code"][0]
    with pytest.raises(WebSignInCodeRefused):
        oauth.exchange(code, Door.SERVICE_ACCOUNT)
    person = oauth.exchange(code, Door.WEBSITE)
    assert (person.nickname, person.appid) == ("顾客丙", settings().wechat_web_appid)
