"""A person's way through WeChat's own pages: from our sign-in page to WeChat and back to us."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
from werkzeug.test import TestResponse

from tests.fixtures.web import Browser
from tests.fixtures.wechat import PretendWechat

WECHAT_BROWSER = {"User-Agent": "Mozilla/5.0 (iPhone) AppleWebKit/605.1 Mobile MicroMessenger/8.0.50"}


def leave_for_wechat(browser: Browser, first: str = "/sign-in", **options: object) -> str:
    """WeChat's address that our sign-in page leads to."""
    assert browser.get(first).status_code == 200
    response = browser.get("/sign-in/wechat", **options)
    assert response.status_code == 302
    return str(response.headers["Location"])


def scan_and_agree(wechat: PretendWechat, address: str, nickname: str, act: str = "allow") -> str:
    """Open WeChat's QR page and confirm on the phone; the path by which WeChat sends the browser back to us."""
    with httpx.Client() as desk:
        opened = desk.get(address)
        uuid = re.search(r"/connect/(?:qrconnect|confirm)/([\w-]+)", opened.text)
        assert uuid, opened.text[:500]
        desk.post(f"{wechat.url}/connect/confirm/{uuid[1]}", data={"act": act, "new_nickname": nickname})
        return _path(desk.get(f"{wechat.url}/connect/qrconnect/{uuid[1]}").headers["Location"])


def agree_inside_wechat(address: str, nickname: str, act: str = "allow") -> str:
    """Answer WeChat's question in its own browser; the path back to us."""
    with httpx.Client() as phone:
        return _path(phone.post(address, data={"act": act, "new_nickname": nickname}).headers["Location"])


def sign_in_through_wechat(
    browser: Browser, wechat: PretendWechat, nickname: str = "顾客辛", first: str = "/sign-in"
) -> TestResponse:
    """The whole round by QR code; the answer to WeChat's sending the browser back."""
    return browser.get(scan_and_agree(wechat, leave_for_wechat(browser, first), nickname))


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def _path(address: str) -> str:
    place = urlsplit(address)
    assert (place.scheme, place.netloc) == ("http", "localhost"), address
    return f"{place.path}?{place.query}"
