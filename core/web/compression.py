"""Texts travel as gzip to browsers that take it: pages, styles, scripts, drawings, playlists."""

from __future__ import annotations

import gzip
import io
import secrets
from functools import lru_cache

from flask import Flask, Response, request

from core.web.cookies import FILES

TEXTS = {
    "text/html", "text/css", "text/plain", "text/javascript", "application/javascript", "application/json",
    "application/problem+json", "application/vnd.apple.mpegurl", "image/svg+xml",
}  # fmt: skip
SMALLEST_BYTES = 500
LARGEST_BYTES = 4 * 1024 * 1024


def init_app(app: Flask) -> None:
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The answer as gzip when it is a text worth it and the caller takes gzip; otherwise as it was."""
    if response.mimetype not in TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not _is_worth_it(response) or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    response.set_data(_kept(body) if request.endpoint in FILES else _packed(body, secrets.token_hex(16)))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


def _is_worth_it(response: Response) -> bool:
    length = response.content_length
    return not (
        "Content-Encoding" in response.headers
        or (response.is_streamed and not response.direct_passthrough)
        or length is None
        or not SMALLEST_BYTES <= length <= LARGEST_BYTES
    )


@lru_cache(maxsize=256)
def _kept(body: bytes) -> bytes:
    """A file of ours is packed once."""
    return _packed(body, "", level=9)


def _packed(body: bytes, name: str, level: int = 6) -> bytes:
    """`body` as gzip. A page gets a random name of random length: how long the answer is then tells nothing about a
    token in it (BREACH)."""
    out = io.BytesIO()
    noise = name[: 1 + secrets.randbelow(len(name))] if name else ""
    with gzip.GzipFile(filename=noise, mode="wb", compresslevel=level, fileobj=out, mtime=0) as packed:
        packed.write(body)
    return out.getvalue()
