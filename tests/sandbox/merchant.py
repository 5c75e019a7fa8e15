"""A merchant of the tests' own: it signs by the book, and every part of a call can be bent on purpose."""

from __future__ import annotations

import base64
import json
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

SCHEME = "WECHATPAY2-SHA256-RSA2048"


def read_env(env_file: Path) -> dict[str, str]:
    lines = env_file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def rsa_sign(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


class Merchant:
    def __init__(self, env_file: Path, client: httpx.Client) -> None:
        self.env = read_env(env_file)
        self.client = client
        key = load_pem_private_key(Path(self.env["WECHAT_PAY_PRIVATE_KEY_FILE"]).read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self.key = key
        public = load_pem_public_key(Path(self.env["WECHAT_PAY_PUBLIC_KEY_FILE"]).read_bytes())
        assert isinstance(public, rsa.RSAPublicKey)
        self.platform_key = public

    def call(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        signed_target: str | None = None,
        headers: dict[str, str | None] | None = None,
        authorization: str | None = None,
        **claim: str,
    ) -> httpx.Response:
        """One call over the wire; keywords replace fields of the Authorization, a header None is left out."""
        content = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
        sent = {
            "Accept": "application/json",
            "User-Agent": "tests/1",
            "Wechatpay-Serial": self.env["WECHAT_PAY_PUBLIC_KEY_ID"],
            "Authorization": authorization or self.authorization(method, signed_target or target, content, **claim),
        }
        if content:
            sent["Content-Type"] = "application/json"
        request = self.client.build_request(method, target, content=content.encode())
        for name, value in (sent | (headers or {})).items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = value
        return self.client.send(request)

    def authorization(self, method: str, target: str, content: str, **claim: str) -> str:
        fields = {
            "mchid": self.env["WECHAT_PAY_MCHID"],
            "nonce_str": secrets.token_hex(16),
            "timestamp": str(int(time.time())),
            "serial_no": self.env["WECHAT_PAY_SERIAL"],
        } | claim
        text = f"{method}\n{target}\n{fields['timestamp']}\n{fields['nonce_str']}\n{content}\n"
        fields.setdefault("signature", rsa_sign(self.key, text))
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())

    def order(self, **changes: Any) -> dict[str, Any]:
        """A valid native order; a value None takes the field out."""
        body = {
            "appid": self.env["WECHAT_MINI_APPID"],
            "mchid": self.env["WECHAT_PAY_MCHID"],
            "description": "坂里红酒 500 ml",
            "out_trade_no": secrets.token_hex(8),
            "notify_url": "http://127.0.0.1:9/callbacks/wechat-pay",
            "amount": {"total": 1280, "currency": "CNY"},
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    def place(self, endpoint: str = "native", **changes: Any) -> tuple[str, dict[str, str]]:
        """The number of a new order, and what the gateway answered."""
        body = self.order(**changes)
        answer = self.call("POST", f"/v3/pay/transactions/{endpoint}", body)
        assert answer.status_code == 200, answer.text
        return body["out_trade_no"], answer.json()

    def query(self, out_trade_no: str) -> httpx.Response:
        mchid = self.env["WECHAT_PAY_MCHID"]
        return self.call("GET", f"/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={mchid}")

    def close(self, out_trade_no: str) -> httpx.Response:
        body = {"mchid": self.env["WECHAT_PAY_MCHID"]}
        return self.call("POST", f"/v3/pay/transactions/out-trade-no/{out_trade_no}/close", body)

    def pay_parameters(self, prepay_id: str, appid: str) -> dict[str, str]:
        """What a page hands to WeixinJSBridge."""
        values = {"appId": appid, "timeStamp": str(int(time.time())), "nonceStr": secrets.token_hex(8)}
        text = f"{appid}\n{values['timeStamp']}\n{values['nonceStr']}\nprepay_id={prepay_id}\n"
        return values | {"package": f"prepay_id={prepay_id}", "signType": "RSA", "paySign": rsa_sign(self.key, text)}

    def verify(self, headers: Any, body: str) -> None:
        """Raises InvalidSignature when these bytes are not signed with the WeChat Pay public key."""
        text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n{body}\n"
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        self.platform_key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())

    def open_notice(self, body: str) -> dict[str, Any]:
        """The decrypted resource of a notice."""
        resource = json.loads(body)["resource"]
        plain = AESGCM(self.env["WECHAT_PAY_APIV3_KEY"].encode()).decrypt(
            resource["nonce"].encode(), base64.b64decode(resource["ciphertext"]), resource["associated_data"].encode()
        )
        return dict(json.loads(plain))
