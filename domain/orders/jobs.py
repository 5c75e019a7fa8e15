"""What happens to orders in the background."""

from __future__ import annotations

from core.jobs import job
from domain.orders import cancelling, paying
from domain.payments import closing, confirming


@job(queue_name="money")
def expire_order(number: str) -> None:
    """When the time to pay is up: ask WeChat to close each payment first; money that came meanwhile pays the order."""
    for told in closing.close_or_learn(number):
        paying.confirm_payment(told.out_trade_no, told, by="query")
    cancelling.expire(number)


@job(queue_name="money")
def process_notice(notice_id: str) -> None:
    """Do what a payment notice says. It was verified and kept before this job was written."""
    told = confirming.payment_told_by(notice_id)
    if told is not None:
        paying.confirm_payment(told.out_trade_no, told, by="notice")
