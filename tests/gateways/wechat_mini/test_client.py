"""What the client makes of the API's answers; here a server of the test's own gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.clock import now
from core.errors import DomainError, InvalidInput
from gateways.wechat_mini.client import LiveWechatMini
from gateways.wechat_mini.contract import CodeVersion, MiniPerson, PhoneNumber
from gateways.wechat_mini.errors import (
    LoginCodeRefused,
    LoginRisky,
    PageUnknown,
    PhoneCodeRefused,
    WechatQuotaSpent,
    WechatRefused,
    WechatRefusedApp,
    WechatTokenRefused,
    WechatUnavailable,
)
from gateways.wechat_mini.token_store import Ask
from tests.gateways.answering import Answer, Answerer, Received, answerer

APPID = "wx1234567890abcdef"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


class MemoryTokens:
    """A store for one process, which notes what it is asked."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._number = 1

    def token(self, appid: str, ask: Ask) -> str:
        del ask
        assert appid == APPID
        return f"T{self._number}"

    def token_after(self, refused: str, appid: str, ask: Ask) -> str:
        self.refused.append(refused)
        self._number += 1
        return self.token(appid, ask)


@pytest.fixture
def server() -> Iterator[Answerer]:
    with answerer() as server:
        yield server


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def mini(server: Answerer, tokens: MemoryTokens) -> Iterator[LiveWechatMini]:
    client = LiveWechatMini(base_url=server.url, appid=APPID, secret="s3cret", tokens=tokens, timeout_seconds=1)
    yield client
    client.shut()


def told(**values: Any) -> Answer:
    return Answer(200, json.dumps(values).encode(), {"Content-Type": "text/plain"})


def query_of(request: Received) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(urlsplit(request.target).query).items()}


def phone_info(**changes: Any) -> dict[str, Any]:
    info = {"phoneNumber": "+8613900000001", "purePhoneNumber": "13900000001", "countryCode": "86"}
    return {**info, "watermark": {"timestamp": 1, "appid": APPID}, **changes}


def test_login_drops_the_session_key(server: Answerer, mini: LiveWechatMini) -> None:
    server.answers = [told(openid="o1", session_key="HyVFkGl5F5OQWJZZaNzBBg==", unionid="u1")]
    person = mini.code_to_session("code-1")
    assert person == MiniPerson("o1", "u1")
    assert "HyVFkGl5F5OQWJZZaNzBBg" not in repr(person)
    request = server.take()
    assert query_of(request) == {
        "appid": APPID,
        "secret": "s3cret",
        "js_code": "code-1",
        "grant_type": "authorization_code",
    }


def test_login_without_a_unionid(server: Answerer, mini: LiveWechatMini) -> None:
    server.answers = [told(openid="o1", session_key="x")]
    assert mini.code_to_session("code-1").unionid is None


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (40029, LoginCodeRefused),
        (40163, LoginCodeRefused),
        (40226, LoginRisky),
        (40013, WechatRefusedApp),
        (40125, WechatRefusedApp),
        (40164, WechatRefusedApp),
        (45009, WechatQuotaSpent),
        (45011, WechatQuotaSpent),
        (-1, WechatUnavailable),
        (99999, WechatRefused),
    ],
)
def test_login_refusals(server: Answerer, mini: LiveWechatMini, errcode: int, kind: type[DomainError]) -> None:
    server.answers = [told(errcode=errcode, errmsg="no")]
    with pytest.raises(DomainError) as raised:
        mini.code_to_session("code-1")
    assert type(raised.value) is kind
    assert raised.value.params == {"errcode": errcode}
    server.take()
    assert server.received.empty()


def test_phone(server: Answerer, mini: LiveWechatMini) -> None:
    server.answers = [told(errcode=0, errmsg="ok", phone_info=phone_info())]
    assert mini.phone_number("pc", "o1") == PhoneNumber("86", "13900000001")
    request = server.take()
    assert query_of(request) == {"access_token": "T1"}
    assert json.loads(request.body) == {"code": "pc", "openid": "o1"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (told(errcode=40029), PhoneCodeRefused),
        (told(errcode=40003), PhoneCodeRefused),
        (told(errno=1400001), WechatQuotaSpent),
        (told(errcode=48001), WechatRefusedApp),
        (told(errcode=0), WechatUnavailable),
        (told(errcode=0, phone_info=phone_info(watermark={"appid": "wx-other"})), WechatUnavailable),
        (told(errcode=0, phone_info=phone_info(watermark=None)), WechatUnavailable),
        (told(errcode=0, phone_info=phone_info(purePhoneNumber=13900000001)), WechatUnavailable),
    ],
)
def test_phone_refusals(server: Answerer, mini: LiveWechatMini, answer: Answer, kind: type[DomainError]) -> None:
    server.answers = [answer]
    with pytest.raises(DomainError) as raised:
        mini.phone_number("pc", "o1")
    assert type(raised.value) is kind


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_and_the_call_repeated(
    server: Answerer, mini: LiveWechatMini, tokens: MemoryTokens, errcode: int
) -> None:
    server.answers = [told(errcode=errcode), told(errcode=0, phone_info=phone_info())]
    mini.phone_number("pc", "o1")
    assert [query_of(server.take())["access_token"] for _ in range(2)] == ["T1", "T2"]
    assert tokens.refused == ["T1"]


def test_a_token_refused_twice_ends_it(server: Answerer, mini: LiveWechatMini, tokens: MemoryTokens) -> None:
    server.answers = [told(errcode=40001)]
    with pytest.raises(WechatTokenRefused):
        mini.phone_number("pc", "o1")
    assert [query_of(server.take())["access_token"] for _ in range(2)] == ["T1", "T2"]
    assert server.received.empty()
    assert tokens.refused == ["T1"]


def test_code_picture(server: Answerer, mini: LiveWechatMini) -> None:
    server.answers = [Answer(200, PNG, {"Content-Type": "image/png"})]
    assert mini.code_image("b=7&s=K3", "pages/packet/index", version=CodeVersion.TRIAL, check_path=False) == PNG
    assert json.loads(server.take().body) == {
        "scene": "b=7&s=K3",
        "page": "pages/packet/index",
        "check_path": False,
        "env_version": "trial",
        "width": 430,
    }


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("scene", {"scene": ""}),
        ("scene", {"scene": "x" * 33}),
        ("scene", {"scene": "100%"}),
        ("scene", {"scene": "坊"}),
        ("scene", {"scene": "a b"}),
        ("scene", {"scene": "scancode_time=1"}),
        ("scene", {"scene": "x\n"}),
        ("page", {"page": "/pages/index"}),
        ("page", {"page": "pages/index?x=1"}),
        ("page", {"page": ""}),
        ("width_pixels", {"width_pixels": 279}),
        ("width_pixels", {"width_pixels": 1281}),
    ],
)
def test_code_input(server: Answerer, mini: LiveWechatMini, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as raised:
        mini.code_image(**({"scene": "x", "page": "pages/index"} | values))
    assert set(raised.value.fields) == {field}
    assert server.received.empty()


@pytest.mark.parametrize(("errcode", "kind"), [(41030, PageUnknown), (45029, WechatQuotaSpent), (85096, WechatRefused)])
def test_code_refusals(server: Answerer, mini: LiveWechatMini, errcode: int, kind: type[DomainError]) -> None:
    server.answers = [told(errcode=errcode)]
    with pytest.raises(DomainError) as raised:
        mini.code_image("x", "pages/index")
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b""),
        Answer(302, b"", {"Location": "/"}),
        Answer(200, b"<html>"),
        Answer(200, b"[]"),
        Answer(200, b""),
        Answer(200, b"\xff\xfe"),
        told(session_key="x"),
        told(openid=7),
        Answer(200, PNG),
        Answer(after_seconds=1.5),
    ],
)
def test_answers_of_another_shape(server: Answerer, mini: LiveWechatMini, answer: Answer) -> None:
    server.answers = [answer]
    with pytest.raises(WechatUnavailable):
        mini.code_to_session("code-1")
    server.take()
    assert server.received.empty()


class AskingTokens(MemoryTokens):
    def token(self, appid: str, ask: Ask) -> str:
        fresh = ask(False)
        assert timedelta(seconds=7190) < fresh.expires_at - now() <= timedelta(seconds=7200)
        return fresh.token


def test_the_token_is_asked_for_in_normal_mode(server: Answerer) -> None:
    client = LiveWechatMini(base_url=server.url, appid=APPID, secret="s3cret", tokens=AskingTokens(), timeout_seconds=1)
    server.answers = [told(access_token="T9", expires_in=7200), told(errcode=0, phone_info=phone_info())]
    client.phone_number("pc", "o1")
    asked = server.take()
    assert asked.target == "/cgi-bin/stable_token"
    assert json.loads(asked.body) == {
        "grant_type": "client_credential",
        "appid": APPID,
        "secret": "s3cret",
        "force_refresh": False,
    }
    assert query_of(server.take()) == {"access_token": "T9"}
    client.shut()


@pytest.mark.parametrize(
    "answer", [told(access_token="T9"), told(expires_in=7200), told(access_token="T", expires_in="x")]
)
def test_a_token_without_its_end_is_none(server: Answerer, answer: Answer) -> None:
    client = LiveWechatMini(base_url=server.url, appid=APPID, secret="s3cret", tokens=AskingTokens(), timeout_seconds=1)
    server.answers = [answer]
    with pytest.raises(WechatUnavailable):
        client.phone_number("pc", "o1")
    client.shut()
