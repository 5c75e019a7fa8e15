"""Bytes of film on their way out: whole or in ranges, by this process or by nginx."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Response, make_response, request

from core.settings import SendFileVia, settings
from domain.recordings.errors import LiveUnavailable
from domain.recordings.live_edge import live_file
from gateways import registry
from gateways.object_storage.errors import ObjectRangeInvalid


def send_live(camera_id: int, name: str, content_type: str) -> Response:
    """A file of a camera's live edge."""
    path = live_file(camera_id, name)
    if settings().send_file_via is SendFileVia.NGINX:
        return _by_nginx(f"/_live/{camera_id}/{name}", content_type)
    return send_bytes(_read(path), content_type)


def send_bytes(data: bytes, content_type: str) -> Response:
    """A small thing from memory: in part if asked for a range, not at all if the asker has it already."""
    response = Response(data, content_type=content_type)
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response


def send_object(key: str, size: int, tag: str, content_type: str) -> Response:
    """An object that never changes: a range of it if one is asked for. `tag` names its content."""
    path = registry.object_store().local_path(key)
    if path is not None and settings().send_file_via is SendFileVia.NGINX:
        return _by_nginx(f"/_objects/{key}", content_type)
    start, end = _range(size)
    status = 200 if (start, end) == (0, size) else 206
    stream = None
    if request.method != "HEAD":
        stream = registry.object_store().open(key, start, end - start)
    response = Response(stream, status, content_type=content_type)
    response.content_length = end - start
    response.headers["Accept-Ranges"] = "bytes"
    response.set_etag(tag[:32])
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise LiveUnavailable from None


def _range(size: int) -> tuple[int, int]:
    """First byte and the one after the last; a range that is malformed or has several parts is ignored (RFC 9110)."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size
    bounds = asked.range_for_length(size)
    if bounds is None:
        raise ObjectRangeInvalid(start=asked.ranges[0][0])
    return bounds


def _by_nginx(place: str, content_type: str) -> Response:
    response = make_response("")
    response.content_type = content_type
    response.headers["X-Accel-Redirect"] = place
    return response
