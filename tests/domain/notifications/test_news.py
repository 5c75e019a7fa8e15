"""Who hears of what: refunds, cases, listings and lines that change hands, each once and only whom it concerns."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.db import db
from domain.aftersale import answering, returning
from domain.aftersale.models import CaseKind
from domain.notifications.models import Notification
from domain.orders import dispatching
from domain.orders.refunding import hear_refund, refund_lines
from domain.orders.telling import tell_refunds_arrived
from domain.products import listing
from domain.products.models import ListingStatus
from gateways.wechat_pay.contract import RefundState
from tests.domain.orders.test_refunding import paid_order, word
from tests.factories.aftersale import make_case
from tests.factories.makers import buy, make_shared_variant
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


def told(kind: str, *, account_id: int | None = None, workshop_id: int | None = None) -> list[str]:
    """The titles of what a reader was told of a kind, oldest first."""
    chosen = select(Notification.title).filter_by(kind=kind, account_id=account_id, workshop_id=workshop_id)
    return list(db.session.scalars(chosen.order_by(Notification.id)))


def test_a_buyer_hears_of_a_refund_when_it_is_asked_and_when_it_arrived() -> None:
    order = paid_order()
    number = refund_lines(order, {order.lines[0].id: 250}, {}, "", "owner", key="K1").out_refund_no
    refund_lines(order, {order.lines[0].id: 250}, {}, "", "owner", key="K1")
    assert told("refund_asked", account_id=order.account_id) == ["退款已提交"]
    assert tell_refunds_arrived() == 0
    hear_refund(word(number, RefundState.SUCCESS), by="notice")
    assert [tell_refunds_arrived(), tell_refunds_arrived()] == [1, 0]
    [row] = db.session.scalars(select(Notification).filter_by(kind="refunded"))
    assert (row.account_id, row.params) == (order.account_id, {"number": order.number, "amount": "¥2.50"})


def test_each_side_hears_of_the_moves_of_the_other() -> None:
    case = make_case(kind=CaseKind.RETURN)
    buyer, workshop = {"account_id": case.account_id}, {"workshop_id": case.workshop_id}
    assert (told("case", **buyer), told("case", **workshop)) == ([], ["新的售后"])
    answering.approve({case.workshop_id}, case.number, "作坊主")
    returning.send_goods(case.account_id, case.number, "SF", "SF1234567890177")
    assert (told("case", **buyer), told("case", **workshop)) == (["售后已同意"], ["新的售后", "退货已寄回"])
    [approved] = db.session.scalars(select(Notification).filter_by(kind="case", **buyer))
    assert (approved.path, len(approved.params["due"])) == (f"/aftersale/{case.number}", 16)


def test_a_case_approved_without_goods_to_return_is_told_by_its_refund() -> None:
    order_case = make_case(kind=CaseKind.REFUND_ONLY)
    returning.withdraw(order_case.account_id, order_case.number)
    assert told("case", workshop_id=order_case.workshop_id) == ["新的售后", "售后已撤回"]
    assert told("case", account_id=order_case.account_id) == []


def test_an_owner_hears_of_a_listing_approved_and_returned() -> None:
    workshop = make_workshop()
    product = make_product(workshop, status=ListingStatus.SUBMITTED, pictures=["/pictures/a"], ingredients=["糯米"])
    make_variant(product)
    listing.give_back(product, "集群运营", "照片太暗")
    listing.offer(product, workshop, "作坊主")
    listing.approve(product, workshop, "集群运营", revision=product.revision)
    titles = told("listing", workshop_id=workshop.id)
    assert titles == ["商品被退回", "商品已通过审核"]
    [first, _] = db.session.scalars(select(Notification).filter_by(kind="listing").order_by(Notification.id))
    assert first.params == {"name": product.name, "reason": "照片太暗"}


def test_workshops_hear_of_a_line_that_changes_hands() -> None:
    variant, makers = make_shared_variant(5, 5)
    order = buy({variant: 2})
    first, second = (maker.id for maker in makers)
    line = order.lines[0]
    assert told("dispatch", workshop_id=first) == []
    dispatching.decline(order.workshop_orders[0], line.id, by="作坊主", reason="停电")
    assert (told("dispatch", workshop_id=first), told("dispatch", workshop_id=second)) == ([], ["改由你们做"])
    [part] = order.workshop_orders
    dispatching.decline(part, line.id, by="作坊主", reason="没米了")
    assert told("dispatch", workshop_id=second) == ["改由你们做", "等待集群安排"]
    dispatching.assign(line, first, "集群运营", "来电了")
    dispatching.assign(line, second, "集群运营", "换一家")
    assert told("dispatch", workshop_id=first) == ["改由你们做", "改由别家做"]
    assert told("dispatch", workshop_id=second) == ["改由你们做", "等待集群安排", "改由你们做"]
