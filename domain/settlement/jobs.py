"""Settlement in the background."""

from __future__ import annotations

from core.jobs import job
from domain.settlement import posting


@job(queue_name="money", cron="*/5 * * * *")
def post_new() -> None:
    """What happened is in the journal within five minutes."""
    posting.post_new()
