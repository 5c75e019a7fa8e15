"""Rate limits on logins, codes and other things worth guessing, counted in PostgreSQL so that all processes agree."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Model, db
from core.errors import TooManyRequests

_COUNT = text(
    "INSERT INTO rate_counters (bucket, window_start_at, hits) VALUES (:bucket, :start, 1) "
    "ON CONFLICT (bucket) DO UPDATE SET "
    "hits = CASE WHEN rate_counters.window_start_at > :expired THEN rate_counters.hits + 1 ELSE 1 END, "
    "window_start_at = CASE WHEN rate_counters.window_start_at > :expired THEN rate_counters.window_start_at "
    "ELSE :start END RETURNING hits, window_start_at"
)


class RateCounter(Model):
    """How often a bucket (an act and who did it) was hit in its current window."""

    __tablename__ = "rate_counters"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    window_start_at: Mapped[datetime]
    hits: Mapped[int]


def limit(act: str, *, times: int, seconds: int, who: str | None = None) -> None:
    """Count one try of `act` by `who` (the caller's address unless told) and raise TooManyRequests past `times`.

    A window begins with the first try and lasts `seconds`. The count is kept even if the request fails: it is written
    in a transaction of its own.
    """
    at = now()
    window = timedelta(seconds=seconds)
    values = {"bucket": f"{act}:{who or request.remote_addr}", "start": at, "expired": at - window}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        hits, began_at = connection.execute(_COUNT, values).one()
    if hits > times:
        raise TooManyRequests(retry_after_seconds=max(1, math.ceil((began_at + window - at).total_seconds())))
