"""The message push: only WeChat is believed, and what it says becomes a job."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core.db import db
from tests.fixtures.wechat import PretendWechat

PATH = "/callbacks/wechat-push"


def craft(wechat: PretendWechat, event: str, **content: Any) -> dict[str, Any]:
    return wechat.ask("push/craft", {"event": event, "openid": "o-x", "content": content})


def todo(app: Flask) -> list[tuple[str, str]]:
    statement = text(
        "SELECT task_name, args->>'out_trade_no' FROM procrastinate_jobs WHERE args ? 'out_trade_no' ORDER BY id"
    )
    with app.app_context():
        return [(row[0].rsplit(".", 1)[1], row[1]) for row in db.session.execute(statement)]


def test_events_become_jobs(app: Flask, client: FlaskClient, pretend_wechat: PretendWechat) -> None:
    for event, content in (
        ("trade_manage_order_settlement", {"merchant_trade_no": "PAY0001", "settlement_time": 1}),
        ("trade_manage_order_settlement", {"merchant_trade_no": "PAY0002", "estimated_settlement_time": 1}),
        ("trade_manage_remind_shipping", {"merchant_trade_no": "PAY0003"}),
        ("trade_manage_remind_access_api", {}),
    ):
        sent = craft(pretend_wechat, event, **content)
        answer = client.post(PATH, query_string=sent["query"], data=sent["body"])
        assert (answer.status_code, answer.text) == (200, "success")
    assert todo(app) == [("note_settlement", "PAY0001"), ("note_reminder", "PAY0003")]


def test_a_message_of_somebody_else_is_refused(app: Flask, client: FlaskClient, pretend_wechat: PretendWechat) -> None:
    sent = craft(pretend_wechat, "trade_manage_order_settlement", merchant_trade_no="PAY0001", settlement_time=1)
    wrong = {"msg_signature": "0" * 40}
    for query, body in (
        (sent["query"] | wrong, sent["body"]),
        ({}, sent["body"]),
        (sent["query"], "{}"),
        (sent["query"], "x" * 70_000),
    ):
        assert client.post(PATH, query_string=query, data=body).status_code in {400, 413}
    assert todo(app) == []


def test_the_console_checks_the_address(client: FlaskClient, pretend_wechat: PretendWechat) -> None:
    query = craft(pretend_wechat, "x")["query"] | {"echostr": "12345"}
    assert client.get(PATH, query_string=query).text == "12345"
    assert client.get(PATH, query_string=query | {"signature": "0"}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "suggest", "label"),
    [
        ({}, "risky", 20002),
        ({"errcode": -1008}, "", 0),
        ({"result": None}, "", 0),
        ({"result": {"suggest": "nonsense", "label": 1}}, "", 0),
    ],
)
def test_a_verdict_about_a_photo_leaves_a_job(
    app: Flask, client: FlaskClient, pretend_wechat: PretendWechat, changes: dict[str, Any], suggest: str, label: int
) -> None:
    verdict = {"trace_id": "trace-1", "errcode": 0, "result": {"suggest": "risky", "label": 20002}}
    sent = craft(pretend_wechat, "wxa_media_check", **(verdict | changes))
    assert client.post(PATH, query_string=sent["query"], data=sent["body"]).text == "success"
    with app.app_context():
        left = list(
            db.session.scalars(text("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%hear_of_picture'"))
        )
    assert left == [{"trace_id": "trace-1", "suggest": suggest, "label": label}]


@pytest.mark.usefixtures("clean_database")
def test_without_settings_nothing_is_believed(client: FlaskClient) -> None:
    assert client.get(PATH, query_string={"echostr": "1"}).status_code == 400
    assert client.post(PATH, data="{}").status_code == 400
