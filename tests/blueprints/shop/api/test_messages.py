"""A buyer's messages on the phone, and the subscribe messages they accept."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db
from core.settings import settings
from domain.accounts.models import WechatIdentity
from domain.notifications.models import SubscribeQuota
from domain.notifications.telling import Message, tell_account
from tests.blueprints.shop.api.conftest import World
from tests.blueprints.shop.api.phone import Phone
from tests.fixtures.racing import committed


def tell(app: Flask, account_id: int, key: str) -> None:
    text = "你的一个包裹寄出了，单号 %(number)s"
    with committed(app):
        tell_account(account_id, Message(key, "shipped", "包裹已寄出", text, "/orders/X", {"number": "SF1"}))


def test_messages_are_the_buyers_own_and_read_once(
    app: Flask, world: World, phone: Phone, stranger_phone: Phone
) -> None:
    for key in ("a", "b"):
        tell(app, world.buyer, key)
    first = phone.get("/me/messages", limit=1).get_json()
    assert (first["unread"], first["items"][0]["text"]) == (2, "你的一个包裹寄出了，单号 SF1")
    rest = phone.get("/me/messages", limit=1, cursor=first["next_cursor"]).get_json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    english = phone.ask("GET", "/me/messages", headers={"Accept-Language": "en"}).get_json()
    assert english["items"][0]["title"] == "Parcel sent"
    assert stranger_phone.get("/me/messages").get_json()["items"] == []
    assert stranger_phone.post("/me/messages/read", {}).status_code == 204
    assert phone.get("/me/messages").get_json()["unread"] == 2
    assert phone.post("/me/messages/read", {}).status_code == 204
    assert phone.get("/me/messages").get_json()["unread"] == 0


def test_accepted_templates_are_counted(
    app: Flask, world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert phone.get("/me/subscriptions").get_json() == {"items": []}
    assert phone.post("/me/subscriptions", {"accepted": ["shipped"]}).status_code == 409
    monkeypatch.setenv("WECHAT_MINI_TEMPLATES", json.dumps({"shipped": "TPL1 thing1"}))
    monkeypatch.setenv("WECHAT_MINI_APPID", "wx-test-mini")
    settings.cache_clear()
    try:
        with committed(app):
            db.session.add(WechatIdentity(appid="wx-test-mini", openid="o-1", unionid=None, account_id=world.buyer))
        assert phone.get("/me/subscriptions").get_json()["items"] == [{"kind": "shipped", "template_id": "TPL1"}]
        for _ in range(2):
            assert phone.post("/me/subscriptions", {"accepted": ["shipped", "unknown"]}).status_code == 204
        with app.app_context():
            assert db.session.scalars(select(SubscribeQuota.remaining)).all() == [2]
        assert phone.post("/me/subscriptions", {"accepted": ["a"] * 4}).status_code == 422
    finally:
        monkeypatch.undo()
        settings.cache_clear()
