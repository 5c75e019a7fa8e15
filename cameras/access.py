"""Who may look: the Basic (RFC 7617) and Digest (RFC 2617, MD5) checks that cameras in the field do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

from cameras.messages import Request

REALM = "camera"


@dataclass(frozen=True)
class Credentials:
    user: str
    password: str
    scheme: Literal["basic", "digest"] = "digest"


@dataclass
class Doorkeeper:
    """Checks the requests of one connection, which keeps its own nonce."""

    credentials: Credentials | None
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def lets_in(self, request: Request) -> bool:
        if self.credentials is None:
            return True
        scheme, _, answer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != self.credentials.scheme:
            return False
        return self._basic_fits(answer) if scheme.lower() == "basic" else self._digest_fits(request, answer)

    def challenge(self) -> str:
        assert self.credentials is not None
        if self.credentials.scheme == "basic":
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm=MD5'

    def _basic_fits(self, answer: str) -> bool:
        assert self.credentials is not None
        try:
            given = base64.b64decode(answer, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, f"{self.credentials.user}:{self.credentials.password}".encode())

    def _digest_fits(self, request: Request, answer: str) -> bool:
        assert self.credentials is not None
        given = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', answer)}
        if (given.get("username"), given.get("nonce")) != (self.credentials.user, self.nonce):
            return False
        secret = _md5(f"{self.credentials.user}:{REALM}:{self.credentials.password}")
        asked = _md5(f"{request.method}:{request.url}")
        expected = _md5(f"{secret}:{self.nonce}:{asked}")
        return hmac.compare_digest(given.get("response", "").encode(), expected.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
