"""The live client of WeChat's web sign-in (open.weixin.qq.com for people, api.weixin.qq.com for us)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import structlog

from gateways.wechat_oauth.contract import Door, WebPerson
from gateways.wechat_oauth.errors import (
    SnapshotPerson,
    WebSignInCodeRefused,
    WebSignInNotConfigured,
    WebSignInRefused,
    WebSignInUnavailable,
)

log = structlog.get_logger(__name__)
_STATE = re.compile(r"[0-9A-Za-z]{1,128}")
_CODE_REFUSED = {40029, 40163, 41008}


@dataclass(frozen=True, slots=True)
class WebApp:
    """An app of the Open Platform or a service account, and its secret."""

    appid: str
    secret: str


class LiveWechatOAuth:
    """`gateways.wechat_oauth.contract.WechatOAuth` over the network. Safe to share between threads."""

    def __init__(self, *, api_base: str, open_base: str, apps: Mapping[Door, WebApp], timeout_seconds: float) -> None:
        """`apps` may lack a door: then that way of signing in is WebSignInNotConfigured."""
        self._open_base = open_base.rstrip("/")
        self._apps = apps
        self._http = httpx.Client(base_url=api_base, timeout=timeout_seconds, headers={"User-Agent": "banli/1"})

    def shut(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        return self._door_url("/connect/oauth2/authorize", Door.SERVICE_ACCOUNT, "snsapi_userinfo", redirect_uri, state)

    def qrconnect_url(self, redirect_uri: str, state: str) -> str:
        return self._door_url("/connect/qrconnect", Door.WEBSITE, "snsapi_login", redirect_uri, state)

    def exchange(self, code: str, door: Door) -> WebPerson:
        app = self._app(door)
        query = {"appid": app.appid, "secret": app.secret, "code": code, "grant_type": "authorization_code"}
        ticket = self._ask("/sns/oauth2/access_token", query)
        if ticket.get("is_snapshotuser") == 1:
            raise SnapshotPerson
        openid, token = _text(ticket, "openid"), _text(ticket, "access_token")
        person = self._ask("/sns/userinfo", {"access_token": token, "openid": openid, "lang": "zh_CN"})
        if person.get("openid") != openid:
            raise WebSignInUnavailable(reason="another person")
        unionid = person.get("unionid") or ticket.get("unionid")
        return WebPerson(app.appid, openid, unionid or None, person.get("nickname") or None)

    def _door_url(self, path: str, door: Door, scope: str, redirect_uri: str, state: str) -> str:
        if not _STATE.fullmatch(state):
            raise ValueError("state must be 1 to 128 of [0-9A-Za-z]")
        # WeChat compares the order of the parameters too.
        query = {
            "appid": self._app(door).appid,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": scope,
            "state": state,
        }
        return f"{self._open_base}{path}?{urlencode(query)}#wechat_redirect"

    def _app(self, door: Door) -> WebApp:
        if door not in self._apps:
            raise WebSignInNotConfigured(setting=door.value)
        return self._apps[door]

    def _ask(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        try:
            response = self._http.get(path, params=query)
        except httpx.HTTPError as error:
            log.warning("wechat_oauth_unreachable", path=path, fault=type(error).__name__)
            raise WebSignInUnavailable(reason=type(error).__name__) from None
        try:
            answer = orjson.loads(response.content)
        except ValueError:
            answer = None
        if response.status_code != httpx.codes.OK or not isinstance(answer, dict):
            raise WebSignInUnavailable(http_status=response.status_code)
        errcode = answer.get("errcode") or 0
        if errcode:
            log.warning("wechat_oauth_refused", path=path, errcode=errcode, errmsg=str(answer.get("errmsg"))[:200])
            raise (WebSignInCodeRefused if errcode in _CODE_REFUSED else WebSignInRefused)(errcode=errcode)
        return answer


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise WebSignInUnavailable(reason=f"no {name}")
    return value
