"""RTSP/1.0 (RFC 2326) from the client's side: messages, and answers to Basic and Digest challenges. No socket here."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from gateways.video.errors import CameraMisbehaved, StreamUnsupported

DEFAULT_PORT = 554
HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Address:
    """A camera's address, its credentials taken out of the URL."""

    host: str
    port: int
    url: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case; a name may occur twice."""
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def headers_named(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def parse_address(url: str) -> Address:
    """Take an rtsp:// URL apart; percent-encoded credentials are decoded."""
    parts = urlsplit(url)
    if parts.scheme != "rtsp" or not parts.hostname:
        raise StreamUnsupported(why="not an rtsp:// address")
    bare = SplitResult("rtsp", parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, "")
    credentials = (unquote(parts.username or ""), unquote(parts.password or ""))
    return Address(parts.hostname, parts.port or DEFAULT_PORT, bare.geturl(), *credentials)


def encode_request(method: str, url: str, cseq: int, headers: dict[str, str]) -> bytes:
    fields = {"CSeq": str(cseq), "User-Agent": "Banli", **headers}
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse_reply_head(head: bytes) -> Reply:
    """A reply's status line and headers, up to and without the empty line; the body is still missing."""
    lines = head.decode("utf-8", "replace").split("\r\n")
    match = re.match(r"RTSP/\d\.\d (\d{3})", lines[0])
    if match is None:
        raise CameraMisbehaved(why=f"no RTSP reply: {lines[0][:80]!r}")
    fields = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in fields)
    return Reply(int(match[1]), headers, b"")


def body_length(reply: Reply) -> int:
    length = reply.header("content-length") or "0"
    if not length.isdecimal() or int(length) > 1_000_000:
        raise CameraMisbehaved(why="content length")
    return int(length)


@dataclass(slots=True)
class Authorizer:
    """Answers a camera's challenge; Digest is preferred, Basic is given only where nothing else is asked."""

    user: str
    password: str
    challenge: dict[str, str] | None = None
    _uses: int = 0

    def take_challenge(self, reply: Reply) -> bool:
        """Remember what a 401 asks for. False if it cannot be answered, or the same nonce was already answered."""
        offers = [parse_challenge(value) for value in reply.headers_named("www-authenticate")]
        usable = [offer for offer in offers if _is_usable(offer)]
        if not usable or not self.user:
            return False
        best = max(usable, key=lambda offer: offer["scheme"] == "digest")
        is_fresh = self.challenge is None or (best.get("nonce") != self.challenge.get("nonce"))
        self.challenge, self._uses = best, 0
        return is_fresh

    def header(self, method: str, url: str) -> dict[str, str]:
        """The Authorization header for a request, once a challenge was taken."""
        if self.challenge is None:
            return {}
        if self.challenge["scheme"] == "basic":
            token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {token}"}
        self._uses += 1
        return {"Authorization": self._digest(self.challenge, method, url)}

    def _digest(self, challenge: dict[str, str], method: str, url: str) -> str:
        """RFC 2617, and RFC 7616 for SHA-256; with quality of protection `auth` if the camera offers it."""
        algorithm = challenge.get("algorithm", "MD5")

        def hashed(text: str) -> str:
            return hashlib.new(HASHES[algorithm.upper()], text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        secret, request = hashed(f"{self.user}:{realm}:{self.password}"), hashed(f"{method}:{url}")
        fields = {"username": self.user, "realm": realm, "nonce": nonce, "uri": url}
        extra = ""
        if "auth" in re.split(r"[,\s]+", challenge.get("qop", "")):
            own, count = secrets.token_hex(8), f"{self._uses:08x}"
            fields["response"] = hashed(f"{secret}:{nonce}:{count}:{own}:auth:{request}")
            fields["cnonce"] = own
            extra = f", qop=auth, nc={count}"
        else:
            fields["response"] = hashed(f"{secret}:{nonce}:{request}")
        if "algorithm" in challenge:
            extra += f", algorithm={algorithm}"
        if "opaque" in challenge:
            fields["opaque"] = challenge["opaque"]
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + extra


def parse_challenge(value: str) -> dict[str, str]:
    """A WWW-Authenticate header as a dictionary; `scheme` is the scheme in lower case."""
    scheme, _, rest = value.partition(" ")
    pairs = re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', rest)
    return {"scheme": scheme.lower(), **{name.lower(): quoted or plain for name, quoted, plain in pairs}}


def _is_usable(offer: dict[str, str]) -> bool:
    if offer["scheme"] == "digest":
        return offer.get("algorithm", "MD5").upper() in HASHES
    return offer["scheme"] == "basic"
