"""What happens to money by the clock. (Refunds have their jobs beside them, in `refunding`.)"""

from __future__ import annotations

from core.jobs import job
from domain.payments import reconciling
from gateways import registry


@job(queue_name="money", cron="15 2 * * *")
def reconcile_yesterday() -> None:
    """At 10:15 in China, when WeChat's bill of yesterday is there; one that is late is tried again for days."""
    reconciling.reconcile_yesterday()


@job(queue_name="money", cron="20 */6 * * *", attempts=3)
def refresh_certificates() -> None:
    """Every six hours: the platform certificates of a merchant who still has some (a key-only merchant has none)."""
    registry.wechat_pay().refresh_certificates()
