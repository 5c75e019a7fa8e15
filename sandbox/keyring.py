"""Both parties' keys as the pretend WeChat holds them, and the few things it does with them."""

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sandbox.ceremony import PLATFORM_CERTIFICATES
from sandbox.merchants import Merchant, load_merchants, read_certificate

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"


class NoKeys(Exception):
    """The key ceremony has not been held in this directory."""


@dataclass(frozen=True)
class App:
    """An application known to WeChat; line is mini, oa (service account) or web (website)."""

    line: str
    appid: str
    secret: str


@dataclass(frozen=True)
class PlatformCertificate:
    serial: str
    pem: str
    effective_at: str
    expire_at: str


@dataclass(frozen=True)
class Keyring:
    """Signs as WeChat Pay, checks the merchant's signatures, and seals notices with the APIv3 key."""

    merchant_name: str
    mchid: str
    merchant_serial: str
    public_key_id: str
    apiv3_key: str
    apps: tuple[App, ...]
    certificates: tuple[PlatformCertificate, ...]
    merchants: dict[str, Merchant]
    """All by their number, the house's own among them."""
    _signers: dict[str, rsa.RSAPrivateKey]

    def app_by_id(self, appid: str) -> App | None:
        return next((app for app in self.apps if app.appid == appid), None)

    def app_of(self, line: str) -> App:
        return next(app for app in self.apps if app.line == line)

    def can_sign_as(self, serial: str) -> bool:
        return serial in self._signers

    def sign(self, text: str, serial: str) -> str:
        """Base64 of the RSA signature by the key of `serial`, on one line."""
        signature = self._signers[serial].sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()

    def merchant_of(self, mchid: str) -> Merchant:
        """The merchant of this number; the house's own for any other."""
        return self.merchants.get(mchid) or self.merchants[self.mchid]

    def is_merchants(self, text: str, signature: str, mchid: str = "") -> bool:
        """Whether the key of the merchant (the house's own, if none is named) made this signature."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self.merchant_of(mchid).public.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def open_field(self, sealed: str, serial: str) -> str:
        """A sensitive field that was encrypted for the key of `serial` (RSA-OAEP, SHA-1); raises ValueError."""
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
        return self._signers[serial].decrypt(base64.b64decode(sealed, validate=True), oaep).decode()

    def seal(self, plain: str, associated_data: str, mchid: str = "") -> dict[str, str]:
        """AEAD_AES_256_GCM under the merchant's APIv3 key, in the shape of a resource."""
        nonce = secrets.token_urlsafe(9)
        cipher = AESGCM(self.merchant_of(mchid).apiv3_key.encode())
        sealed = cipher.encrypt(nonce.encode(), plain.encode(), associated_data.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": associated_data,
            "nonce": nonce,
        }


def load_keyring(keys: Path) -> Keyring:
    """Raises NoKeys when `python -m sandbox init` has not been run."""
    try:
        identity = json.loads((keys / "identity.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoKeys(f"no keys in {keys}: run python -m sandbox init --dir {keys.parent}") from None
    signers = {identity[f"{name}_serial"]: _private(keys / f"{name}_key.pem") for name in PLATFORM_CERTIFICATES}
    signers[identity["public_key_id"]] = _private(keys / "pay_public_key_private.pem")
    own = Merchant(
        identity["mchid"], identity["merchant_name"], identity["merchant_serial"], identity["apiv3_key"],
        read_certificate(keys / "merchant_cert.pem")[1],
    )  # fmt: skip
    return Keyring(
        merchant_name=identity["merchant_name"],
        mchid=identity["mchid"],
        merchant_serial=identity["merchant_serial"],
        public_key_id=identity["public_key_id"],
        apiv3_key=identity["apiv3_key"],
        apps=tuple(App(line, identity[f"{line}_appid"], identity[f"{line}_secret"]) for line in ("mini", "oa", "web")),
        certificates=tuple(_platform_certificate(keys / f"{name}_cert.pem") for name in PLATFORM_CERTIFICATES),
        merchants={each.mchid: each for each in (own, *load_merchants(keys))},
        _signers=signers,
    )


def stranger_key() -> rsa.RSAPrivateKey:
    """A key nobody has seen, for notices under an unknown serial."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign_with(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def _private(path: Path) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _platform_certificate(path: Path) -> PlatformCertificate:
    pem = path.read_text(encoding="utf-8")
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return PlatformCertificate(
        serial=f"{certificate.serial_number:040X}",
        pem=pem,
        effective_at=certificate.not_valid_before_utc.isoformat(),
        expire_at=certificate.not_valid_after_utc.isoformat(),
    )
