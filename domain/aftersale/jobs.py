"""What happens to cases in the background."""

from __future__ import annotations

from core.jobs import enqueue, job
from domain.aftersale import deadlines, refunding


@job(cron="*/5 * * * *")
def look_at_deadlines() -> None:
    """Every five minutes: each case whose time is up gets a job of its own, so that one can't hold up the others."""
    for case_id in deadlines.due_cases():
        enqueue(pass_deadline, lock=f"aftersale:{case_id}", case_id=case_id)


@job()
def pass_deadline(case_id: int) -> None:
    """What follows from silence."""
    deadlines.pass_deadline(case_id)


@job(cron="* * * * *")
def look_at_refunds() -> None:
    """Every minute: each case whose refund is over gets a job of its own."""
    for case_id in refunding.over_refunds():
        enqueue(follow_refund, lock=f"aftersale:{case_id}", case_id=case_id)


@job()
def follow_refund(case_id: int) -> None:
    """The money of a case has arrived, or WeChat closed its refund."""
    refunding.follow_refund(case_id)
