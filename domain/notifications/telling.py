"""Telling somebody something, once: a row to read here, and a job that tries WeChat. Never in the way of the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db, table_of
from core.jobs import enqueue
from core.settings import settings
from domain.notifications.models import Notification
from domain.notifications.sending import send_message

_KEEP = insert(table_of(Notification)).on_conflict_do_nothing()
_KEEP_AND_SAY = _KEEP.returning(table_of(Notification).c.id)


@dataclass(frozen=True, slots=True)
class Message:
    """`key` names what happened; `title` has at most 20 characters; `text` has `%(name)s` places for `params`.

    `params["number"]`, if there is one, is the number that a WeChat message shows.
    """

    key: str
    kind: str
    title: str
    text: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)


def tell_account(account_id: int, message: Message) -> bool:
    """A buyer is told; False when this was told before. A message of a kind with a template goes to WeChat, too."""
    notification_id = _keep(message, account_id=account_id)
    if notification_id is not None and message.kind in settings().wechat_mini_templates:
        enqueue(send_message, notification_id=notification_id)
    return notification_id is not None


def tell_workshop(workshop_id: int, message: Message) -> bool:
    """A workshop's owner is told in the console; False when this was told before."""
    return _keep(message, workshop_id=workshop_id) is not None


def tell_workshops(messages: Sequence[tuple[int, Message]]) -> None:
    """Several workshops are told in one statement; what one was told before isn't told again."""
    db.session.execute(_KEEP, [_row(message) | {"workshop_id": workshop_id} for workshop_id, message in messages])


def _keep(message: Message, **reader: int) -> int | None:
    return db.session.scalar(_KEEP_AND_SAY, _row(message) | reader)


def _row(message: Message) -> dict[str, Any]:
    return {
        "key": message.key, "kind": message.kind, "title": message.title, "text": message.text,
        "params": message.params, "path": message.path, "created_at": now(),
    }  # fmt: skip
