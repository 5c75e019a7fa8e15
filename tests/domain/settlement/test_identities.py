"""Whatever is sold, discounted and refunded, in whatever pieces: nothing is lost between the accounts."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.db import db
from domain.orders.models import Order, OrderLine
from domain.payments.models import Payment, Refund
from domain.products.models import Variant
from domain.settlement.models import WORKSHOP_ACCOUNTS, JournalEntry, JournalPosting
from domain.settlement.posting import post_new
from tests.domain.settlement.test_posting import balances
from tests.factories.books import Sale, Sold, refund, sell
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[int, int, int, int, int, int, list[int]]]:
    """(variant, quantity, unit fen, own fen, cluster fen, basis points, cuts in per cent of its refunds), distinct."""
    places = draw(st.lists(st.integers(0, 5), min_size=1, max_size=5, unique=True))
    made = []
    for place in places:
        quantity, unit = draw(st.integers(1, 5)), draw(st.integers(1, 20_000))
        own = draw(st.integers(0, quantity * unit - 1))
        cluster = draw(st.integers(0, quantity * unit - 1 - own))
        cuts = draw(st.lists(st.integers(1, 100), max_size=4))
        made.append((place, quantity, unit, own, cluster, draw(st.integers(0, 10_000)), cuts))
    return made


@given(st.lists(st.tuples(lines(), st.integers(0, 2000), st.booleans()), min_size=1, max_size=3), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost(session: Any, orders: list[Any], post_between: bool) -> None:
    with db.session.begin_nested() as trial:
        workshops = [make_workshop() for _ in range(3)]
        variants = [make_variant(make_product(workshops[place % 3])) for place in range(6)]
        sales = [_sell(variants, wanted, freight_fen) for wanted, freight_fen, _ in orders]
        post_new()
        for sale, (wanted, _, whole) in zip(sales, orders, strict=True):
            _refund(sale, wanted, whole, post_between)
        post_new()
        _check_all()
        for sale in sales:
            _check_lines(sale)
        trial.rollback()


def _sell(variants: list[Variant], wanted: list[Any], freight_fen: int) -> Sale:
    sold = [Sold(variants[place], q, unit, own, cluster, points) for place, q, unit, own, cluster, points, _ in wanted]
    return sell(sold, {line.variant.product.workshop_id: freight_fen for line in sold})


def _refund(sale: Sale, wanted: list[Any], whole: bool, post_between: bool) -> None:
    """In pieces as cut; `whole`: what is left goes back, too."""
    for line_id, (*_, cuts) in zip(sale.line_ids, wanted, strict=True):
        row = db.session.get_one(OrderLine, line_id)
        for percent in cuts:
            piece = row.refundable_fen * percent // 100
            if piece:
                refund(sale, {line_id: piece})
                if post_between:
                    post_new()
        if whole and row.refundable_fen:
            refund(sale, {line_id: row.refundable_fen})


def _check_all() -> None:
    """Each entry sums to zero, and the accounts to what orders, payments and refunds say."""
    entry_sums = select(func.sum(JournalPosting.amount_fen)).group_by(JournalPosting.entry_id)
    assert set(db.session.scalars(entry_sums)) == {0}
    sums = balances()
    money_in = db.session.scalar(select(func.sum(Payment.amount_fen))) or 0
    money_back = db.session.scalar(select(func.sum(Refund.amount_fen))) or 0
    assert sums.get("wechat", 0) == money_in - money_back
    assert not sums.get("advances"), "all is sold, and what went back went back for what was sold"
    payable = -sum(sums.get(account, 0) for account in WORKSHOP_ACCOUNTS)
    commission, coupons = -sums.get("cluster_commission", 0), sums.get("cluster_coupons", 0)
    assert payable + commission - coupons == money_in - money_back
    assert commission >= 0
    assert coupons >= 0
    for order in db.session.scalars(select(Order)):
        sales = (
            select(func.sum(JournalPosting.amount_fen))
            .join(JournalEntry, JournalEntry.id == JournalPosting.entry_id)
            .where(JournalEntry.order_id == order.id, JournalEntry.kind == "sale", JournalPosting.account == "advances")
        )
        assert db.session.scalar(sales) == order.total_fen


def _check_lines(sale: Sale) -> None:
    """A line refunded whole ends at zero in every account; one refunded in part is never undone by more than itself."""
    for line_id in sale.line_ids:
        line = db.session.get_one(OrderLine, line_id)
        rows = select(JournalPosting.account, func.sum(JournalPosting.amount_fen)).where(
            JournalPosting.order_line_id == line_id
        )
        sums = {account: int(fen) for account, fen in db.session.execute(rows.group_by(JournalPosting.account))}
        due = -sum(sums.get(account, 0) for account in WORKSHOP_ACCOUNTS)
        if line.refundable_fen == 0:
            assert due == 0
            assert not sums.get("workshop_commission")
            assert not sums.get("cluster_coupons")
        else:
            assert sums.get("workshop_commission", 0) >= 0
            assert sums.get("cluster_coupons", 0) >= 0
