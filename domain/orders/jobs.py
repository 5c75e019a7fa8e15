"""What happens to orders in the background."""

from __future__ import annotations

from core.clock import now
from core.jobs import enqueue, job
from domain.groups import filling
from domain.orders import cancelling, grouping, paying, refunding, telling
from domain.orders.models import OrderStatus
from domain.payments import asking, closing, confirming
from gateways.wechat_pay.combining import CombinedPayment
from gateways.wechat_pay.contract import Payment as WechatPayment
from gateways.wechat_pay.contract import Refund as WechatRefund


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
        paying.hear(told, by="query")
    cancelling.expire(number)


@job(queue_name="money")
def process_notice(notice_id: str) -> None:
    """Do what a notice says. It was verified and kept before this job was written."""
    told = confirming.told_by(notice_id)
    if isinstance(told, (WechatPayment, CombinedPayment)):
        paying.hear(told, by="notice")
    elif isinstance(told, WechatRefund):
        refunding.hear_refund(told, by="notice")


@job(queue_name="money", cron="* * * * *")
def ask_about_open_payments() -> None:
    """Every minute, so that a lost notice is made up for within two: one small job a payment."""
    for out_trade_no in asking.take_due():
        enqueue(ask_about, out_trade_no=out_trade_no)


@job(queue_name="money", attempts=1)
def ask_about(out_trade_no: str) -> None:
    """Ask WeChat whether a payment was made; the next minute asks again."""
    told = asking.ask(out_trade_no)
    if told is not None:
        paying.hear(told, by="query")


@job(queue_name="money", cron="* * * * *")
def give_back_closed_refunds() -> None:
    """Every minute: amounts of refunds that WeChat closed can be refunded again."""
    for out_refund_no in refunding.closed_refunds():
        refunding.give_back(out_refund_no)


@job(queue_name="money", cron="* * * * *")
def end_groups() -> None:
    """Every minute, read from the rows: groups whose time is up have failed, and no order of an ended group is forgotten."""
    for team_id in filling.due_teams():
        enqueue(end_group, lock=f"group/{team_id}", team_id=team_id)
    for number, status in grouping.unsettled():
        is_unpaid = status == OrderStatus.AWAITING_PAYMENT
        enqueue(expire_order if is_unpaid else grouping.settle_member, number=number)


@job(queue_name="money")
def end_group(team_id: int) -> None:
    """One group, in a transaction of its own."""
    grouping.end_group(team_id)


@job(cron="* * * * *")
def tell_refunds_arrived() -> None:
    """Every minute: buyers hear that their money is back."""
    telling.tell_refunds_arrived()
