"""Settlement in the background."""

from __future__ import annotations

from core.jobs import enqueue, job
from domain.payments import receivers, returning
from domain.payments import sharing as shares
from domain.settlement import posting, sharing


@job(queue_name="money", cron="*/5 * * * *")
def post_new() -> None:
    """What happened is in the journal within five minutes."""
    posting.post_new()


@job(queue_name="money", cron="* * * * *")
def look_after_shares() -> None:
    """Every minute, by rows and not by memory: frozen payments get their shares, and whatever is due goes a step on."""
    shares.open_shares()
    for share_id in shares.take_due():
        enqueue(step_share, lock=f"share/{share_id}", share_id=share_id)
    sharing.plan_returns()
    for return_id in returning.take_due():
        enqueue(send_return, lock=f"share return/{return_id}", return_id=return_id)
    for account_id in receivers.take_due():
        enqueue(tell_receiver, lock=f"share account/{account_id}", account_id=account_id)


@job(queue_name="money")
def step_share(share_id: int) -> None:
    sharing.step(share_id)


@job(queue_name="money")
def send_return(return_id: int) -> None:
    returning.send_return(return_id)


@job(queue_name="money")
def tell_receiver(account_id: int) -> None:
    receivers.tell_wechat(account_id)
