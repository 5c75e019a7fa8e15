"""What happens to the stock in the background."""

from __future__ import annotations

from core.jobs import job
from domain.stock import lots


@job(cron="*/5 * * * *")
def recheck_lots() -> None:
    """Lots past their last day of sale, or of a blocked batch, leave the sellable quantity; released ones return.

    Queries leave such lots out at once; this writes the movement, at the latest five minutes after midnight.
    """
    lots.recheck_all()
