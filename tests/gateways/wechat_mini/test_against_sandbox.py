"""The mini-program client, with its token in PostgreSQL, against the pretend WeChat."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image
from sqlalchemy import update

from core.db import db
from core.secrets import decrypt, encrypt
from core.settings import settings
from gateways import registry
from gateways.wechat_mini.contract import ContentVerdict, Suggestion
from gateways.wechat_mini.errors import (
    LoginCodeRefused,
    OpenidInactive,
    PageUnknown,
    PhoneCodeRefused,
    WechatRefusedApp,
)
from gateways.wechat_mini.models import WechatAccessToken
from tests.gateways.conftest import PretendWechat

pytestmark = pytest.mark.usefixtures("in_app")


def test_login(wechat: PretendWechat) -> None:
    given = wechat.ask("login-code", {"nickname": "顾客乙"})
    person = registry.wechat_mini().code_to_session(given["code"])
    assert person.openid == given["openid"]
    assert person.unionid
    with pytest.raises(LoginCodeRefused):
        registry.wechat_mini().code_to_session(given["code"])
    with pytest.raises(LoginCodeRefused):
        registry.wechat_mini().code_to_session("made-up")


def test_content_security(wechat: PretendWechat) -> None:
    mini = registry.wechat_mini()
    openid = wechat.ask("people", {"nickname": "新来的顾客"})["openids"]["mini"]
    with pytest.raises(OpenidInactive):
        mini.check_text("好吃", openid)
    mini.code_to_session(wechat.ask("login-code", {"nickname": "新来的顾客"})["code"])
    assert mini.check_text("好吃", openid) == ContentVerdict(Suggestion.PASS, 100)
    assert mini.check_text("可疑的味道", openid).suggestion is Suggestion.REVIEW
    assert mini.check_text("看广告", openid) == ContentVerdict(Suggestion.RISKY, 10001)
    first, second = (mini.check_picture("https://shop.example/pictures/a-800.webp", openid) for _ in range(2))
    assert first != second


def test_phone(wechat: PretendWechat) -> None:
    given = wechat.ask("phone-code", {"nickname": "顾客甲"})
    mini = registry.wechat_mini()
    with pytest.raises(PhoneCodeRefused):
        mini.phone_number(given["code"], "o-somebody-else")
    phone = mini.phone_number(given["code"], given["openid"])
    assert (phone.country_code, phone.number) == ("86", "13900000001")
    with pytest.raises(PhoneCodeRefused):
        mini.phone_number(given["code"], given["openid"])


def test_a_login_code_is_no_phone_code(wechat: PretendWechat) -> None:
    given = wechat.ask("login-code", {})
    with pytest.raises(PhoneCodeRefused):
        registry.wechat_mini().phone_number(given["code"], given["openid"])


def test_code_picture(wechat: PretendWechat) -> None:
    picture = Image.open(io.BytesIO(registry.wechat_mini().code_image("K3XW2QZT", "pages/packet/index")))
    assert (picture.format, picture.size) == ("PNG", (430, 430))
    wechat.ask("pages", {"released": ["pages/home/index"]})
    try:
        with pytest.raises(PageUnknown):
            registry.wechat_mini().code_image("K3XW2QZT", "pages/packet/index")
        assert registry.wechat_mini().code_image("K3XW2QZT", "pages/packet/index", check_path=False)
    finally:
        wechat.ask("pages", {"released": []})


def stored_token() -> str:
    with db.engine.connect() as connection:
        return decrypt(connection.execute(WechatAccessToken.__table__.select()).one().token)


def test_the_token_of_another_line_harms_nothing(wechat: PretendWechat) -> None:
    mini = registry.wechat_mini()
    mini.code_image("a", "pages/home/index")
    first = stored_token()
    chosen = settings()
    query = {
        "grant_type": "client_credential",
        "appid": chosen.wechat_mini_appid,
        "secret": chosen.wechat_mini_secret.get_secret_value(),
    }
    assert httpx.get(f"{wechat.url}/cgi-bin/token", params=query).json()["access_token"] != first
    mini.code_image("a", "pages/home/index")
    assert stored_token() == first


def test_a_killed_token_is_replaced(wechat: PretendWechat) -> None:
    mini = registry.wechat_mini()
    mini.code_image("a", "pages/home/index")
    with db.engine.begin() as connection:
        connection.execute(update(WechatAccessToken).values(token=encrypt("no token of this WeChat")))
    assert mini.code_image("a", "pages/home/index")
    assert stored_token() != "no token of this WeChat"


def test_a_token_that_aged_elsewhere_is_replaced(wechat: PretendWechat) -> None:
    mini = registry.wechat_mini()
    mini.code_image("a", "pages/home/index")
    first = stored_token()
    wechat.ask("clock", {"advance_seconds": 7300})
    assert mini.code_image("a", "pages/home/index")
    assert stored_token() != first


def test_a_wrong_secret(wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECHAT_MINI_SECRET", "0" * 32)
    settings.cache_clear()
    registry.reset()
    with pytest.raises(WechatRefusedApp) as refusal:
        registry.wechat_mini().code_image("a", "pages/home/index")
    assert refusal.value.params == {"errcode": 40125}
