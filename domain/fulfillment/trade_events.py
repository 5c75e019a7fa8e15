"""What WeChat says of an order by its message push: settled, or unshipped for two days. Each may come twice."""

from __future__ import annotations

import structlog

from core.clock import now
from core.db import db
from core.errors import NotFound
from core.jobs import job
from domain.fulfillment.cargoes import cargoes_of
from domain.fulfillment.models import ShippingReport
from domain.fulfillment.receiving import NothingToReceive, confirm_receipt
from domain.orders.models import Order
from domain.orders.paying import payment_of
from domain.payments.confirming import find_payment
from domain.payments.dividing import find_part
from domain.payments.models import Payment

log = structlog.get_logger(__name__)


@job(queue_name="parcels")
def note_settlement(out_trade_no: str) -> None:
    """The buyer confirmed in WeChat, or WeChat's clock did: what is on its way counts as received here, too."""
    order = _order_of(out_trade_no)
    if order is None:
        return
    for number in _parts_settled(order, out_trade_no):
        try:
            confirm_receipt(order, "wechat", number)
        except NothingToReceive:
            log.info("settled_before", out_trade_no=out_trade_no)
    report = db.session.query(ShippingReport).filter_by(out_trade_no=out_trade_no).first()
    if report is not None and report.settled_at is None:
        report.settled_at = now()


@job(queue_name="parcels")
def note_reminder(out_trade_no: str) -> None:
    """WeChat misses the shipping of a payment: the owners have been warned long ago, now the operator looks."""
    order = _order_of(out_trade_no)
    if order is not None:
        waiting = [part.number for part in order.workshop_orders if part.first_shipped_at is None]
        log.error("shipping_missed_by_wechat", out_trade_no=out_trade_no, order=order.number, parts=waiting)


def _parts_settled(order: Order, out_trade_no: str) -> list[str | None]:
    """The workshops' parts that a settled payment is for, by their numbers; None: all of them."""
    payment = payment_of(order)
    cargoes = cargoes_of(order, payment) if payment else []
    if len(cargoes) < 2:
        return [None]
    settled = [cargo for cargo in cargoes if cargo.out_trade_no == out_trade_no]
    return [part.number for part in order.workshop_orders for cargo in settled if cargo.concerns(part)]


def _order_of(out_trade_no: str) -> Order | None:
    """The order of a payment of ours; None when WeChat speaks of another's."""
    part = find_part(out_trade_no)
    try:
        purpose = db.session.get_one(Payment, part.payment_id).purpose if part else find_payment(out_trade_no).purpose
    except NotFound:
        log.warning("push_of_unknown_payment", out_trade_no=out_trade_no)
        return None
    return db.session.query(Order).filter_by(number=purpose).first()
