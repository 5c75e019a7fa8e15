"""What happens to orders in the background."""

from __future__ import annotations

from core.clock import now
from core.jobs import enqueue, job
from domain.orders import cancelling, paying
from domain.payments import closing, confirming


@job(queue_name="money")
def expire_order(number: str) -> None:
    """When the time to pay is up: ask WeChat to close each payment first; money that came meanwhile pays the order."""
    due_at = cancelling.due_at(number)
    if due_at is None:
        return
    if now() < due_at:
        # This machine's clock is behind the database's: come back rather than close what may still be paid.
        enqueue(expire_order, at=due_at, number=number)
        return
    for told in closing.close_or_learn(number):
        paying.confirm_payment(told.out_trade_no, told, by="query")
    cancelling.expire(number)


@job(queue_name="money")
def process_notice(notice_id: str) -> None:
    """Do what a payment notice says. It was verified and kept before this job was written."""
    told = confirming.payment_told_by(notice_id)
    if told is not None:
        paying.confirm_payment(told.out_trade_no, told, by="notice")
