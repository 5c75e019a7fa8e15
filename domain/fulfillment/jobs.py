"""What happens to parcels in the background, by rows and not by memory: a killed worker loses no timer."""

from __future__ import annotations

from core.jobs import enqueue, job
from domain.fulfillment import receiving, reporting, telling, tracking


@job(queue_name="parcels", cron="* * * * *")
def look_at_parcels() -> None:
    """Ask after every parcel that is due."""
    tracking.plan_looks()


@job(queue_name="parcels", cron="*/10 * * * *")
def receive_overdue_parts() -> None:
    """What came long ago counts as received, each part in a transaction of its own."""
    for part_id in receiving.parts_overdue():
        enqueue(receive_part, lock=f"receipt/{part_id}", part_id=part_id)


@job(queue_name="parcels")
def receive_part(part_id: int) -> None:
    receiving.receive_overdue(part_id)


@job(queue_name="parcels", cron="*/5 * * * *")
def finish_reports() -> None:
    """WeChat learns that everything has left when what was missing was given up."""
    reporting.plan_finished_reports()


@job(queue_name="parcels", cron="7 * * * *")
def warn_of_late_parts() -> None:
    """WeChat wants everything shipped within 48 hours: owners hear of it twelve hours before."""
    telling.warn_late_parts()
