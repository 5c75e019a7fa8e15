"""The whole way of money, whatever meets: cart, coupon, flash price, bundle, freight, parts, refunds, journal, statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from core.clock import now, today
from core.db import db
from domain.accounts.models import Account
from domain.cart import holding, totals
from domain.orders import placing
from domain.orders.models import Order, OrderFreight, OrderRefund
from domain.orders.refunding import give_back, refund_lines
from domain.payments.models import Payment, Refund, RefundStatus
from domain.products.models import Variant
from domain.settlement import statements
from domain.settlement.drafting import draft_statements
from domain.settlement.models import JournalPosting
from domain.settlement.posting import post_new
from tests.factories import books
from tests.factories.accounts import make_address, make_buyer
from tests.factories.products import make_product
from tests.factories.promotions import make_bundle, make_coupon, make_flash_sale
from tests.factories.purchases import fill_cart, make_received, pretend_paid
from tests.factories.workshops import make_workshop
from tests.fixtures.agreement import disagreements

CARTS = st.dictionaries(st.integers(0, 3), st.integers(1, 4), min_size=1)
# A line (or, past the lines, a freight), per cent of what is left of it, and what WeChat does.
REFUNDS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 100), st.sampled_from(["succeeded", "closed", "processing"])),
    max_size=6,
)
PRICES = st.lists(st.integers(2, 30_000), min_size=4, max_size=4)


@given(
    prices=PRICES, orders=st.lists(st.tuples(CARTS, REFUNDS), min_size=1, max_size=3), off_fen=st.integers(1, 4000),
    points=st.integers(1, 9999), withdraw=st.booleans(),
)  # fmt: skip
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_books_agree(
    session: Any, prices: list[int], orders: list[Any], off_fen: int, points: int, withdraw: bool
) -> None:
    with db.session.begin_nested() as trial:
        variants = _on_offer(prices, off_fen, points)
        for wanted, refunds in orders:
            order = _buy({variants[place]: quantity for place, quantity in wanted.items()})
            assert disagreements(_sql) == {}
            for place, percent, outcome in refunds:
                _refund(order, place, percent, outcome)
            order.paid_at = now() - timedelta(days=20)
            books.receive(books.Sale(order.id, order.number, 0))
        post_new()
        keys = draft_statements(*_period(), by="test")
        assert keys
        if withdraw and keys:
            statements.withdraw(statements.find_statement_by_id(keys[0]), "test", "重来")
            draft_statements(*_period(), by="test")
        _check()
        trial.rollback()


def _period() -> tuple[Any, Any]:
    return today() - timedelta(days=30), today() - timedelta(days=1)


def _on_offer(prices: list[int], off_fen: int, points: int) -> list[Variant]:
    """Goods of two workshops: the first at a flash price, two of them in a bundle; coupons of the cluster and a workshop."""
    workshops = [make_workshop() for _ in range(2)]
    variants = [
        make_received(20, make_product(workshops[place % 2]), price_fen=fen, weight_grams=700)
        for place, fen in enumerate(prices)
    ]
    make_flash_sale(variants[0].id, max(1, prices[0] - 1), seats=6, per_person_limit=3)
    bundle_fen = max(2, (prices[1] + prices[2]) * points // 10_000)
    if bundle_fen < prices[1] + prices[2]:
        make_bundle({variants[1].id: 1, variants[2].id: 1}, bundle_fen)
    make_coupon(threshold_fen=off_fen + 1, off_fen=off_fen, per_person_limit=3)
    make_coupon(threshold_fen=off_fen + 1, off_fen=off_fen, funded_by_workshop_id=workshops[1].id)
    return variants


def _buy(wanted: dict[Variant, int]) -> Order:
    """Everything is claimed, the cheapest choice is taken, the order is paid."""
    buyer = make_buyer()
    _claim_all(buyer)
    fill_cart(buyer, wanted)
    address = make_address(buyer)
    basket = totals.cart_totals(
        holding.Holder(account_id=buyer.id), None, totals.Choices(address.destination, frozenset(), None)
    )
    request = placing.Request(address, basket.total_fen, f"whole-{buyer.id}", coupon_ids=basket.coupon_ids)
    order = placing.place_order(buyer.id, request)
    assert order.total_fen == basket.total_fen
    pretend_paid(order)
    db.session.flush()
    return order


def _claim_all(buyer: Account) -> None:
    from domain.promotions.claiming import claim
    from domain.promotions.models import Coupon

    for coupon_id in db.session.scalars(select(Coupon.id).order_by(Coupon.id)):
        claim(buyer.id, coupon_id)


def _refund(order: Order, place: int, percent: int, outcome: str) -> None:
    db.session.expire_all()
    goods, freights = {}, {}
    if place < len(order.lines):
        goods = {order.lines[place].id: order.lines[place].refundable_fen * percent // 100}
    else:
        left: list[OrderFreight] = [each for each in order.freights if each.freight_fen > each.refunded_fen]
        freights = {each.workshop_id: (each.freight_fen - each.refunded_fen) * percent // 100 for each in left[:1]}
    if not any((*goods.values(), *freights.values())):
        return
    made: OrderRefund = refund_lines(order, goods, freights, "测试", "test")
    refund = db.session.scalars(select(Refund).filter_by(out_refund_no=made.out_refund_no)).one()
    refund.status = RefundStatus(outcome)
    if outcome == "succeeded":
        refund.succeeded_at = now() - timedelta(days=15)
    if outcome == "closed":
        db.session.get_one(Payment, refund.payment_id).refunded_fen -= refund.amount_fen
        give_back(made.out_refund_no)
    db.session.flush()


def _check() -> None:
    db.session.flush()
    assert disagreements(_sql) == {}
    captured = db.session.scalar(select(func.sum(Payment.amount_fen))) or 0
    arrived = db.session.scalar(select(func.sum(Refund.amount_fen)).filter_by(status=RefundStatus.SUCCEEDED)) or 0
    assert 0 <= arrived <= captured
    in_journal = select(func.sum(JournalPosting.amount_fen))
    assert db.session.scalar(in_journal.filter_by(account="wechat")) == captured - arrived
    assert db.session.scalar(in_journal) == 0


def _sql(statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.session.execute(text(statement.replace("%%", "%")))]
