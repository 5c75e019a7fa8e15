"""RTSP/1.0 messages (RFC 2326) as the server reads and writes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

LONGEST_HEADER = 16_384
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}


class BadMessage(Exception):
    """What came over the connection is no RTSP request."""


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]
    """Names in lower case."""


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self, cseq: str) -> bytes:
        headers = {"CSeq": cseq, "Server": "Banli simulated camera", **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"RTSP/1.0 {self.status} {REASONS[self.status]}", *(f"{name}: {headers[name]}" for name in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


async def next_request(reader: asyncio.StreamReader) -> Request | None:
    """The client's next request, or None at the end; interleaved frames (receiver reports) are passed over."""
    while first := await reader.read(1):
        if first == b"$":
            header = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(header[1:], "big"))
        elif first not in b"\r\n":
            return await _read_request(reader, first)
    return None


async def _read_request(reader: asyncio.StreamReader, first: bytes) -> Request:
    head = first + await reader.readuntil(b"\r\n\r\n")
    if len(head) > LONGEST_HEADER:
        raise BadMessage("header too long")
    lines = head.decode("utf-8", "replace").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise BadMessage(lines[0])
    fields = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LONGEST_HEADER:
        raise BadMessage("content length")
    await reader.readexactly(int(length))
    return Request(words[0], words[1], headers)
