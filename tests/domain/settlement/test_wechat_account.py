"""The journal's account of WeChat is what lies at WeChat, at every step of whole orders: refunds before packing, lines that
change hands or never find a maker, freights that move along, surplus money, fees and withdrawals."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from core.clock import now
from core.db import db
from core.errors import DomainError
from domain.orders import dispatching
from domain.orders.dropping import drop_line
from domain.orders.history import lock_order
from domain.orders.models import Order, OrderFreight, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import give_back, refund_lines
from domain.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from domain.settlement.posting import post_fee, post_new
from domain.shipping.templates import RuleTerms, save_template
from tests.domain.settlement.test_posting import balances
from tests.factories.accounts import make_buyer
from tests.factories.makers import make_shared_variant
from tests.factories.products import make_product
from tests.factories.purchases import make_received, place, pretend_paid
from tests.factories.workshops import make_workshop

STEPS = (
    "decline",
    "assign",
    "refund_some",
    "refund_all",
    "freight",
    "drop",
    "pack",
    "arrive",
    "close",
    "surplus",
    "fee",
)


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=14))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wechats_account_is_what_lies_there(session: Any, steps: list[tuple[str, int]]) -> None:
    with db.session.begin_nested() as trial:
        number = _bought()
        _check(number)
        for act, choice in steps:
            _do(number, act, choice)
            post_new()
            _check(number)
        _finish(number)
        post_new()
        _check(number)
        assert not balances().get("advances"), "nothing is owed to a buyer whose order is over"
        trial.rollback()


def test_a_line_that_nobody_made_leaves_nothing_behind(session: Any) -> None:
    """The one maker declines, the operator gives the money back with the freight that waited for it."""
    variant, [maker] = make_shared_variant(5, price_fen=1000)
    save_template(maker.id, [RuleTerms((), True, 800, 1000, 0, 1000, None)])
    order = place(make_buyer(), {variant: 2})
    pretend_paid(order)
    part = db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id)).one()
    dispatching.decline(part, order.lines[0].id, by="owner", reason="没有料了")
    post_new()
    assert balances() == {"wechat": order.total_fen, "advances": -order.total_fen}
    refund_lines(order, {order.lines[0].id: 2000}, {maker.id: 800}, "没人做", "operator")
    _arrive()
    post_new()
    assert balances() == {}


def test_the_freight_of_a_workshop_whose_lines_moved_is_borne_by_who_carries_it(session: Any) -> None:
    variant, [first, second] = make_shared_variant(5, 5, price_fen=1000)
    save_template(first.id, [RuleTerms((), True, 800, 1000, 0, 1000, None)])
    order = place(make_buyer(), {variant: 2})
    pretend_paid(order)
    line = order.lines[0]
    taker = second if line.workshop_id == first.id else first
    dispatching.assign(line, taker.id, "operator", "换一家")
    db.session.refresh(line)
    _pack(order)
    [freight] = db.session.scalars(select(OrderFreight).filter_by(order_id=order.id))
    refund_lines(order, {}, {freight.workshop_id: 300}, "晚到", "operator")
    _arrive()
    post_new()
    assert balances(workshop_id=taker.id)["workshop_refunds"] == 300
    assert balances()["wechat"] == order.total_fen - 300
    assert "advances" not in balances()


def _bought() -> str:
    """A paid order: a line that two can make, one that only one can, each with freight of its own."""
    shared, makers = make_shared_variant(6, 6, price_fen=1234)
    plain = make_received(6, price_fen=777)
    for workshop_id in (makers[0].id, plain.product.workshop_id):
        save_template(workshop_id, [RuleTerms((), True, 600, 1000, 100, 500, None)])
    order = place(make_buyer(), {shared: 3, plain: 2})
    pretend_paid(order)
    post_new()
    return order.number


def _do(number: str, act: str, choice: int) -> None:
    order = lock_order(number)
    line = order.lines[choice % 2]
    # What the domain refuses changes nothing.
    with suppress(DomainError), db.session.begin_nested():
        _act(order, line, act, choice)


def _act(order: Order, line: OrderLine, act: str, choice: int) -> None:
    part = db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id, workshop_id=line.workshop_id)).first()
    if act == "decline" and part is not None:
        dispatching.decline(part, line.id, by="owner", reason="做不了")
    elif act == "assign":
        candidates = dispatching.candidates_for(line)
        dispatching.assign(line, candidates[choice % len(candidates)].workshop_id, "operator", "换一家")
    elif act == "refund_some":
        refund_lines(order, {line.id: min(line.refundable_fen, 1 + 97 * choice)}, {}, "少了", "operator")
    elif act == "refund_all":
        refund_lines(order, {line.id: line.refundable_fen}, {}, "全退", "operator")
    elif act == "freight":
        freight = order.freights[choice % len(order.freights)]
        refund_lines(
            order, {}, {freight.workshop_id: min(freight.freight_fen - freight.refunded_fen, 150)}, "", "operator"
        )
    elif act == "drop":
        drop_line(order.number, line.id, by="buyer", reason="不要了")
    elif act == "pack" and part is not None and part.status == WorkshopOrderStatus.TO_PACK:
        part.status = WorkshopOrderStatus.PACKED
    elif act == "arrive":
        _arrive(most=1 + choice)
    elif act == "close":
        _close()
    elif act == "surplus":
        _surplus(order, choice)
    elif act == "fee":
        post_fee(
            "bill_row", (db.session.scalar(text("SELECT count(*) FROM journal_entries")) or 0) + 1, choice + 1, now()
        )
    db.session.flush()


def _finish(number: str) -> None:
    """Whoever still has a line packs it; what nobody makes goes back; what was asked for arrives."""
    order = lock_order(number)
    for line in order.lines:
        if line.is_open and line.refundable_fen:
            refund_lines(order, {line.id: line.refundable_fen}, {}, "没人做", "operator")
    _pack(order)
    carried = {part.workshop_id for part in order.workshop_orders}
    for freight in order.freights:
        left = freight.freight_fen - freight.refunded_fen
        if left and freight.carrier_id not in carried:
            refund_lines(order, {}, {freight.workshop_id: left}, "没人寄", "operator")
    _arrive()


def _pack(order: Order) -> None:
    for part in db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id)):
        if part.status == WorkshopOrderStatus.TO_PACK:
            part.status = WorkshopOrderStatus.PACKED
    db.session.flush()
    db.session.expire(order, ["workshop_orders"])


def _arrive(most: int = 1000) -> None:
    asked = select(Refund).filter_by(status=RefundStatus.ASKED).order_by(Refund.id).limit(most)
    for refund in db.session.scalars(asked):
        refund.status, refund.succeeded_at = RefundStatus.SUCCEEDED, now()
    db.session.flush()


def _close() -> None:
    """WeChat closes a refund: its money stays where it is."""
    refund = db.session.scalars(select(Refund).filter_by(status=RefundStatus.ASKED).order_by(Refund.id)).first()
    if refund is not None:
        refund.status = RefundStatus.CLOSED
        db.session.get_one(Payment, refund.payment_id).refunded_fen -= refund.amount_fen
        db.session.flush()
        give_back(refund.out_refund_no)


def _surplus(order: Order, choice: int) -> None:
    number = f"{order.number}X{db.session.scalar(select(func.count(Payment.id)))}"
    payment = Payment(
        out_trade_no=number, purpose=number, channel="mini", appid="wx", amount_fen=100 + choice,
        status=PaymentStatus.SURPLUS, paid_at=now(),
    )  # fmt: skip
    db.session.add(payment)
    db.session.flush()
    if choice % 2:
        values = {"amount_fen": payment.amount_fen, "reason": "x", "status": RefundStatus.SUCCEEDED}
        db.session.add(Refund(out_refund_no=f"{number}S", payment_id=payment.id, **values))


def _check(number: str) -> None:
    """WeChat's account is payments less refunds less fees; the advances are what is paid and neither sold nor back."""
    came = select(func.sum(Payment.amount_fen)).where(Payment.status.in_([PaymentStatus.PAID, PaymentStatus.SURPLUS]))
    went = select(func.sum(Refund.amount_fen)).filter_by(status=RefundStatus.SUCCEEDED)
    sums = balances()
    there = int(db.session.scalar(came) or 0) - int(db.session.scalar(went) or 0) - sums.get("wechat_fees", 0)
    assert sums.get("wechat", 0) == there
    assert sums.get("advances", 0) <= 0, "more was sold or given back than was paid"
    assert sum(sums.values()) == 0


def test_a_line_that_waits_for_a_maker_is_not_sold_with_the_rest(session: Any) -> None:
    """Its workshop packs and is owed what it still makes, no more."""
    maker = make_workshop()
    first, second = (make_received(5, make_product(maker), price_fen=fen) for fen in (1000, 500))
    order = place(make_buyer(), {first: 1, second: 1})
    pretend_paid(order)
    part = db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id)).one()
    waiting = next(line for line in order.lines if line.variant_id == second.id)
    dispatching.decline(part, waiting.id, by="owner", reason="做不了")
    db.session.refresh(waiting)
    assert waiting.is_open
    _pack(order)
    post_new()
    assert balances(workshop_id=maker.id)["workshop_goods"] == -1000
    assert balances()["wechat"] == order.total_fen
    assert balances()["advances"] == -500
