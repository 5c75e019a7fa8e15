"""Content security of what users write: a word list and who was active lately.

The words 广告 and 赌博 are risky, 可疑 wants a person's look. The verdict about a photo isn't pushed: tests push their own.
"""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox import people
from sandbox.mini.errors import ApiError, bad_argument
from sandbox.rows import Ticket
from sandbox.world import World

ACTIVE = timedelta(hours=2)
LONGEST = 2500
RISKY = {"广告": 10001, "赌博": 20006}
DOUBTFUL = {"可疑": 21000}
HARMLESS = 100


def check_text(here: World, appid: str, body: dict[str, Any]) -> dict[str, Any]:
    """msg_sec_check, version 2. Raises 40097, 40003 or 61010."""
    _check_person(here, appid, body)
    content = body.get("content")
    if not isinstance(content, str) or not 1 <= len(content) <= LONGEST:
        raise bad_argument("content")
    suggest, label = _verdict(content)
    return {"result": {"suggest": suggest, "label": label}, "detail": [], "trace_id": secrets.token_hex(16)}


def check_media(here: World, appid: str, body: dict[str, Any]) -> dict[str, Any]:
    """media_check_async, version 2. Raises 40097, 40003 or 61010."""
    _check_person(here, appid, body)
    url = body.get("media_url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise bad_argument("media_url")
    if body.get("media_type") not in (1, 2):
        raise bad_argument("media_type")
    return {"trace_id": secrets.token_hex(16)}


def _check_person(here: World, appid: str, body: dict[str, Any]) -> None:
    if body.get("version") != 2 or body.get("scene") not in (1, 2, 3, 4):
        raise bad_argument("version, scene")
    person = people.find_by_openid(here.store, appid, str(body.get("openid", "")))
    if person is None:
        raise ApiError(40003, "invalid openid")
    since = here.clock.now() - ACTIVE
    logins = [each for each in here.store.all(Ticket) if each.purpose == "login" and each.unionid == person.unionid]
    if not any(each.used_at is not None and each.used_at > since for each in logins):
        raise ApiError(61010, "code is expired: the user was not active in the last two hours")


def _verdict(content: str) -> tuple[str, int]:
    for words, suggest in ((RISKY, "risky"), (DOUBTFUL, "review")):
        for word, label in words.items():
            if word in content:
                return suggest, label
    return "pass", HARMLESS
