"""The message push of the mini-program, in safe mode: verify, decipher, and only then look inside.

Source: WeChat mini-program server API, "消息推送". The cipher is wechatpy's.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import orjson

from gateways.wechat_mini.errors import PushFault, PushRefused, WechatNotConfigured

# The envelope comes from anybody, so no XML parser sees it.
_XML_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([0-9A-Za-z+/=]+)(?:\]\]>)?\s*</Encrypt>")
_BASE64 = re.compile(r"[0-9A-Za-z+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class PushedMessage:
    """What WeChat pushed: `kind` is its MsgType, `event` names an event. It may come twice and in any order."""

    kind: str
    event: str | None
    openid: str
    sent_at: datetime
    content: Mapping[str, Any]


class MessagePush:
    """Reads what is pushed to our endpoint, with the token and EncodingAESKey (43 characters) set in the console."""

    def __init__(self, *, appid: str, token: str, encoding_aes_key: str) -> None:
        from wechatpy.crypto import WeChatCrypto  # here: a web server that is pushed nothing needn't hold it

        try:
            self._crypto = WeChatCrypto(token, encoding_aes_key, appid)
        except (AssertionError, binascii.Error):
            raise WechatNotConfigured(setting="EncodingAESKey") from None
        self._token = token

    def echo(self, query: Mapping[str, str]) -> str:
        """What to answer when the console checks our address (GET), or PushRefused."""
        from wechatpy.exceptions import InvalidSignatureException
        from wechatpy.utils import check_signature

        signature, timestamp, nonce, echo = _required(query, "signature", "timestamp", "nonce", "echostr")
        try:
            check_signature(self._token, signature, timestamp, nonce)
        except InvalidSignatureException:
            raise PushRefused(PushFault.SIGNATURE_WRONG) from None
        return echo

    def read(self, query: Mapping[str, str], raw_body: bytes) -> PushedMessage:
        """The message of a POST, JSON or XML, or PushRefused. Answer it with `success`."""
        from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

        signature, timestamp, nonce = _required(query, "msg_signature", "timestamp", "nonce")
        sealed = {"Encrypt": _sealed(raw_body)}
        try:
            plain = self._crypto.decrypt_message(sealed, signature, timestamp, nonce)
        except InvalidSignatureException:
            raise PushRefused(PushFault.SIGNATURE_WRONG) from None
        except InvalidAppIdException:
            raise PushRefused(PushFault.OTHER_APP) from None
        except Exception:  # the signature was right, so the key isn't the one WeChat has; wechatpy names no error
            raise PushRefused(PushFault.UNDECIPHERABLE) from None
        try:
            return _message(plain.encode() if isinstance(plain, str) else bytes(plain))
        except (ValueError, KeyError, TypeError, ElementTree.ParseError):
            raise PushRefused(PushFault.CONTENT_MALFORMED) from None


def _required(query: Mapping[str, str], *names: str) -> list[str]:
    values = [query.get(name) or "" for name in names]
    if not all(values):
        raise PushRefused(PushFault.SIGNATURE_MISSING)
    return values


def _sealed(raw_body: bytes) -> str:
    """The Encrypt field of the envelope."""
    if match := _XML_ENCRYPT.search(raw_body):
        return match[1].decode()
    try:
        envelope = orjson.loads(raw_body)
    except ValueError:
        envelope = None
    sealed = envelope.get("Encrypt") if isinstance(envelope, dict) else None
    if not isinstance(sealed, str) or not _BASE64.fullmatch(sealed):
        raise PushRefused(PushFault.ENVELOPE_MALFORMED)
    return sealed


def _message(plain: bytes) -> PushedMessage:
    content: Mapping[str, Any]
    if plain.lstrip().startswith(b"<"):
        content = {part.tag: part.text or "" for part in ElementTree.fromstring(plain)}  # noqa: S314
    else:
        content = orjson.loads(plain)
    return PushedMessage(
        kind=str(content["MsgType"]),
        event=str(content["Event"]) if content.get("Event") else None,
        openid=str(content["FromUserName"]),
        sent_at=datetime.fromtimestamp(int(content["CreateTime"]), UTC),
        content=content,
    )
