"""Pushed messages in safe mode, enciphered here by hand from WeChat's description."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateways.wechat_mini.errors import PushFault, PushRefused, WechatNotConfigured
from gateways.wechat_mini.push import MessagePush

APPID = "wx1234567890abcdef"
TOKEN = "pushtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
EVENT = {
    "ToUserName": "gh_1",
    "FromUserName": "o1",
    "CreateTime": 1763778896,
    "MsgType": "event",
    "Event": "trade_manage_remind_shipping",
    "msg": "48 小时未发货",
}


@pytest.fixture(scope="module")
def push() -> MessagePush:
    return MessagePush(appid=APPID, token=TOKEN, encoding_aes_key=AES_KEY)


def encipher(message: bytes, appid: str = APPID, aes_key: str = AES_KEY) -> str:
    key = base64.b64decode(aes_key + "=")
    plain = b"0123456789abcdef" + struct.pack(">I", len(message)) + message + appid.encode()
    padding = 32 - len(plain) % 32
    plain += bytes([padding]) * padding
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def query_for(sealed: str) -> dict[str, str]:
    return {
        "signature": sign(TOKEN, "1763778896", "n1"),
        "timestamp": "1763778896",
        "nonce": "n1",
        "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, "1763778896", "n1", sealed),
    }


def reason(push: MessagePush, query: dict[str, str], body: bytes) -> PushFault:
    with pytest.raises(PushRefused) as refused:
        push.read(query, body)
    return refused.value.reason


def test_a_json_event(push: MessagePush) -> None:
    sealed = encipher(json.dumps(EVENT).encode())
    message = push.read(query_for(sealed), json.dumps({"ToUserName": "gh_1", "Encrypt": sealed}).encode())
    assert (message.kind, message.event, message.openid) == ("event", "trade_manage_remind_shipping", "o1")
    assert message.sent_at == datetime.fromtimestamp(1763778896, UTC)
    assert message.content["msg"] == "48 小时未发货"


def test_an_xml_event(push: MessagePush) -> None:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in EVENT.items())
    sealed = encipher(f"<xml>{inner}</xml>".encode())
    body = f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    message = push.read(query_for(sealed), body.encode())
    assert (message.event, message.content["msg"]) == ("trade_manage_remind_shipping", "48 小时未发货")


def test_a_plain_message_has_no_event(push: MessagePush) -> None:
    sealed = encipher(json.dumps({**EVENT, "MsgType": "text", "Event": None}).encode())
    assert push.read(query_for(sealed), json.dumps({"Encrypt": sealed}).encode()).event is None


def test_the_plain_signature_does_not_count(push: MessagePush) -> None:
    sealed = encipher(json.dumps(EVENT).encode())
    body = json.dumps({"Encrypt": sealed}).encode()
    query = query_for(sealed)
    assert reason(push, {**query, "msg_signature": query["signature"]}, body) is PushFault.SIGNATURE_WRONG
    assert reason(push, {**query, "msg_signature": ""}, body) is PushFault.SIGNATURE_MISSING
    del query["msg_signature"]
    assert reason(push, query, body) is PushFault.SIGNATURE_MISSING


def test_another_nonce_or_content(push: MessagePush) -> None:
    sealed = encipher(json.dumps(EVENT).encode())
    other = encipher(json.dumps({**EVENT, "msg": "x"}).encode())
    query = query_for(sealed)
    assert reason(push, {**query, "nonce": "n2"}, json.dumps({"Encrypt": sealed}).encode()) is PushFault.SIGNATURE_WRONG
    assert reason(push, query, json.dumps({"Encrypt": other}).encode()) is PushFault.SIGNATURE_WRONG


def test_a_message_for_another_app(push: MessagePush) -> None:
    sealed = encipher(json.dumps(EVENT).encode(), appid="wx-somebody-else")
    assert reason(push, query_for(sealed), json.dumps({"Encrypt": sealed}).encode()) is PushFault.OTHER_APP


def test_signed_but_enciphered_with_another_key(push: MessagePush) -> None:
    sealed = encipher(json.dumps(EVENT).encode(), aes_key=AES_KEY[::-1])
    got = reason(push, query_for(sealed), json.dumps({"Encrypt": sealed}).encode())
    assert got in {PushFault.UNDECIPHERABLE, PushFault.OTHER_APP}


def test_signed_but_no_cipher(push: MessagePush) -> None:
    for sealed in ("AAAA", base64.b64encode(bytes(32)).decode()):
        got = reason(push, query_for(sealed), json.dumps({"Encrypt": sealed}).encode())
        assert got in {PushFault.UNDECIPHERABLE, PushFault.OTHER_APP}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"Encrypt": 7}', b'{"Encrypt": "\xe5"}', b'{"Encrypt": "a b"}', b"<xml></xml>"],
)
def test_an_envelope_of_another_shape(push: MessagePush, body: bytes) -> None:
    assert reason(push, query_for("x"), body) is PushFault.ENVELOPE_MALFORMED


def test_an_entity_bomb_is_never_parsed(push: MessagePush) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><xml><Encrypt>&a;&a;</Encrypt></xml>'
    assert reason(push, query_for("x"), bomb) is PushFault.ENVELOPE_MALFORMED


@pytest.mark.parametrize("inner", [b"", b"{}", b"[1]", b"<xml>", b'{"MsgType": "x", "FromUserName": "o"}'])
def test_content_without_sense(push: MessagePush, inner: bytes) -> None:
    sealed = encipher(inner)
    got = reason(push, query_for(sealed), json.dumps({"Encrypt": sealed}).encode())
    assert got in {PushFault.CONTENT_MALFORMED, PushFault.UNDECIPHERABLE}


def test_the_console_is_echoed(push: MessagePush) -> None:
    query = {"signature": sign(TOKEN, "1", "2"), "timestamp": "1", "nonce": "2", "echostr": "4375120948345356249"}
    assert push.echo(query) == "4375120948345356249"
    with pytest.raises(PushRefused):
        push.echo({**query, "timestamp": "3"})
    with pytest.raises(PushRefused):
        push.echo({"echostr": "x"})


@pytest.mark.parametrize("key", ["", "short", "x" * 42, "不" * 43])
def test_a_key_of_the_wrong_length_is_a_setting(key: str) -> None:
    with pytest.raises(WechatNotConfigured):
        MessagePush(appid=APPID, token=TOKEN, encoding_aes_key=key)
