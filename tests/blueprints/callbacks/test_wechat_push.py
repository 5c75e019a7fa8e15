"""WeChat's verdicts about photos: believed only when enciphered and signed for us, and done by a job."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import text

from core.db import db
from core.settings import settings
from tests.fixtures.unchanged import Unchanged
from tests.gateways.wechat_mini.test_push import AES_KEY, APPID, TOKEN, encipher, query_for, sign

VERDICT: dict[str, Any] = {
    "ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1763778896, "MsgType": "event",
    "Event": "wxa_media_check", "trace_id": "trace-1", "errcode": 0, "result": {"suggest": "risky", "label": 20002},
}  # fmt: skip
PATH = "/callbacks/wechat-push"


@pytest.fixture
def push_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "wechat_push_token", TOKEN)
    monkeypatch.setattr(settings(), "wechat_push_aes_key", SecretStr(AES_KEY))
    monkeypatch.setattr(settings(), "wechat_mini_appid", APPID)


def post(client: FlaskClient, message: dict[str, Any]) -> tuple[int, str]:
    sealed = encipher(json.dumps(message).encode())
    response = client.post(PATH, json={"Encrypt": sealed}, query_string=query_for(sealed))
    return response.status_code, response.get_data(as_text=True)


def jobs_left(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        found = db.session.scalars(text("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%hear_of_picture'"))
        return list(found)


@pytest.mark.usefixtures("push_is_set")
@pytest.mark.parametrize(
    ("changes", "suggest", "label"),
    [
        ({}, "risky", 20002),
        ({"errcode": -1008}, "", 0),
        ({"result": None}, "", 0),
        ({"result": {"suggest": "nonsense", "label": 1}}, "", 0),
    ],
)
def test_a_verdict_leaves_a_job(
    app: Flask, client: FlaskClient, changes: dict[str, Any], suggest: str, label: int
) -> None:
    assert post(client, VERDICT | changes) == (200, "success")
    assert jobs_left(app) == [{"trace_id": "trace-1", "suggest": suggest, "label": label}]


@pytest.mark.usefixtures("push_is_set")
def test_other_events_are_answered_and_forged_ones_refused(
    app: Flask, client: FlaskClient, unchanged: Unchanged
) -> None:
    with unchanged():
        assert post(client, VERDICT | {"Event": "something_else"}) == (200, "success")
        sealed = encipher(json.dumps(VERDICT).encode())
        wrong = query_for(sealed) | {"msg_signature": "0" * 40}
        assert client.post(PATH, json={"Encrypt": sealed}, query_string=wrong).status_code == 400
        assert client.post(PATH, data=b"x" * 100_000, query_string=query_for(sealed)).status_code in {400, 413}


@pytest.mark.usefixtures("push_is_set")
def test_the_consoles_check_is_echoed(client: FlaskClient) -> None:
    query = {"signature": sign(TOKEN, "1", "n"), "timestamp": "1", "nonce": "n", "echostr": "hello"}
    assert client.get(PATH, query_string=query).get_data(as_text=True) == "hello"


def test_nothing_is_there_while_no_push_is_set(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 404
    assert client.post(PATH).status_code == 404
