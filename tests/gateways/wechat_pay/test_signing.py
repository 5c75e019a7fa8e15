"""Our signature covers exactly what goes over the wire."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from gateways.wechat_pay.contract import H5Kind, Prepay
from gateways.wechat_pay.errors import WechatPayNotConfigured
from gateways.wechat_pay.signing import Signer, load_private_key
from tests.gateways.answering import Received, answerer
from tests.gateways.parties import APPID, MCHID, MERCHANT_SERIAL, PayPlatform, make_client, make_key

PREPAY = Prepay(
    appid=APPID,
    out_trade_no="251122ABCDEF0123",
    description="坂里红 红曲酒 500 ml 等 2 件",
    amount_fen=1280,
    notify_url="https://banli.example/callbacks/wechat-pay",
    expires_at=datetime(2025, 11, 22, 3, 0, tzinfo=UTC),
)


def verify(text: bytes, signature: str) -> None:
    make_key("merchant").public_key().verify(base64.b64decode(signature), text, padding.PKCS1v15(), hashes.SHA256())


def claim_of(request: Received) -> dict[str, str]:
    kind, _, rest = request.headers["Authorization"].partition(" ")
    assert kind == "WECHATPAY2-SHA256-RSA2048"
    assert ", " not in rest
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


def signed_text(request: Received) -> bytes:
    claim = claim_of(request)
    head = f"{request.method}\n{request.target}\n{claim['timestamp']}\n{claim['nonce_str']}\n"
    return head.encode() + request.body + b"\n"


def test_the_signature_covers_the_bytes_that_arrive() -> None:
    with answerer(PayPlatform().answer({"prepay_id": "wx201410272009395522657a690389285100"})) as server:
        client = make_client(server.url)
        client.open_jsapi(PREPAY, openid="oUpF8uMuAJO")
        client.shut()
    request = server.take()
    claim = claim_of(request)
    verify(signed_text(request), claim["signature"])
    assert (claim["mchid"], claim["serial_no"]) == (MCHID, MERCHANT_SERIAL)
    assert request.target == "/v3/pay/transactions/jsapi"
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/json"
    assert request.headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_")
    assert json.loads(request.body) == {
        "appid": APPID,
        "mchid": MCHID,
        "description": "坂里红 红曲酒 500 ml 等 2 件",
        "out_trade_no": "251122ABCDEF0123",
        "time_expire": "2025-11-22T11:00:00+08:00",
        "notify_url": "https://banli.example/callbacks/wechat-pay",
        "amount": {"total": 1280, "currency": "CNY"},
        "payer": {"openid": "oUpF8uMuAJO"},
    }
    assert "坂里红".encode() in request.body


def test_another_body_breaks_the_signature() -> None:
    with answerer(PayPlatform().answer({"prepay_id": "p"})) as server:
        client = make_client(server.url)
        client.open_jsapi(PREPAY, openid="oUpF8uMuAJO")
        client.shut()
    request = server.take()
    with pytest.raises(InvalidSignature):
        verify(signed_text(request).replace(b'"total":1280', b'"total":1281'), claim_of(request)["signature"])


def test_a_get_signs_its_query_and_an_empty_last_line() -> None:
    answer = PayPlatform().answer(
        {"appid": APPID, "mchid": MCHID, "out_trade_no": "251122ABCDEF0123", "trade_state": "NOTPAY"}
    )
    with answerer(answer) as server:
        client = make_client(server.url)
        client.query_by_out_trade_no("251122ABCDEF0123")
        client.shut()
    request = server.take()
    assert request.target == f"/v3/pay/transactions/out-trade-no/251122ABCDEF0123?mchid={MCHID}"
    assert request.body == b""
    assert "Content-Type" not in request.headers
    verify(signed_text(request), claim_of(request)["signature"])


def test_h5_tells_the_buyers_address() -> None:
    with answerer(PayPlatform().answer({"h5_url": "https://wx.tenpay.com/x?prepay_id=1&package=2"})) as server:
        client = make_client(server.url)
        address = client.open_h5(PREPAY, client_ip="203.0.113.7", kind=H5Kind.ANDROID)
        client.shut()
    scene = json.loads(server.take().body)["scene_info"]
    assert scene == {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Android"}}
    assert address.returning_to("https://banli.example/orders/1?x=1") == (
        "https://wx.tenpay.com/x?prepay_id=1&package=2&redirect_url=https%3A%2F%2Fbanli.example%2Forders%2F1%3Fx%3D1"
    )


def test_a_percent_escaped_path_is_signed_as_it_is_sent() -> None:
    request = httpx.Client().build_request("GET", "https://api.mch.weixin.qq.com/v3/a%7Cb", params={"q": "甲 |"})
    Signer(MCHID, MERCHANT_SERIAL, make_key("merchant")).authorize(request)
    claim = dict(re.findall(r'(\w+)="([^"]*)"', request.headers["Authorization"]))
    path = request.url.raw_path.decode()
    assert path == "/v3/a%7Cb?q=%E7%94%B2+%7C"
    verify(f"GET\n{path}\n{claim['timestamp']}\n{claim['nonce_str']}\n\n".encode(), claim["signature"])


@time_machine.travel("2025-11-22T02:34:56Z", tick=False)
def test_pay_sign_covers_appid_time_nonce_and_package() -> None:
    signed = make_client().jsapi_parameters("wx201410272009395522657a690389285100", APPID)
    assert signed.time_stamp == str(int(datetime(2025, 11, 22, 2, 34, 56, tzinfo=UTC).timestamp()))
    text = f"{APPID}\n{signed.time_stamp}\n{signed.nonce_str}\nprepay_id=wx201410272009395522657a690389285100\n"
    verify(text.encode(), signed.pay_sign)
    assert set(signed.for_mini_program()) == {"timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert signed.for_mini_program()["signType"] == "RSA"
    assert signed.for_browser() == {"appId": APPID, **signed.for_mini_program()}


def test_each_signature_has_its_own_nonce() -> None:
    client = make_client()
    nonces = {client.jsapi_parameters("p", APPID).nonce_str for _ in range(50)}
    assert len(nonces) == 50
    assert all(re.fullmatch(r"[0-9a-f]{32}", nonce) for nonce in nonces)


@pytest.mark.parametrize(
    "changes",
    [
        {"out_trade_no": "short"},
        {"out_trade_no": "with|pipe"},
        {"out_trade_no": "9" * 33},
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"amount_fen": 12.8},
        {"amount_fen": True},
        {"description": ""},
        {"description": "字" * 128},
        {"attach": "x" * 129},
        {"attach": ""},
        {"notify_url": "https://banli.example/callbacks?x=1"},
        {"notify_url": "/callbacks"},
        {"notify_url": "https://banli.example/" + "x" * 240},
        {"expires_at": datetime(2025, 11, 22)},  # noqa: DTZ001
    ],
)
def test_what_wechat_would_refuse_never_leaves(changes: dict[str, object]) -> None:
    name = next(iter(changes))
    values = {slot: getattr(PREPAY, slot) for slot in PREPAY.__slots__}
    with pytest.raises(ValueError, match=name):
        Prepay(**(values | changes))  # type: ignore[arg-type]


def test_a_key_file_must_hold_an_rsa_key(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    with pytest.raises(WechatPayNotConfigured):
        load_private_key(file)
    file.write_text("not a key")
    with pytest.raises(WechatPayNotConfigured):
        load_private_key(file)
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(WechatPayNotConfigured) as refusal:
        load_private_key(file)
    assert refusal.value.params == {"setting": "WECHAT_PAY_PRIVATE_KEY_FILE"}


def test_an_order_number_can_not_leave_its_place_in_the_path() -> None:
    client = make_client()
    for number in ("../../certificates", "a/b", "a?b", "", "甲乙丙丁戊己"):
        with pytest.raises(ValueError, match="number"):
            client.query_by_out_trade_no(number)


def test_prepay_ids_know_their_end() -> None:
    with answerer(PayPlatform().answer({"prepay_id": "p", "code_url": "weixin://x", "h5_url": "https://x"})) as server:
        client = make_client(server.url)
        before = datetime.now(UTC)
        ends = [
            client.open_jsapi(PREPAY, openid="o").expires_at,
            client.open_native(PREPAY).expires_at,
            client.open_h5(PREPAY, client_ip="::1").expires_at,
        ]
        client.shut()
    for end, life in zip(ends, (timedelta(hours=2), timedelta(hours=2), timedelta(minutes=5)), strict=True):
        assert timedelta(0) <= end - (before + life) < timedelta(seconds=20)
