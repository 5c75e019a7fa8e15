"""Platform certificates in the database: the worker fetches them, every process trusts them.

WeChat publishes a new certificate days before it signs with it; so whoever meets a serial it doesn't know finds it here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from core.clock import now
from core.db import db
from gateways.wechat_pay.models import WechatPayCertificate
from gateways.wechat_pay.verifying import PlatformKey

log = structlog.get_logger(__name__)


class CertificateStore(Protocol):
    def keep(self, keys: Sequence[PlatformKey]) -> None:
        """Share certificates' keys with every process, once the caller's transaction is committed."""

    def load(self) -> list[PlatformKey]:
        """All that were kept; none when the database can't be asked."""


class PostgresCertificateStore:
    """A `CertificateStore` in the table of `WechatPayCertificate`. `engine` is asked for at each look."""

    def __init__(self, mchid: str, engine: Callable[[], Engine]) -> None:
        self._mchid = mchid
        self._engine = engine

    def keep(self, keys: Sequence[PlatformKey]) -> None:
        rows = [
            {
                "mchid": self._mchid,
                "serial": key.serial,
                "public_key": key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
                "valid_from": key.valid_from,
                "valid_until": key.valid_until,
                "seen_at": now(),
            }
            for key in keys
        ]
        if rows:
            row = insert(WechatPayCertificate)
            seen = {"seen_at": row.excluded.seen_at}
            db.session.execute(row.on_conflict_do_update(index_elements=["mchid", "serial"], set_=seen), rows)

    def load(self) -> list[PlatformKey]:
        # A connection of its own: a notice is verified before anything else, and nothing is written.
        try:
            with self._engine().connect() as connection:
                rows = connection.execute(
                    select(
                        WechatPayCertificate.serial,
                        WechatPayCertificate.public_key,
                        WechatPayCertificate.valid_from,
                        WechatPayCertificate.valid_until,
                    ).where(WechatPayCertificate.mchid == self._mchid)
                ).all()
        except (SQLAlchemyError, RuntimeError):
            # Also outside of an application, where there is no database: the notice is refused, and comes again.
            log.warning("certificates_not_read", exc_info=True)
            return []
        return [PlatformKey(row[0], _public_key(row[1]), row[2], row[3]) for row in rows]


def _public_key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey)
    return key
