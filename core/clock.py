"""The one clock. Instants are aware UTC datetimes; days are dates in the cluster's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.settings import settings


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date where the workshops are."""
    return now().astimezone(settings().zone).date()


def local(at: datetime) -> datetime:
    """`at` on the wall clock of the workshops."""
    return at.astimezone(settings().zone)
