"""Payments whose money is shared: workshops with merchants of their own, orders paid long ago and received."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update

from core.clock import now
from core.db import db
from domain.orders import paying
from domain.orders.models import Order, OrderHistory, OrderStatus, WorkshopOrder, WorkshopOrderStatus
from domain.payments import receivers, sharing
from domain.payments.models import Payment, PaymentAlarm, PaymentChannel
from domain.payments.opening import Way
from domain.payments.share_models import AccountStatus, ProfitShare, ShareAccount
from domain.products.models import Variant
from domain.settlement.merchants import enter_merchant
from domain.settlement.sharing import step
from domain.workshops.models import Workshop
from tests.factories.purchases import make_mini_buyer, make_received, place, told
from tests.fixtures.wechat import PretendWechat

_numbers = count(10_000)
DAYS = 12


def make_merchant(workshop_id: int, *, is_added: bool = True) -> str:
    """The workshop has a merchant of its own, which WeChat knows as a receiver; its number."""
    mchid = f"16000{next(_numbers):05d}"
    workshop = db.session.get_one(Workshop, workshop_id)
    enter_merchant(workshop, mchid=mchid, name="测试作坊有限公司", by="operator")
    if is_added:
        account = db.session.scalars(select(ShareAccount).filter_by(mchid=mchid)).one()
        receivers.tell_wechat(account.id)
        assert account.status == AccountStatus.ADDED
    return mchid


def make_sellers(*prices_fen: int) -> list[Variant]:
    """A variant of another workshop for each price, each with a merchant."""
    variants = [make_received(20, price_fen=fen) for fen in prices_fen]
    for variant in variants:
        make_merchant(variant.product.workshop_id)
    return variants


def pay_shared(wechat: PretendWechat, wanted: dict[Variant, int], channel: PaymentChannel) -> Payment:
    """A payment of an order of these, opened in the mode that holds and paid just now."""
    wechat.ask("clock", {"advance_seconds": 0})
    buyer = make_mini_buyer(wechat)
    order = place(buyer, wanted)
    openid = wechat.person(buyer.display_name)["openids"]["mini"]
    opened = paying.open_payment(buyer.id, order, Way(channel, openid=openid))
    wechat.pay(out_trade_no=opened.out_trade_no)
    paying.confirm_payment(opened.out_trade_no, told(opened.out_trade_no), by="notice")
    return db.session.scalars(select(Payment).filter_by(out_trade_no=opened.out_trade_no)).one()


def let_pass(wechat: PretendWechat, payment: Payment, days: float) -> None:
    """The payment was made `days` ago, here and at WeChat."""
    wechat.ask("clock", {"advance_seconds": days * 86400})
    payment.paid_at = now() - timedelta(days=days)
    db.session.execute(update(Order).where(Order.number == payment.purpose).values(paid_at=payment.paid_at))
    db.session.flush()


def order_of(payment: Payment) -> Order:
    return db.session.scalars(select(Order).filter_by(number=payment.purpose)).one()


def receive_all(payment: Payment, days_ago: float = 5) -> None:
    """Every part was in the buyer's hands `days_ago`."""
    order = order_of(payment)
    order.status = OrderStatus.COMPLETED
    for part in db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id)):
        part.status = WorkshopOrderStatus.RECEIVED
        db.session.add(
            OrderHistory(
                order_id=order.id, workshop_order_id=part.id, at=now() - timedelta(days=days_ago), by="test",
                from_status=WorkshopOrderStatus.SHIPPED, to_status=WorkshopOrderStatus.RECEIVED,
            )
        )  # fmt: skip
    db.session.flush()


def sell_shared(
    wechat: PretendWechat, wanted: dict[Variant, int], *, days: float = DAYS, is_received: bool = True
) -> tuple[Payment, ProfitShare]:
    """A payment by QR code of `days` ago (which no shipping management sees), received, with its waiting share."""
    payment = pay_shared(wechat, wanted, PaymentChannel.NATIVE)
    let_pass(wechat, payment, days)
    if is_received:
        receive_all(payment)
    sharing.open_shares()
    share = sharing.share_of(payment)
    assert share is not None
    return payment, share


def at_wechat(wechat: PretendWechat, payment: Payment) -> dict[str, Any]:
    """What the pretend WeChat has of a payment: frozen_fen, shares, returns."""
    [entry] = wechat.ask(f"shares?format=json&out_trade_no={payment.out_trade_no}")["orders"]
    return dict(entry)


def steps(share: ProfitShare, most: int = 6) -> str:
    """As many steps as there are; where it stands."""
    for _ in range(most):
        share.look_at = share.look_at and now()
        step(share.id)
    return share.status


def alarms() -> list[str]:
    return list(db.session.scalars(select(PaymentAlarm.kind).order_by(PaymentAlarm.id)))


def received(share: ProfitShare) -> dict[int, int]:
    return dict(sharing.received_fen(share))


def the_cap(payment: Payment) -> int:
    return (payment.amount_fen - sharing.fee_fen(payment)) * 3000 // 10_000
