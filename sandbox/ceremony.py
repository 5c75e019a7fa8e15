"""The key ceremony: everything a merchant would get from WeChat's consoles, made once into a directory."""

import base64
import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sandbox import merchants

CERTIFICATE_YEARS = 5
PLATFORM_CERTIFICATES = ("platform_1", "platform_2")


def hold_ceremony(directory: Path, base_url: str) -> Path:
    """Make what is missing under `directory`, never replace a key, and return the path of wechat.env.

    wechat.env is rewritten each time, since the base URL may differ.
    """
    keys = directory.resolve() / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    identity_file = keys / "identity.json"
    if not identity_file.exists():
        identity_file.write_text(json.dumps(_make_identity(keys), indent=2, ensure_ascii=False), encoding="utf-8")
        identity_file.chmod(0o600)
    _make_merchants(keys)
    identity = json.loads(identity_file.read_text(encoding="utf-8"))
    env_file = directory.resolve() / "wechat.env"
    env_file.write_text(_env_text(identity, keys, base_url.rstrip("/")), encoding="utf-8")
    env_file.chmod(0o600)
    return env_file


def push_token(secret: str) -> str:
    """The message push's token. It follows from the secret, so that older directories have one, too."""
    return hashlib.sha256(f"push token {secret}".encode()).hexdigest()[:32]


def push_aes_key(secret: str) -> str:
    """The EncodingAESKey: 32 bytes in 43 characters."""
    return base64.b64encode(hashlib.sha256(f"push key {secret}".encode()).digest()).decode().rstrip("=")


def _make_identity(keys: Path) -> dict[str, str]:
    """Appids and the public key's id say "sandbox", so that a house in production can refuse them."""
    mchid = "1900" + _digits(6)
    identity = {
        "merchant_name": "坂里演示商户",
        "mchid": mchid,
        "apiv3_key": secrets.token_hex(16),
        "public_key_id": f"PUB_KEY_ID_SANDBOX{mchid}{datetime.now(UTC):%Y%m%d}{_digits(6)}",
        "merchant_serial": _make_certificate(keys, "merchant", f"演示商户 {mchid}"),
    }
    for app in ("mini", "oa", "web"):
        identity[f"{app}_appid"] = "wxsandbox" + secrets.token_hex(5)[1:]
        identity[f"{app}_secret"] = secrets.token_hex(16)
    for name in PLATFORM_CERTIFICATES:
        identity[f"{name}_serial"] = _make_certificate(keys, name, "Pretend WeChat Pay platform")
    pay_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write_key(keys / "pay_public_key_private.pem", pay_key)
    (keys / "pay_public_key.pem").write_bytes(
        pay_key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return identity


def _make_merchants(keys: Path) -> None:
    """The makers' own merchants, once."""
    file = keys / merchants.FILE
    if file.exists():
        return
    made = []
    for place, name in enumerate(merchants.NAMES, start=1):
        mchid = "1901" + _digits(6)
        serial = _make_certificate(keys, mchid, f"{name} {mchid}")
        may_combine = place < len(merchants.NAMES)
        made.append(merchants.describe(mchid, name, serial, keys / f"{mchid}_key.pem", may_combine=may_combine))
    file.touch(mode=0o600)
    file.write_text(json.dumps(made, indent=2, ensure_ascii=False), encoding="utf-8")


def _make_certificate(keys: Path, name: str, common_name: str) -> str:
    """Write NAME_key.pem and NAME_cert.pem; return the serial as 40 hexadecimal digits."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    serial = (1 << 158) | secrets.randbits(158)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * CERTIFICATE_YEARS))
        .sign(key, hashes.SHA256())
    )
    _write_key(keys / f"{name}_key.pem", key)
    (keys / f"{name}_cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return f"{serial:040X}"


def _write_key(path: Path, key: rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _env_text(identity: dict[str, str], keys: Path, base_url: str) -> str:
    values = {
        "WECHAT_MINI_APPID": identity["mini_appid"],
        "WECHAT_MINI_SECRET": identity["mini_secret"],
        "WECHAT_OA_APPID": identity["oa_appid"],
        "WECHAT_OA_SECRET": identity["oa_secret"],
        "WECHAT_WEB_APPID": identity["web_appid"],
        "WECHAT_WEB_SECRET": identity["web_secret"],
        "WECHAT_PAY_MCHID": identity["mchid"],
        "WECHAT_PAY_SERIAL": identity["merchant_serial"],
        "WECHAT_PAY_PRIVATE_KEY_FILE": str(keys / "merchant_key.pem"),
        "WECHAT_PAY_APIV3_KEY": identity["apiv3_key"],
        "WECHAT_PAY_PUBLIC_KEY_ID": identity["public_key_id"],
        "WECHAT_PAY_PUBLIC_KEY_FILE": str(keys / "pay_public_key.pem"),
        "WECHAT_MINI_PUSH_TOKEN": push_token(identity["mini_secret"]),
        "WECHAT_MINI_PUSH_AES_KEY": push_aes_key(identity["mini_secret"]),
        "CARRIER_TRACKING": "simulated",
        "CARRIER_TRACKING_BASE": base_url,
        "WECHAT_API_BASE": base_url,
        "WECHAT_PAY_BASE": base_url,
        "WECHAT_OPEN_BASE": base_url,
    }
    lines = ["# Written by `python -m sandbox init`: keys of the pretend WeChat, worth nothing elsewhere."]
    return "\n".join([*lines, *(f"{name}={value}" for name, value in values.items())]) + "\n"


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))
