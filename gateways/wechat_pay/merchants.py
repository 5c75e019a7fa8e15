"""Other merchants than the cluster's own: a workshop that takes its part of a payment under its own number."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from gateways.wechat_pay.errors import WechatPayNotConfigured
from gateways.wechat_pay.signing import Signer
from gateways.wechat_pay.verifying import PlatformKey, PlatformKeys


@dataclass(frozen=True, slots=True)
class MerchantKeys:
    """A merchant's own API credentials. Without a public key of its own it trusts the cluster's."""

    mchid: str
    serial: str
    private_key_pem: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    public_key_id: str = ""
    public_key_pem: str = ""

    def signer(self) -> Signer:
        """Raises WechatPayNotConfigured for a key that is none."""
        return Signer(self.mchid, self.serial, _private(self.private_key_pem))

    def check(self) -> None:
        """Raises WechatPayNotConfigured, naming what can't be used. Makes no call."""
        self.signer()
        self.platform_keys(PlatformKeys())
        if len(self.apiv3_key.encode()) != 32:
            raise WechatPayNotConfigured(setting="apiv3_key")
        if not self.serial:
            raise WechatPayNotConfigured(setting="serial")

    def platform_keys(self, usual: PlatformKeys) -> PlatformKeys:
        """The keys whose signature this merchant believes."""
        if not self.public_key_id:
            return usual
        return PlatformKeys(PlatformKey(self.public_key_id, _public(self.public_key_pem)))


def _private(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise WechatPayNotConfigured(setting="private_key") from None
    if not isinstance(key, RSAPrivateKey):
        raise WechatPayNotConfigured(setting="private_key")
    return key


def _public(pem: str) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise WechatPayNotConfigured(setting="public_key") from None
    if not isinstance(key, RSAPublicKey):
        raise WechatPayNotConfigured(setting="public_key")
    return key
