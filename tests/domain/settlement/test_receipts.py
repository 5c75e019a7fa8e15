"""Money that workshops' own merchants got: never the cluster's, taken off what the workshop is due, balanced whatever moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.clock import now, today
from core.db import db
from domain.orders.models import OrderFreight, OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.payments.models import Payment, PaymentPart, PaymentStatus, Refund, RefundStatus
from domain.settlement.balances import ledger_owed, owed_to
from domain.settlement.drafting import draft_statement
from domain.settlement.models import WORKSHOP_ACCOUNTS, JournalPosting
from domain.settlement.posting import post_new
from domain.settlement.statement_rows import rows_of_statement
from domain.workshops.models import Workshop
from tests.domain.settlement.test_posting import balances
from tests.factories.books import Sale, Sold, receive, refund, sell
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop


def divide(sale: Sale, owners: list[Workshop]) -> None:
    """The workshops' own merchants got their parts of a paid order, the cluster the rest."""
    payment = db.session.get_one(Payment, sale.payment_id)
    payment.settlement_mode, payment.transaction_id = "combined", None
    sums: dict[int | None, int] = {}
    own = {workshop.id for workshop in owners}
    for row in db.session.query(OrderLine).filter_by(order_id=sale.order_id):
        row.paid_to_workshop_id = row.workshop_id if row.workshop_id in own else None
        sums[row.paid_to_workshop_id] = sums.get(row.paid_to_workshop_id, 0) + row.paid_fen
    for freight in db.session.query(OrderFreight).filter_by(order_id=sale.order_id):
        freight.paid_to_workshop_id = freight.workshop_id if freight.workshop_id in own else None
        sums[freight.paid_to_workshop_id] = sums.get(freight.paid_to_workshop_id, 0) + freight.freight_fen
    for place, (workshop_id, fen) in enumerate(sums.items(), start=1):
        if fen:
            number = f"{payment.out_trade_no}P{place}"
            db.session.add(
                PaymentPart(
                    payment_id=payment.id, place=place, workshop_id=workshop_id, mchid=f"19{workshop_id or 0:08d}",
                    out_trade_no=number, description="", amount_fen=fen, transaction_id=f"T{number}",
                )
            )  # fmt: skip
    db.session.flush()


def give_back(sale: Sale, line_id: int, fen: int) -> Refund:
    """Money of a line that went back from the merchant that got it."""
    line = db.session.get_one(OrderLine, line_id)
    made = refund(sale, {line_id: fen})
    part = db.session.query(PaymentPart).filter_by(payment_id=sale.payment_id, workshop_id=line.paid_to_workshop_id)
    made.payment_part_id = part.one().id
    db.session.flush()
    return made


def sold_by(workshop: Workshop, **values: Any) -> Sold:
    return Sold(make_variant(make_product(workshop)), **values)


def test_the_workshop_owes_commission_and_the_cluster_its_coupons(session: Any) -> None:
    own, other = make_workshop(), make_workshop()
    sale = sell([sold_by(own, own_fen=100, cluster_fen=50), sold_by(other)], {own.id: 800, other.id: 800})
    divide(sale, [own])
    assert post_new().receipts == 1
    sums = balances()
    assert sums["wechat"] == 1000 + 800
    assert sums.get("own_merchants", 0) == 0
    # ¥9 less 5 %, of which the buyer paid ¥8.50 and the freight straight to the workshop.
    assert -sum(owed for owed in [ledger_owed()[own.id]]) == 45 - 50
    assert ledger_owed()[other.id] == 950 + 800
    assert sums["workshop_received"] == 850 + 800


def test_a_statement_shows_what_was_received_already(session: Any) -> None:
    own = make_workshop()
    sale = sell([sold_by(own, basis_points=1000)], {own.id: 800}, at=now() - timedelta(days=20))
    divide(sale, [own])
    receive(sale)
    yesterday = today() - timedelta(days=1)
    statement = draft_statement(own.id, yesterday - timedelta(days=30), yesterday, by="test")
    assert (statement.goods_fen, statement.freight_fen, statement.received_fen) == (1000, 800, 1800)
    assert statement.due_fen == -100
    rows = rows_of_statement(statement)
    assert sum(row.due_fen for row in rows) == statement.due_fen
    assert [row.received_fen for row in rows if row.is_received] == [1800]


def test_a_line_that_another_makes_is_paid_by_the_cluster_and_owed_by_who_got_the_money(session: Any) -> None:
    got, makes = make_workshop(), make_workshop()
    sale = sell([sold_by(got), sold_by(makes)], at=now() - timedelta(days=20))
    divide(sale, [got, makes])
    line = db.session.get_one(OrderLine, sale.line_ids[0])
    line.workshop_id = makes.id
    parts = {part.workshop_id: part for part in db.session.query(WorkshopOrder).filter_by(order_id=sale.order_id)}
    parts[makes.id].goods_fen, parts[got.id].goods_fen = 2000, 0
    parts[got.id].status = WorkshopOrderStatus.REASSIGNED
    db.session.flush()
    post_new()
    sums = balances()
    assert (sums.get("wechat", 0), sums.get("own_merchants", 0)) == (0, 0)
    assert ledger_owed() == {got.id: -1000, makes.id: 2 * 950 - 1000}
    # What it owes needn't wait for a parcel that isn't its own.
    assert owed_to(got.id).available_fen == -1000
    give_back(sale, line.id, 400)
    post_new()
    assert ledger_owed()[got.id] == -600
    assert balances().get("own_merchants", 0) == 0


def test_late_money_that_went_back_leaves_nothing(session: Any) -> None:
    own = make_workshop()
    sale = sell([sold_by(own), sold_by(make_workshop())])
    divide(sale, [own])
    payment = db.session.get_one(Payment, sale.payment_id)
    payment.status = PaymentStatus.SURPLUS
    db.session.query(WorkshopOrder).filter_by(order_id=sale.order_id).update({"status": "to_pack"})
    db.session.flush()
    post_new()
    assert (balances()["wechat"], balances()["own_merchants"], balances()["surplus"]) == (1000, 1000, -2000)
    for part in db.session.query(PaymentPart).filter_by(payment_id=payment.id):
        db.session.add(
            Refund(
                out_refund_no=f"{part.out_trade_no}S", payment_id=payment.id, payment_part_id=part.id,
                amount_fen=part.amount_fen, reason="测试", status=RefundStatus.SUCCEEDED, succeeded_at=now(),
            )
        )  # fmt: skip
    db.session.flush()
    post_new()
    assert set(balances().values()) <= {0}


Wanted = list[tuple[int, int, int, int, int, list[int]]]


@st.composite
def lines(draw: st.DrawFn) -> Wanted:
    """(workshop, unit fen, own fen, cluster fen, basis points, cuts in per cent of its refunds)."""
    made = []
    for workshop in draw(st.lists(st.integers(0, 2), min_size=1, max_size=5)):
        unit = draw(st.integers(2, 20_000))
        own = draw(st.integers(0, unit - 2))
        cluster = draw(st.integers(0, unit - 2 - own))
        cuts = draw(st.lists(st.integers(1, 100), max_size=3))
        made.append((workshop, unit, own, cluster, draw(st.integers(0, 10_000)), cuts))
    return made


@given(lines(), st.integers(0, 2000), st.sets(st.integers(0, 2)), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_between_merchants(
    session: Any, wanted: Wanted, freight_fen: int, own: set[int], reassign: bool, post_between: bool
) -> None:
    with db.session.begin_nested() as trial:
        workshops = [make_workshop() for _ in range(3)]
        sold = [
            sold_by(workshops[place], unit_fen=unit, own_fen=mine, cluster_fen=cluster, basis_points=points)
            for place, unit, mine, cluster, points, _ in wanted
        ]
        sale = sell(sold, {workshops[place].id: freight_fen for place, *_ in wanted})
        divide(sale, [workshops[place] for place in own])
        if reassign:
            _give_all_to(sale, workshops[2])
        if post_between:
            post_new()
        for line_id, (*_, cuts) in zip(sale.line_ids, wanted, strict=True):
            for percent in cuts:
                piece = db.session.get_one(OrderLine, line_id).refundable_fen * percent // 100
                if piece:
                    give_back(sale, line_id, piece)
                    if post_between:
                        post_new()
        post_new()
        _check(sale)
        trial.rollback()


def _give_all_to(sale: Sale, maker: Workshop) -> None:
    """Every line and every freight is the maker's now, as after the others declined."""
    rows = db.session.query(OrderLine).filter_by(order_id=sale.order_id).all()
    for row in rows:
        row.workshop_id = maker.id
    freights = db.session.query(OrderFreight).filter_by(order_id=sale.order_id).all()
    for freight in freights:
        freight.carried_by_workshop_id = maker.id
    parts = db.session.query(WorkshopOrder).filter_by(order_id=sale.order_id).all()
    for place, part in enumerate(parts):
        part.status = WorkshopOrderStatus.REASSIGNED if place else WorkshopOrderStatus.PACKED
        part.goods_fen = part.discount_fen = part.freight_fen = 0
    db.session.flush()
    keeper = parts[0]
    if keeper.workshop_id != maker.id:
        twin = next((part for part in parts if part.workshop_id == maker.id), None)
        if twin is not None:
            keeper.status, twin.status, keeper = WorkshopOrderStatus.REASSIGNED, WorkshopOrderStatus.PACKED, twin
        else:
            keeper.workshop_id = maker.id
    keeper.goods_fen = sum(row.amount_fen for row in rows)
    keeper.discount_fen = sum(row.discount_fen for row in rows)
    keeper.freight_fen = sum(freight.freight_fen for freight in freights)
    db.session.flush()


def _check(sale: Sale) -> None:
    """Entries sum to zero; WeChat's side is what the cluster's merchant has; each workshop's is what its own has."""
    entry_sums = select(func.sum(JournalPosting.amount_fen)).group_by(JournalPosting.entry_id)
    assert set(db.session.scalars(entry_sums)) <= {0}
    sums = balances()
    parts = db.session.query(PaymentPart).filter_by(payment_id=sale.payment_id).all()
    payment = db.session.get_one(Payment, sale.payment_id)
    back: dict[int | None, int] = {}
    for made in db.session.query(Refund).filter_by(payment_id=sale.payment_id):
        part = db.session.get_one(PaymentPart, made.payment_part_id)
        back[part.workshop_id] = back.get(part.workshop_id, 0) + made.amount_fen
    mine = sum(part.amount_fen for part in parts if part.workshop_id is None) - back.get(None, 0)
    theirs = payment.amount_fen - sum(back.values()) - mine
    assert sums.get("wechat", 0) == mine
    assert sums.get("own_merchants", 0) == 0
    assert sums.get("workshop_received", 0) == theirs
    payable = -sum(sums.get(account, 0) for account in WORKSHOP_ACCOUNTS)
    commission, coupons = -sums.get("cluster_commission", 0), sums.get("cluster_coupons", 0)
    assert payable + commission - coupons == mine
