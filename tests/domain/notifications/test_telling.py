"""Told once, read once, sent through WeChat only as often as it was accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from core.db import db
from core.settings import settings
from domain.accounts.models import Account
from domain.notifications import reading, sending
from domain.notifications.models import MessageSending, Notification
from domain.notifications.telling import Message, tell_account, tell_workshop
from gateways.wechat_mini.errors import WechatUnavailable
from tests.factories.accounts import make_buyer
from tests.factories.purchases import make_mini_buyer
from tests.factories.workshops import make_workshop
from tests.fixtures.wechat import PretendWechat


def message(key: str, kind: str = "shipped") -> Message:
    return Message(key, kind, "包裹已寄出", "你的一个包裹寄出了，单号 %(number)s", "/orders/1", {"number": "SF1"})


def results(session: scoped_session[Session]) -> list[str]:
    return list(session.scalars(select(MessageSending.status).order_by(MessageSending.notification_id)))


def test_what_happened_is_told_once_and_to_its_reader_only(session: scoped_session[Session]) -> None:
    buyer, other, workshop = make_buyer(), make_buyer(), make_workshop()
    assert tell_account(buyer.id, message("a"))
    assert not tell_account(buyer.id, message("a"))
    assert tell_workshop(workshop.id, message("b"))
    mine, theirs = reading.Reader(account_id=buyer.id), reading.Reader(account_id=other.id)
    owners = reading.Reader(workshop_ids=frozenset({workshop.id}))
    assert [reading.unread_count(reader) for reader in (mine, theirs, owners)] == [1, 0, 1]
    reading.mark_all_read(mine)
    assert [reading.unread_count(reader) for reader in (mine, theirs, owners)] == [0, 0, 1]
    assert [row.key for row in reading.inbox(owners, number=1).items] == ["b"]
    assert reading.inbox(reading.Reader(), number=1).total == 0


@pytest.fixture
def reader(
    app: Flask, session: scoped_session[Session], pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    monkeypatch.setenv("WECHAT_MINI_TEMPLATES", json.dumps({"shipped": "TPL1 thing1 character_string2 time3"}))
    settings.cache_clear()
    yield make_mini_buyer(pretend_wechat, "顾客订阅")
    # The token store commits by itself.
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM wechat_access_tokens"))


def test_each_accepted_message_is_sent_once(
    session: scoped_session[Session], reader: Account, pretend_wechat: PretendWechat
) -> None:
    openid = pretend_wechat.person("顾客订阅")["openids"]["mini"]
    sending.accept(openid, {"shipped", "delivered"})
    pretend_wechat.ask("subscribe", {"openid": openid, "template_id": "TPL1"})
    for key in ("a", "b"):
        tell_account(reader.id, message(key))
    ids = list(session.scalars(select(Notification.id).order_by(Notification.id)))
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%send_message'"
    assert session.scalar(text(jobs)) == 2
    for _ in range(2):
        for notification_id in ids:
            sending.send_message.run(notification_id=notification_id)
    assert results(session) == ["sent", "not_accepted"]
    sent = [one for one in pretend_wechat.ask("messages")["messages"] if one["touser"] == openid]
    assert [one["data"]["character_string2"]["value"] for one in sent] == ["SF1"]


def test_wechat_counts_right_where_we_count_wrong(
    session: scoped_session[Session], reader: Account, pretend_wechat: PretendWechat
) -> None:
    openid = pretend_wechat.person("顾客订阅")["openids"]["mini"]
    for _ in range(3):
        sending.accept(openid, {"shipped"})
    for key in ("a", "b"):
        tell_account(reader.id, message(key))
    for notification_id in session.scalars(select(Notification.id)).all():
        sending.send_message.run(notification_id=notification_id)
    assert results(session) == ["not_accepted"] * 2
    assert session.scalars(select(MessageSending.errcode).order_by(MessageSending.notification_id)).all() == [
        43101,
        None,
    ]


def test_no_answer_is_tried_again_and_spends_nothing(
    session: scoped_session[Session], reader: Account, monkeypatch: pytest.MonkeyPatch, pretend_wechat: PretendWechat
) -> None:
    from gateways import registry

    openid = pretend_wechat.person("顾客订阅")["openids"]["mini"]
    sending.accept(openid, {"shipped"})
    tell_account(reader.id, message("a"))
    [notification_id] = session.scalars(select(Notification.id)).all()

    def silent(*_values: object) -> None:
        raise WechatUnavailable(reason="test")

    monkeypatch.setattr(registry.wechat_mini(), "send_subscribed", silent, raising=False)
    with pytest.raises(WechatUnavailable), session.begin_nested():
        sending.send_message.run(notification_id=notification_id)
    assert results(session) == []
    assert session.scalar(text("SELECT remaining FROM subscribe_quotas")) == 1


def test_a_kind_without_template_is_only_read_here(session: scoped_session[Session], reader: Account) -> None:
    tell_account(reader.id, message("a", "refunded"))
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%send_message'")) == 0
    assert reading.unread_count(reading.Reader(account_id=reader.id)) == 1
