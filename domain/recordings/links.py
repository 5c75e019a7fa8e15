"""Addresses of film that work for a short time: `/v/<token>/…`.

The token stands in the path, so that the relative addresses in a playlist inherit it. It says what may be seen (a
camera live, or one interval of it) and until when, under a key derived from SECRET_KEY.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.clock import now
from core.settings import settings
from domain.recordings.errors import LinkExpired, LinkInvalid

LONGEST_EXTRA = timedelta(hours=6)
_TOKEN = re.compile(r"(l|r)([0-9]{1,18})(?:\.([0-9]{1,15})\.([0-9]{1,15}))?\.([0-9]{1,12})\.([A-Za-z0-9_-]{22})")
_LIVE, _RECORDED = "l", "r"


@dataclass(frozen=True, slots=True)
class MediaGrant:
    """What a token allows: a camera live, or what it recorded in an interval."""

    camera_id: int
    interval: tuple[datetime, datetime] | None
    expires_at: datetime

    @property
    def is_live(self) -> bool:
        return self.interval is None

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.expires_at - now()).total_seconds()))


def live_url(camera_id: int) -> str:
    """The live playlist of a camera."""
    return f"/v/{live_token(camera_id)}/live.m3u8"


def live_poster_url(camera_id: int) -> str:
    """The newest still picture of a camera (JPEG, 16:9 or as the camera is)."""
    return f"/v/{live_token(camera_id)}/poster.jpg"


def interval_url(camera_id: int, start_at: datetime, end_at: datetime) -> str:
    """The playlist of what a camera recorded from `start_at` to `end_at`."""
    return f"/v/{interval_token(camera_id, start_at, end_at)}/recorded.m3u8"


def interval_poster_url(camera_id: int, start_at: datetime, end_at: datetime) -> str:
    """A still picture from the beginning of an interval."""
    return f"/v/{interval_token(camera_id, start_at, end_at)}/poster.jpg"


def live_token(camera_id: int) -> str:
    return _signed(f"{_LIVE}{camera_id}", timedelta())


def interval_token(camera_id: int, start_at: datetime, end_at: datetime) -> str:
    """Valid for as long as watching it takes (six hours at most) beyond the usual time."""
    start, end = (round(at.timestamp() * 1000) for at in (start_at, end_at))
    extra = min(max(end_at - start_at, timedelta()), LONGEST_EXTRA)
    return _signed(f"{_RECORDED}{camera_id}.{start}.{end}", extra)


def read_token(token: str) -> MediaGrant:
    """What a token allows. LinkInvalid if it is not ours, LinkExpired when its time is over."""
    match = _TOKEN.fullmatch(token)
    what, _, mac = token.rpartition(".")
    if match is None or not hmac.compare_digest(mac, _mac(what)):
        raise LinkInvalid
    kind, camera_id, start, end, expires = match.group(1, 2, 3, 4, 5)
    if (kind == _RECORDED) != (start is not None):
        raise LinkInvalid
    grant = MediaGrant(int(camera_id), _interval(start, end), datetime.fromtimestamp(int(expires), UTC))
    if grant.expires_at <= now():
        raise LinkExpired
    return grant


def _signed(what: str, extra: timedelta) -> str:
    """Rounded up to whole spans, so that the same film keeps its address (and its place in caches) for a while."""
    span = settings().media_link_minutes * 60
    expires = int(now().timestamp() + extra.total_seconds()) // span * span + 2 * span
    text = f"{what}.{expires}"
    return f"{text}.{_mac(text)}"


def _mac(text: str) -> str:
    secret = settings().secret_key.get_secret_value()
    key = hmac.digest(secret.encode(), b"media links", "sha256")
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)[:16]).decode().rstrip("=")


def _interval(start: str | None, end: str | None) -> tuple[datetime, datetime] | None:
    if start is None or end is None:
        return None
    try:
        return datetime.fromtimestamp(int(start) / 1000, UTC), datetime.fromtimestamp(int(end) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise LinkInvalid from None
