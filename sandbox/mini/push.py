"""Messages that WeChat pushes to the merchant in safe mode, sealed with the EncodingAESKey."""

import base64
import hashlib
import json
import secrets
import threading
import time
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.ceremony import push_aes_key, push_token
from sandbox.clock import real_second
from sandbox.rows import Switches
from sandbox.world import World

BLOCK = 32
TRIES = 3


def push(here: World, openid: str, event: str, content: dict[str, Any]) -> None:
    """Send an event on its way, up to three times, if a push address was set. Doesn't wait for the answer."""
    query, body, url = craft(here, openid, event, content)
    if url:
        threading.Thread(target=_send, args=(url, query, body), daemon=True).start()


def craft(here: World, openid: str, event: str, content: dict[str, Any]) -> tuple[dict[str, str], str, str]:
    """The query and body of one pushed event, and where it would go."""
    app = here.keys.app_of("mini")
    message = {
        "ToUserName": "gh_sandbox", "FromUserName": openid, "CreateTime": real_second(), "MsgType": "event",
        "Event": event, **content,
    }  # fmt: skip
    sealed = _seal(json.dumps(message, ensure_ascii=False), app.appid, push_aes_key(app.secret))
    timestamp, nonce, token = str(real_second()), secrets.token_hex(8), push_token(app.secret)
    query = {
        "signature": _sign(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": _sign(token, timestamp, nonce, sealed),
    }
    switches = here.store.get(Switches, "switches") or Switches()
    return query, json.dumps({"ToUserName": "gh_sandbox", "Encrypt": sealed}), switches.push_url


def _send(url: str, query: dict[str, str], body: str) -> None:
    for _ in range(TRIES):
        try:
            answer = httpx.post(url, params=query, content=body, timeout=5, trust_env=False)
            if answer.status_code == 200 and answer.text in ("", "success"):
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)


def _seal(text: str, appid: str, key: str) -> str:
    aes = base64.b64decode(key + "=")
    raw = secrets.token_bytes(16) + len(text.encode()).to_bytes(4, "big") + text.encode() + appid.encode()
    padding = BLOCK - len(raw) % BLOCK
    encryptor = Cipher(algorithms.AES(aes), modes.CBC(aes[:16])).encryptor()
    return base64.b64encode(encryptor.update(raw + bytes([padding]) * padding) + encryptor.finalize()).decode()


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324
