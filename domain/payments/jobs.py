"""What happens to money by the clock. (Refunds have their jobs beside them, in `refunding`.)"""

from __future__ import annotations

from datetime import date, timedelta

from core.clock import today
from core.errors import InvalidInput
from core.jobs import enqueue, job
from domain.payments import reconciling
from gateways import registry

# WeChat hands out bills of the last three months.
_BILLS_KEPT = timedelta(days=90)


@job(queue_name="money", cron="15 2 * * *")
def reconcile_yesterday() -> None:
    """At 10:15 in China, when WeChat's bill of yesterday is there; one that is late is tried again for days."""
    reconciling.reconcile_yesterday()


def ask_for_bill(day: date) -> None:
    """Have the bill of a day fetched and compared (again) after the commit. InvalidInput for a day that has none."""
    if not today() - _BILLS_KEPT <= day < today():
        raise InvalidInput({"day": "只能取今天以前、九十天以内的账单"})
    enqueue(reconcile_day, lock=f"bill {day}", day=day.isoformat())


@job(queue_name="money")
def reconcile_day(day: str) -> None:
    """One day's bill, because somebody asked for it."""
    reconciling.reconcile(date.fromisoformat(day))


@job(queue_name="money", cron="20 * * * *", attempts=3)
def refresh_certificates() -> None:
    """Hourly: the platform certificates of a merchant who still has some (a key-only merchant has none), for every process."""
    registry.wechat_pay().refresh_certificates()
