"""What happens to parcels in the background, by rows and not by memory: a killed worker loses no timer."""

from __future__ import annotations

from core.jobs import job
from domain.fulfillment import tracking


@job(queue_name="parcels", cron="* * * * *")
def look_at_parcels() -> None:
    """Ask after every parcel that is due."""
    tracking.plan_looks()
