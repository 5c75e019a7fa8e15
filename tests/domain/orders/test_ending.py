"""Orders end by themselves: when the last line without a maker is paid back, when the last packets are given up."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.db import db
from core.errors import InvalidInput
from core.states import TransitionRefused
from domain.notifications.models import Notification
from domain.orders import abandoning, dispatching
from domain.orders.dropping import drop_line
from domain.orders.history import moves_of
from domain.orders.models import Order, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.orders.refunding import refund_lines
from domain.payments.models import Refund
from domain.products.models import Product, Variant
from domain.shipping.templates import RuleTerms, save_template
from domain.stock.models import Reservation, Stock, StockLot
from domain.workshops.models import Workshop
from tests.factories.accounts import make_buyer
from tests.factories.makers import make_shared_variant
from tests.factories.purchases import make_received, place, pretend_paid


def part_of(order: Order, workshop_id: int) -> WorkshopOrder:
    return db.session.scalars(select(WorkshopOrder).filter_by(order_id=order.id, workshop_id=workshop_id)).one()


def nobodys(*others: Variant) -> tuple[Order, OrderLine, Workshop]:
    """A paid order whose one maker gave a line of two packets (¥10 each, ¥8 to send) up; `others` are in it, too."""
    variant, [maker] = make_shared_variant(5, price_fen=1000)
    save_template(maker.id, [RuleTerms((), True, 800, 1000, 0, 1000, None)])
    order = place(make_buyer(), {variant: 2, **dict.fromkeys(others, 1)})
    pretend_paid(order)
    line = next(line for line in order.lines if line.variant_id == variant.id)
    dispatching.decline(part_of(order, maker.id), line.id, by="owner", reason="没有料了")
    db.session.refresh(line)
    return order, line, maker


def test_an_order_of_which_nobody_makes_anything_is_over_with_its_refund(session: Any) -> None:
    order, line, _ = nobodys()
    refund = abandoning.abandon_line(line, "运营 #1", "没人做得出")
    assert sorted((row.order_line_id is None, row.amount_fen) for row in refund.lines) == [(False, 2000), (True, 800)]
    assert (order.status, line.wanted_quantity) == ("refunded", 0)
    [last] = [move for move in moves_of(order) if move.workshop_order_id is None][-1:]
    assert (last.by, last.to_status, last.reason) == ("运营 #1", "refunded", "没人做得出")
    assert session.scalars(select(Reservation.short)).one() == 0, "nothing is missing any more"
    assert session.get_one(Product, line.product_id).sold_count == 0
    with pytest.raises(dispatching.LineNotDispatchable):
        abandoning.abandon_line(line, "运营 #1", "再来一次")
    assert session.scalar(select(func.count(Refund.id))) == 1


def test_the_rest_that_was_received_completes_it(session: Any) -> None:
    plain = make_received(3, price_fen=700)
    order, line, _ = nobodys(plain)
    part = part_of(order, plain.product.workshop_id)
    part.status = WorkshopOrderStatus.RECEIVED
    session.flush()
    refund_lines(order, {line.id: 1999}, {}, "先退一些", "运营 #1")
    assert order.status == "paid", "a fen of it is still the buyer's"
    refund_lines(order, {line.id: 1}, {}, "都退", "运营 #1")
    assert order.status == "completed"
    assert [move.to_status for move in moves_of(order)][-1] == "completed"


def test_what_is_still_to_be_sent_keeps_it_open(session: Any) -> None:
    plain = make_received(3, price_fen=700)
    order, line, _ = nobodys(plain)
    abandoning.abandon_line(line, "运营 #1", "没人做")
    assert order.status == "paid"
    drop_line(order.number, next(each.id for each in order.lines if each.id != line.id), by="buyer", reason="不要了")
    assert order.status == "refunded"


def test_a_line_without_a_maker_keeps_it_open_when_the_rest_is_dropped(session: Any) -> None:
    plain = make_received(3, price_fen=700)
    order, line, _ = nobodys(plain)
    drop_line(order.number, next(each.id for each in order.lines if each.id != line.id), by="buyer", reason="不要了")
    assert order.status == "paid", "somebody may make the other line yet"


def test_only_a_line_that_nobody_makes_is_abandoned(session: Any) -> None:
    order = place(make_buyer(), {make_received(3): 1})
    pretend_paid(order)
    with pytest.raises(dispatching.LineNotDispatchable):
        abandoning.abandon_line(order.lines[0], "运营 #1", "不想做")
    _, line, _ = nobodys()
    with pytest.raises(InvalidInput):
        abandoning.abandon_line(line, "运营 #1", " ")


def test_packets_are_dropped_whole_and_the_rest_is_packed(session: Any) -> None:
    variant = make_received(5, price_fen=1000)
    order = place(make_buyer(), {variant: 4})
    pretend_paid(order)
    line = order.lines[0]
    part = drop_line(order.number, line.id, by="buyer", reason="多买了", quantity=3)
    assert (line.wanted_quantity, line.dropped_at, part.status, order.status) == (1, None, "to_pack", "paid")
    assert session.get_one(Stock, variant.id).on_hand == 4
    assert session.scalars(select(StockLot.allocated).filter_by(variant_id=variant.id)).one() == 1
    for quantity in (0, 2, -1):
        with pytest.raises(TransitionRefused):
            drop_line(order.number, line.id, by="buyer", reason="", quantity=quantity)
    drop_line(order.number, line.id, by="buyer", reason="都不要了")
    assert (line.dropped_quantity, part.status, order.status) == (4, "cancelled", "refunded")
    assert session.get_one(Product, line.product_id).sold_count == 0


def test_what_was_sold_stays_as_perishable_as_it_was(session: Any) -> None:
    variant = make_received(5)
    variant.product.is_perishable = True
    order = place(make_buyer(), {variant: 1})
    variant.product.is_perishable = False
    session.flush()
    session.expire_all()
    assert order.lines[0].is_perishable


def test_the_buyer_hears_of_surplus_money(session: Any) -> None:
    from domain.orders.telling import tell_refunds_arrived, tell_surplus
    from tests.domain.settlement.test_wechat_account import _surplus

    order = place(make_buyer(), {make_received(3): 1})
    tell_surplus(order, "N1", 500)
    [told] = session.scalars(select(Notification).filter_by(account_id=order.account_id))
    assert (told.kind, told.params["amount"]) == ("refund_asked", "¥5.00")
    _surplus(order, 1)
    payment_purpose = session.scalars(select(Refund)).one()
    from domain.payments.models import Payment

    session.get_one(Payment, payment_purpose.payment_id).purpose = order.number
    payment_purpose.succeeded_at = order.placed_at
    session.flush()
    assert (tell_refunds_arrived(), tell_refunds_arrived()) == (1, 0)
