"""`Idempotency-Key`: a call that is repeated because its answer was lost has one effect and gets the same answer.

The answer is kept in the transaction of the act itself, so there is never an effect without an answer to repeat, nor
an answer without its effect. Only answers below 400 are kept: any other was rolled back and left nothing behind, so
the same key may simply be tried again. While a first call is under way, a second one with its key is refused.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Response, g, make_response, request
from sqlalchemy import LargeBinary, and_, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Model, db, table_of
from core.errors import DomainError, InvalidInput
from core.jobs import job
from core.web.guards import require_identity
from core.web.responses import refusal

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
KEY_PATTERN = r"^[!-~]{1,255}$"
_KEPT_HEADERS = ("Content-Type", "Location")
View = TypeVar("View", bound=Callable[..., Any])
_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:scope, 2))")


class RequestInFlight(DomainError):
    """The first call with this key hasn't been answered yet."""

    message = "上一次相同的请求还在处理，请稍候"


class IdempotencyKeyReused(DomainError):
    """The key came before with another body."""

    status = 422
    message = "同一个幂等键用在了不同的请求上"


class RememberedAnswer(Model):
    """An answer to repeat. The key is whose, on which call, under which name of theirs."""

    __tablename__ = "idempotency_keys"

    holder: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)


_TABLE = table_of(RememberedAnswer)
_MINE = and_(*(_TABLE.c[name] == bindparam(name) for name in ("holder", "method", "path", "key")))
_LOCK = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("scope"), 2)).label("is_ours")).subquery()
_LOCK_AND_LOOK = select(
    _LOCK.c.is_ours, _TABLE.c.body_sha256, _TABLE.c.status, _TABLE.c.headers, _TABLE.c.body, _TABLE.c.created_at
).select_from(_LOCK.outerjoin(_TABLE, _MINE))
_KEEP = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key)


@dataclass(frozen=True, slots=True)
class _Call:
    """The call of this request, as its answer will be kept."""

    holder: str
    method: str
    path: str
    key: str
    body_sha256: bytes


def read_key() -> str:
    """The request's key, or InvalidInput naming the header."""
    key = request.headers.get(HEADER)
    if not key:
        raise InvalidInput({HEADER: "必填"})
    if not re.fullmatch(KEY_PATTERN, key):
        raise InvalidInput({HEADER: "应为 1 到 255 个可见的 ASCII 字符"})
    return key


def begin(holder: str) -> Response | None:
    """The answer `holder` was given to this call before; None when it is the first, which `remember` then keeps.

    Raises InvalidInput for a missing key, RequestInFlight, IdempotencyKeyReused.
    """
    call = _Call(holder, request.method, request.path, read_key(), hashlib.sha256(request.get_data()).digest())
    scope = "\n".join((call.holder, call.method, call.path, call.key))
    found = db.session.execute(_LOCK_AND_LOOK, _keys(call) | {"scope": scope}).one()
    if not found.is_ours:
        raise RequestInFlight
    if found.created_at is not None:
        if found.created_at > now() - KEPT:
            return _repeat(found, call)
        db.session.execute(delete(RememberedAnswer).filter_by(**_keys(call)))
    g.idempotent_call = call
    return None


def remember(response: Response) -> Response:
    """Keep the answer of a call that `begin` let through, in the call's own transaction.

    An answer that was kept meanwhile, by a call that ended between our look and our lock, undoes this one: it is refused
    as if the other were still under way.
    """
    call: _Call | None = g.pop("idempotent_call", None)
    if call is None or response.status_code >= 400:
        return response
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    answer = _keys(call) | {
        "body_sha256": call.body_sha256, "status": response.status_code, "headers": headers, "body": response.get_data(),
        "created_at": now(),
    }  # fmt: skip
    if db.session.execute(_KEEP, answer).first() is None:
        return refusal(RequestInFlight())
    return response


def once(view: View) -> View:
    """For a page's form that makes something and carries a `request_key()`: sent twice as it is, it makes one thing, and both
    sendings are led to it. With other content it is another wish. Stands below the guard."""

    @functools.wraps(view)
    def sent(*args: Any, **kwargs: Any) -> Any:
        key = request.form.get("request_key", "")
        if not re.fullmatch(KEY_PATTERN, key):
            return view(*args, **kwargs)
        content = _content_digest()
        call = _Call(
            f"account/{require_identity().account_id}", request.method, request.path, f"{key} {content.hex()}", content
        )
        # The first sending may be under way: wait for what it made.
        db.session.execute(_WAIT, {"scope": "\n".join((call.holder, call.method, call.path, call.key))})
        known = db.session.get(RememberedAnswer, (call.holder, call.method, call.path, call.key))
        if known is not None:
            return _repeat(known, call)
        response = make_response(view(*args, **kwargs))
        if 300 <= response.status_code < 400:
            # It led to what it made; a page says only what is still wrong, or asks for more.
            g.idempotent_call = call
        return remember(response)

    return sent  # type: ignore[return-value]


def _content_digest() -> bytes:
    """What was typed and chosen in the form, without the token that proves it ours."""
    digest = hashlib.sha256()
    for name, value in sorted(request.form.items(multi=True)):
        if name != "csrf_token":
            digest.update(repr((name, value)).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        digest.update(repr((name, file.filename)).encode() + file.read())
        file.seek(0)
    return digest.digest()


@job(cron="23 * * * *")
def forget_old_answers() -> None:
    """Hourly: answers older than 24 hours are forgotten."""
    db.session.execute(delete(RememberedAnswer).where(RememberedAnswer.created_at <= now() - KEPT))


def _keys(call: _Call) -> dict[str, str]:
    return {"holder": call.holder, "method": call.method, "path": call.path, "key": call.key}


def _repeat(known: Any, call: _Call) -> Response:
    if known.body_sha256 != call.body_sha256:
        raise IdempotencyKeyReused
    response = Response(known.body, status=known.status)
    response.headers.pop("Content-Type", None)
    for name, value in known.headers.items():
        response.headers[name] = value
    response.headers[REPLAYED] = "true"
    return response
