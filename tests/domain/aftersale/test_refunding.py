"""The money of a case: on its way with the approval, followed to its end; goods that were not sent are for sale again."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from domain.aftersale.answering import approve
from domain.aftersale.arbitrating import Decision, arbitrate
from domain.aftersale.models import AftersaleCase, CaseKind
from domain.aftersale.reading import history_of
from domain.aftersale.refunding import RefundTooMuch, follow_refund, over_refunds
from domain.fulfillment.boxes import box_of
from domain.fulfillment.packing import PackageNotOrdered, pack_package
from domain.labels.minting import mint_codes
from domain.orders.models import OrderFreight
from domain.orders.refunding import hear_refund, refund_lines
from domain.payments.models import Payment, Refund
from domain.stock.models import Stock
from gateways.wechat_pay.contract import Refund as WechatRefund
from gateways.wechat_pay.contract import RefundState
from tests.factories.aftersale import case_about, make_case
from tests.factories.batches import make_batch
from tests.factories.products import make_product, make_variant
from tests.factories.reviews import make_bought_order, make_received_order
from tests.factories.workshops import make_workshop

Session_ = scoped_session[Session]
BY = "作坊主 #1"


def approved(case: AftersaleCase) -> AftersaleCase:
    return approve({case.workshop_id}, case.number, BY)


def settle(session: Session_, case: AftersaleCase, state: RefundState) -> None:
    refund = session.scalars(select(Refund).filter_by(out_refund_no=case.out_refund_no)).one()
    payment = session.get_one(Payment, refund.payment_id)
    told = WechatRefund(
        f"5030{refund.out_refund_no}", refund.out_refund_no, payment.out_trade_no, payment.transaction_id or "", state,
        now(), now(), payment.amount_fen, refund.amount_fen,
    )  # fmt: skip
    hear_refund(told, by="query")
    assert over_refunds() == [case.id]
    follow_refund(case.id)
    follow_refund(case.id)
    assert over_refunds() == []


def test_the_money_is_asked_for_with_the_approval_and_the_case_follows_it(session: Session_) -> None:
    variant = make_variant(price_fen=1000)
    order = make_received_order({variant: 3})
    case = approved(case_about(order, variant, CaseKind.REFUND_ONLY, 2))
    refund = session.scalars(select(Refund)).one()
    assert (case.status, case.out_refund_no) == ("refunding", refund.out_refund_no)
    assert (refund.amount_fen, order.lines[0].refunded_fen) == (2000, 2000)
    assert over_refunds() == []
    settle(session, case, RefundState.SUCCESS)
    assert case.status == "refunded"
    assert case_about(order, variant, CaseKind.REFUND_ONLY, 1).amount_fen == 1000


def test_a_refund_that_wechat_closed_comes_to_the_operator_and_may_be_paid_again(session: Session_) -> None:
    case = approved(make_case(kind=CaseKind.REFUND_ONLY))
    first = case.out_refund_no
    settle(session, case, RefundState.CLOSED)
    assert (case.status, case.approved_fen) == ("arbitration", None)
    arbitrate(case.number, Decision.REFUND, None, "运营 #1", "再退一次")
    assert case.out_refund_no not in {None, first}
    assert [row.to_status for row in history_of(case)][-3:] == ["refunding", "arbitration", "refunding"]


def test_money_that_went_back_otherwise_is_not_promised_again(session: Session_) -> None:
    variant = make_variant()
    order = make_received_order({variant: 1})
    case = case_about(order, variant, CaseKind.REFUND_ONLY)
    refund_lines(order, {order.lines[0].id: 1}, {}, "运营退款", "operator")
    with pytest.raises(RefundTooMuch), session.begin_nested():
        approved(case)
    session.refresh(case)
    assert (case.status, session.query(Refund).count()) == ("applied", 1)


def test_a_line_not_sent_leaves_its_box_and_is_for_sale_again(session: Session_) -> None:
    workshop = make_workshop()
    gone, kept = make_variant(make_product(workshop)), make_variant(make_product(workshop))
    order = make_bought_order({gone: 2, kept: 1})
    [part] = order.workshop_orders
    code, other = mint_codes(make_batch(gone), 2)
    pack_package(part, code.serial, BY)
    before = session.get_one(Stock, gone.id).on_hand
    approved(case_about(order, gone, CaseKind.BEFORE_SHIPPING, 2))
    session.expire_all()
    assert [entry.line.variant_id for entry in box_of(part).lines] == [kept.id]
    assert session.get_one(Stock, gone.id).on_hand == before + 2
    assert (part.status, part.packing_began_at, order.status) == ("to_pack", None, "paid")
    with pytest.raises(PackageNotOrdered):
        pack_package(part, other.serial, BY)


def test_with_the_last_line_the_part_and_its_freight_are_given_back(session: Session_) -> None:
    variant = make_variant()
    order = make_bought_order({variant: 1})
    session.add(OrderFreight(order_id=order.id, workshop_id=variant.product.workshop_id, freight_fen=0))
    session.flush()
    session.refresh(order)
    case = approved(case_about(order, variant, CaseKind.BEFORE_SHIPPING))
    assert (order.workshop_orders[0].status, order.status, case.status) == ("cancelled", "refunded", "refunding")
    assert session.scalars(select(Refund.amount_fen)).one() == variant.price_fen
