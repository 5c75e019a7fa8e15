"""Subscribe messages: one accepted, one sent; the limits of each kind of field."""

import re
from dataclasses import replace
from typing import Any

from sandbox.mini.errors import ApiError
from sandbox.rows import Subscription
from sandbox.world import World

LIMITS = {
    "thing": r".{1,20}", "number": r"[0-9.,]{1,32}", "letter": r"[A-Za-z]{1,32}", "character_string": r"[!-~]{1,32}",
    "phrase": r"[\u4e00-\u9fff]{1,5}", "name": r".{1,20}", "amount": r"[¥￥]?[0-9.,]{1,12}元?",
    "time": r"\d{4}[年/-]\d{1,2}[月/-]\d{1,2}日?( \d{1,2}:\d{2})?", "date": r"\d{4}[年/-]\d{1,2}[月/-]\d{1,2}日?.*",
}  # fmt: skip


def send(here: World, body: dict[str, Any]) -> None:
    """43101 without an accepted message left, 47003 for a value its field can't hold, 40037 without a template."""
    openid, template, data = body.get("touser"), body.get("template_id"), body.get("data")
    if not template or not isinstance(template, str):
        raise ApiError(40037, "invalid template_id")
    if not isinstance(data, dict) or not data:
        raise ApiError(47003, "argument invalid! data")
    for name, entry in data.items():
        pattern = LIMITS.get(name.rstrip("0123456789"))
        if pattern is None or not re.fullmatch(pattern, str((entry or {}).get("value", ""))):
            raise ApiError(47003, f"argument invalid! data.{name}.value invalid")
    with here.store.lock:
        row = here.store.get(Subscription, f"{openid}/{template}")
        if row is None or row.left < 1:
            raise ApiError(43101, "user refuse to accept the msg")
        here.store.save(replace(row, left=row.left - 1, sent=[*row.sent, body]))


def accept(here: World, openid: str, template_id: str) -> Subscription:
    """The person taps 允许: one more message."""
    with here.store.lock:
        row = here.store.get(Subscription, f"{openid}/{template_id}") or Subscription(openid, template_id)
        row = replace(row, left=row.left + 1)
        here.store.save(row)
    return row
