"""The gate of Pay APIv3: who calls, and whether every byte is signed by that merchant's key."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Request

from sandbox.clock import real_second
from sandbox.gateway.errors import PayError, unsigned
from sandbox.keyring import SIGNATURE_TYPE, Keyring
from sandbox.rows import Nonce
from sandbox.world import World

SKEW_SECONDS = 300
NONCE_LONGEST = 32
NONCE_LIFE = timedelta(seconds=2 * SKEW_SECONDS + 60)
FIELDS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}


@dataclass(frozen=True)
class Claim:
    """What an Authorization header says about itself."""

    mchid: str
    nonce_str: str
    signature: str
    timestamp: str
    serial_no: str


def admit(here: World, request: Request) -> Claim:
    """The checked claim of this request. Its nonce is spent only when everything was right."""
    if not request.headers.get("User-Agent"):
        raise PayError(400, "INVALID_REQUEST", "Http头缺少User-Agent")
    _check_accept(request)
    claim = read_claim(request.headers.get("Authorization", ""))
    _check_claim(here.keys, claim)
    _check_content_type(request)
    body = request.get_data(cache=True)
    text = f"{request.method}\n{wire_target(request)}\n{claim.timestamp}\n{claim.nonce_str}\n".encode() + body + b"\n"
    if not here.keys.is_merchants(text.decode("utf-8", "surrogateescape"), claim.signature, claim.mchid):
        raise unsigned("SIGN_ERROR", "错误的签名，验签失败", "signature", _sign_information(request, text))
    _spend_nonce(here, claim.nonce_str)
    _check_response_serial(here.keys, request)
    return claim


def read_claim(header: str) -> Claim:
    """Five quoted fields in any order, once each, a bare comma between them."""
    if not header:
        raise unsigned("SIGN_ERROR", "Http头缺少Authorization", "Authorization")
    kind, _, rest = header.partition(" ")
    if kind != SIGNATURE_TYPE:
        raise unsigned("SIGN_ERROR", f"认证类型应为 {SIGNATURE_TYPE}", "Authorization")
    pairs = [re.fullmatch(r'([a-z_]+)="([^"]*)"', part) for part in rest.split(",")]
    names = sorted(pair[1] for pair in pairs if pair)
    if None in pairs or names != sorted(FIELDS):
        raise unsigned("SIGN_ERROR", "Authorization 不合法：五项各一次，逗号后无空格", "Authorization")
    return Claim(**{pair[1]: pair[2] for pair in pairs if pair})


def wire_target(request: Request) -> str:
    """Path and query exactly as they came over the wire."""
    target = str(request.environ.get("RAW_URI") or request.environ["REQUEST_URI"])
    return re.sub(r"^https?://[^/]+", "", target)


def _check_accept(request: Request) -> None:
    accepts = [part.split(";")[0].strip() for part in request.headers.get("Accept", "").split(",")]
    if not {"application/json", "*/*"} & set(accepts):
        raise PayError(400, "INVALID_REQUEST", "Http头Accept应为application/json")


def _check_content_type(request: Request) -> None:
    if request.method == "POST" and request.mimetype != "application/json":
        raise PayError(400, "INVALID_REQUEST", "Http头Content-Type应为application/json")


def _check_claim(keys: Keyring, claim: Claim) -> None:
    if claim.mchid not in keys.merchants:
        raise unsigned("SIGN_ERROR", "商户号不存在", "mchid")
    if claim.serial_no != keys.merchant_of(claim.mchid).serial:
        raise unsigned("SIGN_ERROR", "商户证书序列号有误", "serial_no")
    if not claim.nonce_str or len(claim.nonce_str) > NONCE_LONGEST:
        raise unsigned("SIGN_ERROR", "随机串应为 1 到 32 个字符", "nonce_str")
    if not re.fullmatch(r"[0-9]{10}", claim.timestamp) or abs(real_second() - int(claim.timestamp)) > SKEW_SECONDS:
        raise unsigned("SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "timestamp")


def _spend_nonce(here: World, nonce: str) -> None:
    with here.store.lock:
        now = datetime.now(UTC)
        if here.store.get(Nonce, nonce) is not None:
            raise unsigned("SIGN_ERROR", "随机串已使用，请求被重放", "nonce_str")
        here.store.save(Nonce(nonce, now))
        oldest = here.store.all(Nonce)[:2]
        here.store.forget(*(each for each in oldest if now - each.seen_at > NONCE_LIFE))


def _check_response_serial(keys: Keyring, request: Request) -> None:
    serial = request.headers.get("Wechatpay-Serial", "")
    if serial and not keys.can_sign_as(serial):
        raise PayError(400, "PARAM_ERROR", "Http头Wechatpay-Serial不是有效的平台证书序列号或公钥ID")


def _sign_information(request: Request, text: bytes) -> dict[str, object]:
    lines = text.decode("utf-8", "replace").split("\n")
    return {
        "method": request.method,
        "url": wire_target(request),
        "truncated_sign_message": "\n".join(lines[:4])[:512],
        "sign_message_length": len(text),
    }
