"""One payment, several merchants (合单): who gets which part, and how WeChat is spoken to about the whole.

A payment without parts is an ordinary order of the cluster's merchant; with one part, of that part's merchant; with
more, a combined order that the cluster's merchant asks for. Parts are frozen when it is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.db import db
from core.settings import SettlementMode, settings
from domain.payments import merchants
from domain.payments.models import Payment, PaymentChannel, PaymentPart
from gateways import registry
from gateways.wechat_pay.combining import MOST_SUBS, CombinedPayment, CombinedPrepay, SubPayment, SubPrepay
from gateways.wechat_pay.contract import H5Kind, TradeState, WechatPay
from gateways.wechat_pay.contract import Payment as WechatPayment

MOST_PARTS = MOST_SUBS
Told = WechatPayment | CombinedPayment
"""What WeChat says of a payment."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one merchant is to get. `workshop_id` None: the cluster's own merchant."""

    workshop_id: int | None
    mchid: str
    amount_fen: int
    description: str


def write_parts(payment: Payment, shares: Sequence[Share]) -> None:
    """Freeze who gets what of a payment just made; the shares add up to it."""
    if not shares:
        return
    if sum(share.amount_fen for share in shares) != payment.amount_fen or len(shares) > MOST_PARTS:
        raise ValueError("the shares must be the payment's")
    for place, share in enumerate(shares, start=1):
        number = payment.out_trade_no if len(shares) == 1 else f"{payment.out_trade_no}P{place}"
        db.session.add(
            PaymentPart(
                payment_id=payment.id, place=place, workshop_id=share.workshop_id, mchid=share.mchid,
                out_trade_no=number, description=share.description, amount_fen=share.amount_fen,
            )
        )  # fmt: skip
    db.session.flush()


def parts_of(payment: Payment) -> list[PaymentPart]:
    """The parts of a payment by their place; none for one that is the cluster's own."""
    if payment.settlement_mode != SettlementMode.COMBINED:
        return []
    return list(db.session.scalars(select(PaymentPart).filter_by(payment_id=payment.id).order_by(PaymentPart.place)))


def find_part(out_trade_no: str) -> PaymentPart | None:
    """The part of our number at WeChat."""
    return db.session.scalars(select(PaymentPart).filter_by(out_trade_no=out_trade_no)).first()


def mchid_of(payment: Payment, parts: Sequence[PaymentPart]) -> str:
    """The merchant who asks for the payment at WeChat, and signs what the buyer's phone is handed."""
    return parts[0].mchid if len(parts) == 1 else registry.wechat_pay().mchid


def client_for(payment: Payment) -> WechatPay:
    """The client of the merchant who asks for the payment."""
    return merchants.client_of(mchid_of(payment, parts_of(payment)))


def notify_url(mchid: str) -> str:
    """Where WeChat tells of a merchant's money: each merchant's notices are sealed with its own key."""
    own = f"{settings().public_base_url}/callbacks/wechat-pay"
    return own if mchid == registry.wechat_pay().mchid else f"{own}/{mchid}"


def open_combined(
    payment: Payment, parts: Sequence[PaymentPart], expires_at: datetime, client_ip: str
) -> tuple[str, datetime]:
    """A prepay of a combined order, and until when it is good. Calls WeChat."""
    client = registry.combined_pay()
    prepay = CombinedPrepay(
        appid=payment.appid,
        out_trade_no=payment.out_trade_no,
        subs=tuple(
            SubPrepay(part.mchid, part.out_trade_no, part.description, part.amount_fen, attach=payment.purpose)
            for part in parts
        ),
        notify_url=notify_url(client.mchid),
        expires_at=expires_at,
    )
    if payment.channel == PaymentChannel.NATIVE:
        code = client.open_native(prepay)
        return code.value, code.expires_at
    if payment.channel == PaymentChannel.H5:
        page = client.open_h5(prepay, client_ip=client_ip, kind=H5Kind.WAP)
        return page.value, page.expires_at
    opened = client.open_jsapi(prepay, openid=payment.openid or "")
    return opened.value, opened.expires_at


def query(payment: Payment) -> Told:
    """The payment as WeChat sees it now. Raises the gateway's errors."""
    if len(parts_of(payment)) > 1:
        return registry.combined_pay().query(payment.out_trade_no)
    return client_for(payment).query_by_out_trade_no(payment.out_trade_no)


def close(payment: Payment) -> None:
    """Make the payment impossible to pay. Raises the gateway's errors."""
    parts = parts_of(payment)
    if len(parts) > 1:
        subs = tuple((part.mchid, part.out_trade_no) for part in parts)
        registry.combined_pay().close(payment.out_trade_no, payment.appid, subs)
    else:
        client_for(payment).close(payment.out_trade_no)


def money_came(told: Told) -> bool:
    """Whether WeChat speaks of money: then it is compared with what was asked."""
    return told.is_paid_in_part if isinstance(told, CombinedPayment) else told.trade_state.is_paid


def expected_of(payment: Payment) -> tuple[Any, ...]:
    """What WeChat must say of the payment to be believed; see `found_in`."""
    parts = parts_of(payment)
    whole = (payment.appid, mchid_of(payment, parts), payment.out_trade_no)
    if len(parts) < 2:
        return (*whole, payment.amount_fen, "CNY", True)
    subs = sorted((part.mchid, part.out_trade_no, part.amount_fen, "CNY", True) for part in parts)
    return (*whole, tuple(subs), len(parts))


def found_in(told: Told) -> tuple[Any, ...]:
    """What WeChat says, in the shape of `expected_of`: of a combined payment every sub-order, each with its own
    transaction."""
    whole = (told.appid, told.mchid, told.out_trade_no)
    if isinstance(told, CombinedPayment):
        subs = sorted(
            (sub.mchid, sub.out_trade_no, sub.total_fen, sub.currency or "", sub.trade_state.is_paid)
            for sub in told.subs
        )
        return (*whole, tuple(subs), len({sub.transaction_id for sub in told.subs}))
    return (*whole, told.total_fen, told.currency, told.trade_state.is_paid)


def note_transactions(payment: Payment, told: Told) -> None:
    """Keep WeChat's numbers of a payment that was found to be paid; a combined one has them in its parts only."""
    parts = parts_of(payment)
    if isinstance(told, CombinedPayment):
        numbers = {sub.out_trade_no: sub.transaction_id for sub in told.subs}
    else:
        payment.transaction_id = told.transaction_id
        numbers = {told.out_trade_no: told.transaction_id}
    for part in parts:
        part.transaction_id = numbers[part.out_trade_no]


def combined_told(values: dict[str, Any]) -> CombinedPayment:
    """A combined payment as a kept notice has it."""
    subs = [SubPayment(**_sub_values(sub)) for sub in values["subs"]]
    return CombinedPayment(**values | {"subs": tuple(subs)})


def _sub_values(values: dict[str, Any]) -> dict[str, Any]:
    at = values["success_at"]
    told = {"trade_state": TradeState(values["trade_state"]), "success_at": datetime.fromisoformat(at) if at else None}
    return values | told
