"""Opening a payment at WeChat: one row per sum and channel, whose number never changes, however often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.settings import SettlementMode, settings
from domain.payments import dividing
from domain.payments.models import Payment, PaymentChannel, PaymentHistory, PaymentStatus
from gateways.wechat_pay.contract import H5Kind, JsapiParameters, Prepay

# A prepay that is about to lapse is replaced rather than shown.
_SPARE = timedelta(minutes=1)
# When a lost notice is looked for first.
ASK_AFTER = timedelta(minutes=1)
_SUFFIX = {PaymentChannel.MINI: "M", PaymentChannel.JSAPI: "J", PaymentChannel.NATIVE: "N", PaymentChannel.H5: "H"}


class PaymentOver(DomainError):
    """This way of paying was closed or used already."""

    message = "这次付款已经结束"


@dataclass(frozen=True, slots=True)
class Sum:
    """What is to be paid, for what, until when. `shares`: whose it is, if not all of it is the cluster's."""

    purpose: str
    description: str
    amount_fen: int
    expires_at: datetime
    shares: tuple[dividing.Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How the buyer will pay. JSAPI channels need the openid in the app; H5 the buyer's address."""

    channel: PaymentChannel
    openid: str | None = None
    client_ip: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What to hand to the buyer: `parameters` for WeChat's payment sheet, or `url` to scan (Native) or follow (H5)."""

    out_trade_no: str
    channel: PaymentChannel
    url: str | None = None
    parameters: JsapiParameters | None = None


def open_payment(due: Sum, way: Way) -> Opened:
    """A payment that can be paid now. Raises PaymentOver, or the gateway's errors.

    The number follows from purpose and channel, so an attempt that was rolled back is repeated under the same number.
    """
    payment = _row(due, way)
    if payment.status != PaymentStatus.OPEN:
        raise PaymentOver
    if payment.prepay is None or payment.prepay_expires_at is None or payment.prepay_expires_at < now() + _SPARE:
        payment.prepay, payment.prepay_expires_at = _call_wechat(payment, due, way)
        payment.ask_at = now() + ASK_AFTER
        db.session.flush()
    if way.channel in {PaymentChannel.NATIVE, PaymentChannel.H5}:
        return Opened(payment.out_trade_no, way.channel, url=payment.prepay)
    parameters = dividing.client_for(payment).jsapi_parameters(payment.prepay or "", payment.appid)
    return Opened(payment.out_trade_no, way.channel, parameters=parameters)


def appid_of(channel: PaymentChannel) -> str:
    """The app a channel pays in."""
    if channel is PaymentChannel.MINI:
        return settings().wechat_mini_appid
    return settings().wechat_oa_appid or settings().wechat_mini_appid


def _row(due: Sum, way: Way) -> Payment:
    values = {
        "out_trade_no": f"{due.purpose}{_SUFFIX[way.channel]}",
        "purpose": due.purpose,
        "channel": way.channel,
        "appid": appid_of(way.channel),
        "openid": way.openid,
        "amount_fen": due.amount_fen,
        "settlement_mode": settings().settlement_mode,
    }
    added = insert(Payment).values(values).on_conflict_do_nothing(index_elements=["purpose", "channel"])
    payment = db.session.scalars(added.returning(Payment)).first()
    if payment is not None:
        db.session.add(
            PaymentHistory(payment_id=payment.id, by="buyer", from_status=None, to_status=PaymentStatus.OPEN)
        )
        dividing.write_parts(payment, due.shares)
        return payment
    mine = select(Payment).filter_by(purpose=due.purpose, channel=way.channel).with_for_update()
    return db.session.scalars(mine).one()


def _call_wechat(payment: Payment, due: Sum, way: Way) -> tuple[str, datetime]:
    parts = dividing.parts_of(payment)
    if len(parts) > 1:
        return dividing.open_combined(payment, parts, due.expires_at, way.client_ip)
    client = dividing.client_for(payment)
    prepay = Prepay(
        appid=payment.appid,
        out_trade_no=payment.out_trade_no,
        description=due.description,
        amount_fen=payment.amount_fen,
        notify_url=dividing.notify_url(client.mchid),
        expires_at=due.expires_at,
        profit_sharing=payment.settlement_mode == SettlementMode.PROFIT_SHARING,
    )
    if way.channel is PaymentChannel.NATIVE:
        code = client.open_native(prepay)
        return code.value, code.expires_at
    if way.channel is PaymentChannel.H5:
        page = client.open_h5(prepay, client_ip=way.client_ip, kind=H5Kind.WAP)
        return page.value, page.expires_at
    opened = client.open_jsapi(prepay, openid=payment.openid or "")
    return opened.value, opened.expires_at
