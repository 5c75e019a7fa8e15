"""Signing in on the web with WeChat: in its own browser (service account), or by QR code elsewhere (website app)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Door(StrEnum):
    """Which of our apps a person signs in through. Each gives the same person another openid."""

    SERVICE_ACCOUNT = "service_account"
    WEBSITE = "website"


@dataclass(frozen=True, slots=True)
class WebPerson:
    """Who signed in. `openid` belongs to `appid`; `unionid` joins our apps if they are bound together."""

    appid: str
    openid: str
    unionid: str | None
    nickname: str | None


class WechatOAuth(Protocol):
    """Raises the errors of `gateways.wechat_oauth.errors`. `state` is 1–128 of [0-9A-Za-z]; check it on return."""

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where to send a person who opened our page in WeChat. Comes back to `redirect_uri?code=…&state=…`."""

    def qrconnect_url(self, redirect_uri: str, state: str) -> str:
        """Where to send a person in an ordinary browser: a page with a QR code to scan with WeChat."""

    def exchange(self, code: str, door: Door) -> WebPerson:
        """Who the code of a return stands for. It works once."""
