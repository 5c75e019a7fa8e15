"""Telling WeChat's shipping management what has left, one payment at a time, and noticing what it can't be told any more.

WeChat holds the buyer's money until everything is shipped. Each upload names all parcels that have left (*our choice*
where the documents are silent): repeated after a timeout it changes nothing. get_order is asked first, so that an
upload whose answer was lost isn't taken for a correction, of which a payment has one.
"""

from __future__ import annotations

import structlog
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.jobs import enqueue, job
from domain.fulfillment.cargoes import Cargo, cargoes_of
from domain.fulfillment.models import ReportStatus, Shipment, ShippingReport
from domain.fulfillment.parcels import shipments_of
from domain.fulfillment.receiving import OPEN
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.orders.paying import payment_of
from domain.payments.models import Payment, PaymentChannel
from gateways import registry
from gateways.wechat_mini.contract import SentParcel, ShippingKnown, ShippingState, ShippingUpload
from gateways.wechat_mini.errors import ShippingCorrectionSpent, ShippingDone, ShippingRefused, ShippingUnchanged

log = structlog.get_logger(__name__)
MOST_CORRECTIONS = 1
_TO_SEND = OPEN - {WorkshopOrderStatus.SHIPPED}


def plan_report(order_id: int) -> None:
    """In the transaction that ships or corrects: a job will tell WeChat."""
    enqueue(report_shipping, lock=f"shipping/{order_id}", order_id=order_id)


@job(queue_name="parcels")
def report_shipping(order_id: int) -> None:
    """WeChat knows every parcel of the order that has left. Does nothing for a payment outside the mini-program.

    Raises what is worth another try (no answer, or a payment WeChat hasn't heard of yet); other refusals are kept in
    the report and logged as `shipping_not_told`.
    """
    order = db.session.get_one(Order, order_id)
    payment = payment_of(order)
    if payment is None or payment.channel != PaymentChannel.MINI or payment.openid is None:
        return None
    cargoes = cargoes_of(order, payment)
    if len(cargoes) == 1:
        return _report(order, payment, cargoes[0])
    for cargo in cargoes:
        # Each in a transaction of its own: what WeChat took of one is noted whatever becomes of the next.
        number = cargo.out_trade_no
        enqueue(report_sub_order, lock=f"shipping/{number}", order_id=order_id, out_trade_no=number)
    return None


@job(queue_name="parcels")
def report_sub_order(order_id: int, out_trade_no: str) -> None:
    """The same for one sub-order of a combined payment."""
    order = db.session.get_one(Order, order_id)
    payment = payment_of(order)
    assert payment is not None
    _report(order, payment, next(each for each in cargoes_of(order, payment) if each.out_trade_no == out_trade_no))


def _report(order: Order, payment: Payment, cargo: Cargo) -> None:
    report = _lock_report(cargo.out_trade_no, order.id)
    sent = [each for shipments in shipments_of(order.id).values() for each in shipments if cargo.is_in(each)]
    if not sent:
        return None
    upload = _upload(order, payment, cargo, report, sent)
    known = registry.wechat_mini().shipping_of(upload.out_trade_no, upload.mchid)
    if _is_known(known, upload) or known.state in {ShippingState.CONFIRMED, ShippingState.DONE, ShippingState.REFUNDED}:
        return _note(report, upload, corrected=False)
    is_correction = known.state != ShippingState.TO_SHIP
    if is_correction and report.corrections >= MOST_CORRECTIONS:
        return _give_up(report, ReportStatus.CORRECTION_SPENT, 10060003)
    return _tell(report, upload, is_correction=is_correction)


def plan_finished_reports(*, most: int = 200) -> list[int]:
    """A job for each payment (its order's id) of which WeChat still waits for parcels although none will come.

    The last open part was cancelled or given to another workshop that had sent its own; that's read here, so that
    whoever gives a part up needn't know of WeChat.
    """
    waits = exists().where(WorkshopOrder.order_id == ShippingReport.order_id, WorkshopOrder.status.in_(_TO_SEND))
    unpaid_back = OrderLine.refunded_fen + OrderLine.discount_fen < OrderLine.amount_fen
    seeks = exists().where(OrderLine.order_id == ShippingReport.order_id, OrderLine.is_open, unpaid_back)
    statement = select(ShippingReport.order_id).filter_by(status=ReportStatus.PARTLY).where(~waits, ~seeks)
    order_ids = list(db.session.scalars(statement.order_by(ShippingReport.id).limit(most)))
    for order_id in order_ids:
        plan_report(order_id)
    return order_ids


def report_of(order_id: int) -> ShippingReport | None:
    """What WeChat was told of an order, if it was."""
    return db.session.scalars(select(ShippingReport).filter_by(order_id=order_id)).first()


def reports_to_look_into() -> list[ShippingReport]:
    """Payments whose shipping WeChat refused to hear of: a person has to act."""
    statuses = {ReportStatus.REFUSED, ReportStatus.CORRECTION_SPENT}
    statement = select(ShippingReport).where(ShippingReport.status.in_(statuses)).order_by(ShippingReport.id)
    return list(db.session.scalars(statement))


def _tell(report: ShippingReport, upload: ShippingUpload, *, is_correction: bool) -> None:
    try:
        registry.wechat_mini().upload_shipping(upload)
    except ShippingCorrectionSpent as refusal:
        return _give_up(report, ReportStatus.CORRECTION_SPENT, refusal.params.get("errcode"))
    except (ShippingDone, ShippingUnchanged):
        return _note(report, upload, corrected=False)
    except ShippingRefused as refusal:
        return _give_up(report, ReportStatus.REFUSED, refusal.params.get("errcode"))
    return _note(report, upload, corrected=is_correction)


def _lock_report(out_trade_no: str, order_id: int) -> ShippingReport:
    row = insert(ShippingReport).values(
        out_trade_no=out_trade_no, order_id=order_id, status=ReportStatus.PENDING, is_split=False, corrections=0,
        parcels=[],
    )  # fmt: skip
    db.session.execute(row.on_conflict_do_nothing())
    statement = select(ShippingReport).filter_by(out_trade_no=out_trade_no).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def _upload(
    order: Order, payment: Payment, cargo: Cargo, report: ShippingReport, sent: list[Shipment]
) -> ShippingUpload:
    """Everything that has left. The mode stays what it was, since a change of it counts as the correction."""
    waiting = any(part.status in _TO_SEND and cargo.concerns(part) for part in order.workshop_orders)
    waiting |= any(line.is_open and line.refundable_fen for line in order.lines if line.id in cargo.line_ids)
    assert payment.openid is not None
    return ShippingUpload(
        out_trade_no=cargo.out_trade_no,
        mchid=cargo.mchid,
        openid=payment.openid,
        is_split=report.is_split or waiting or len(sent) > 1,
        is_all_delivered=not waiting,
        parcels=tuple(_parcel(order, cargo, shipment) for shipment in sent),
        uploaded_at=now(),
    )


def _parcel(order: Order, cargo: Cargo, shipment: Shipment) -> SentParcel:
    lines = {line.id: line for line in order.lines if line.id in cargo.line_ids}
    entries = [entry for entry in shipment.lines if entry.order_line_id in lines]
    goods = "、".join(f"{lines[entry.order_line_id].product_name}×{entry.quantity}" for entry in entries)
    return SentParcel(shipment.carrier_code, shipment.tracking_number, goods[:120], order.masked_phone)


def _is_known(known: ShippingKnown, upload: ShippingUpload) -> bool:
    parcels = frozenset((parcel.express_company, parcel.tracking_number) for parcel in upload.parcels)
    is_complete = known.state != ShippingState.TO_SHIP
    return parcels == known.parcels and is_complete == upload.is_all_delivered


def _note(report: ShippingReport, upload: ShippingUpload, *, corrected: bool) -> None:
    report.status = ReportStatus.COMPLETE if upload.is_all_delivered else ReportStatus.PARTLY
    report.is_split = upload.is_split
    report.corrections += corrected
    report.parcels = [f"{parcel.express_company} {parcel.tracking_number}" for parcel in upload.parcels]
    report.errcode, report.told_at = None, upload.uploaded_at
    db.session.flush()


def _give_up(report: ShippingReport, status: ReportStatus, errcode: int | None) -> None:
    report.status, report.errcode = status, errcode
    db.session.flush()
    log.error("shipping_not_told", out_trade_no=report.out_trade_no, status=status.value, errcode=errcode)
