"""Coupons and flash seats: claimed, used once, given back, and never one too many, whoever comes at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from core.clock import now
from core.db import db
from core.errors import InvalidInput, NotFound
from core.states import TransitionRefused
from domain.cart import holding, totals
from domain.cart.totals import Choices
from domain.orders import cancelling, placing
from domain.orders.models import Order, OrderLineDiscount
from domain.orders.refunding import free_promotions, refund_lines
from domain.promotions import claiming, editing, finding, redeeming
from domain.promotions.models import Coupon, CouponHolding, CouponRedemption, FlashBuyer, FlashSale, FlashSeat
from domain.promotions.terms import CouponKind, Discount, Scope, Source
from domain.stock.models import Stock
from domain.stock.reserving import StockInsufficient
from tests.factories.accounts import make_address, make_buyer
from tests.factories.products import make_product
from tests.factories.promotions import coupon_wish, holding_of, make_bundle, make_coupon, make_flash_sale
from tests.factories.purchases import fill_cart, make_received, pretend_paid
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, committed, failures

CONNECTIONS, LIMIT = 64, 20


def use(number: str, account_id: int, coupon_id: int) -> None:
    redeeming.take(number, account_id, [Discount(1, Source.COUPON, str(coupon_id), "", None, 100)])


def order_with(buyer_id: int, address: object, *coupon_ids: int, key: str = "request-00000001") -> Order:
    assert hasattr(address, "destination")
    seen = totals.cart_totals(
        holding.Holder(account_id=buyer_id), None, Choices(address.destination, frozenset(), frozenset(coupon_ids))
    )
    request = placing.Request(address, seen.total_fen, key, coupon_ids=frozenset(coupon_ids))  # type: ignore[arg-type]
    return placing.place_order(buyer_id, request)


def test_an_order_uses_a_coupon_of_the_cluster_and_one_of_its_workshop(session: object) -> None:
    winery, buyer = make_workshop(), make_buyer()
    wine = make_received(9, make_product(winery), price_fen=6800)
    cake = make_received(9, make_product(make_workshop()), price_fen=1250)
    of_all, of_winery = (
        make_coupon(buyer.id),
        make_coupon(buyer.id, off_fen=600, threshold_fen=600, funded_by_workshop_id=winery.id),
    )
    fill_cart(buyer, {wine: 1, cake: 1})
    order = order_with(buyer.id, make_address(buyer), of_all.id, of_winery.id)
    assert (order.goods_fen, order.discount_fen, order.freight_fen) == (8050, 1600, 1600)
    assert order.total_fen == 8050 - 1600 + 1600
    assert sum(line.discount_fen for line in order.lines) == 1600
    parts = db.session.scalars(select(OrderLineDiscount)).all()
    assert sum(part.amount_fen for part in parts) == 1600
    borne = {part.funded_by_workshop_id for part in parts}
    assert borne == {None, winery.id}
    assert (holding_of(of_all, buyer.id).used_count, holding_of(of_winery, buyer.id).used_count) == (1, 1)


def test_a_cancelled_order_gives_its_coupon_and_seats_back_once(session: object) -> None:
    buyer, wine = make_buyer(), make_received(9, price_fen=6800)
    coupon, sale = make_coupon(buyer.id), make_flash_sale(wine.id, 6000)
    fill_cart(buyer, {wine: 3})
    order = order_with(buyer.id, make_address(buyer), coupon.id)
    assert order.discount_fen == 2 * 800 + 1000
    assert (db.session.get_one(FlashSale, sale.id).taken, coupon.used_count) == (2, 1)
    cancelling.cancel(buyer.id, order.number)
    redeeming.give_back(order.number)
    db.session.expire_all()
    assert (sale.taken, coupon.used_count, holding_of(coupon, buyer.id).used_count) == (0, 0, 0)
    assert db.session.scalar(select(func.sum(FlashBuyer.taken))) == 0
    fill_cart(buyer, {wine: 1})
    again = order_with(buyer.id, make_address(buyer), coupon.id, key="request-00000002")
    assert again.discount_fen == 800 + 1000


def test_an_order_paid_back_whole_gives_its_coupon_back_once(session: object) -> None:
    buyer, wine, cake = make_buyer(), make_received(9, price_fen=6800), make_received(9, price_fen=1250)
    coupon = make_coupon(buyer.id)
    fill_cart(buyer, {wine: 1, cake: 1})
    order = order_with(buyer.id, make_address(buyer), coupon.id)
    pretend_paid(order)
    freight = {row.workshop_id: row.freight_fen for row in order.freights}
    first, second = order.lines
    refund_lines(order, {first.id: first.paid_fen}, {}, "", "owner")
    free_promotions.run(order_id=order.id)
    assert (jobs_called(free_promotions.name), holding_of(coupon, buyer.id).used_count) == (0, 1)
    refund_lines(order, {second.id: second.paid_fen}, freight, "", "owner")
    assert (jobs_called(free_promotions.name), holding_of(coupon, buyer.id).used_count) == (1, 1)
    for _ in range(2):
        free_promotions.run(order_id=order.id)
    assert holding_of(coupon, buyer.id).used_count == db.session.get_one(Coupon, coupon.id).used_count == 0


def test_cancelling_a_paid_order_and_its_refund_give_the_coupon_back_once(session: object) -> None:
    buyer, wine = make_buyer(), make_received(9, price_fen=6800)
    coupon = make_coupon(buyer.id)
    fill_cart(buyer, {wine: 1})
    order = order_with(buyer.id, make_address(buyer), coupon.id)
    pretend_paid(order)
    cancelling.cancel_paid(buyer.id, order.number)
    free_promotions.run(order_id=order.id)
    assert holding_of(coupon, buyer.id).used_count == db.session.get_one(Coupon, coupon.id).used_count == 0


def jobs_called(name: str) -> int:
    rows = db.session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name"), {"name": name})
    return int(rows.scalar_one())


def test_a_coupon_is_used_as_often_as_it_was_claimed(session: object) -> None:
    buyer = make_buyer()
    coupon = make_coupon(buyer.id)
    use("A1", buyer.id, coupon.id)
    with pytest.raises(redeeming.CouponUnusable):
        use("A2", buyer.id, coupon.id)
    stranger = make_buyer()
    with pytest.raises(redeeming.CouponUnusable):
        use("A3", stranger.id, coupon.id)


def test_one_coupon_of_the_cluster_in_an_order_says_the_database(session: object) -> None:
    buyer = make_buyer()
    one, two = make_coupon(buyer.id), make_coupon(buyer.id)
    use("A1", buyer.id, one.id)
    with pytest.raises(IntegrityError, match="one_a_funder"):
        use("A1", buyer.id, two.id)


def test_a_coupon_that_gives_nothing_or_is_not_theirs_places_nothing(session: object) -> None:
    buyer, wine = make_buyer(), make_received(9, price_fen=1000)
    address = make_address(buyer)
    too_high, strange = make_coupon(buyer.id), make_coupon(threshold_fen=100, off_fen=100)
    fill_cart(buyer, {wine: 1})
    for coupon in (too_high, strange):
        with pytest.raises(redeeming.CouponUnusable):
            order_with(buyer.id, address, coupon.id)
    assert db.session.scalar(select(func.count(Order.id))) == 0


def test_over_stopped_and_early_coupons_are_not_claimed(session: object) -> None:
    buyer = make_buyer()
    stopped, early = make_coupon(), make_coupon(valid_from=now() + timedelta(hours=1))
    editing.stop(stopped, "test", "by mistake")
    for coupon in (stopped, early):
        with pytest.raises(claiming.CouponOver):
            claiming.claim(buyer.id, coupon.id)
    mine = make_coupon(buyer.id)
    with pytest.raises(claiming.CouponClaimedAlready):
        claiming.claim(buyer.id, mine.id)
    secret = make_coupon(code="ban-li 2026")
    with pytest.raises(NotFound):
        claiming.claim(buyer.id, secret.id)
    assert claiming.claim_by_code(buyer.id, "BANLI2026").id == secret.id
    with pytest.raises(NotFound):
        claiming.claim_by_code(buyer.id, "NOSUCHCODE")


def test_sixty_four_connections_claim_what_there_is(app: Flask, race: Race) -> None:
    with committed(app):
        coupon_id = make_coupon(total_limit=LIMIT).id
        buyers = [make_buyer().id for _ in range(CONNECTIONS)]
    outcomes = race(*[lambda buyer=buyer: claiming.claim(buyer, coupon_id).id for buyer in buyers])
    assert failures(outcomes) == ["CouponGone"] * (CONNECTIONS - LIMIT)
    with app.app_context():
        assert db.session.get_one(Coupon, coupon_id).claimed_count == LIMIT
        assert db.session.scalar(select(func.count()).select_from(CouponHolding)) == LIMIT


def test_one_person_claims_and_uses_once_from_sixty_four_connections(app: Flask, race: Race) -> None:
    with committed(app):
        coupon_id, buyer = make_coupon().id, make_buyer().id
    outcomes = race(*[lambda: claiming.claim(buyer, coupon_id).id for _ in range(CONNECTIONS)])
    assert failures(outcomes) == ["CouponClaimedAlready"] * (CONNECTIONS - 1)
    outcomes = race(*[lambda n=n: use(f"ORDER{n}", buyer, coupon_id) for n in range(CONNECTIONS)])
    assert failures(outcomes) == ["CouponUnusable"] * (CONNECTIONS - 1)
    with app.app_context():
        assert db.session.get_one(Coupon, coupon_id).used_count == 1
        assert db.session.scalar(select(func.count(CouponRedemption.id))) == 1


def test_sixty_four_buyers_of_five_flash_seats(app: Flask, race: Race) -> None:
    with committed(app):
        wine = make_received(1000, price_fen=6800)
        sale_id = make_flash_sale(wine.id, 100, seats=5, per_person_limit=1).id
        acts = []
        for n in range(CONNECTIONS):
            buyer = make_buyer()
            fill_cart(buyer, {wine: 1})
            acts.append((buyer.id, make_address(buyer).id, f"request-{n:08d}"))
        total = totals.cart_totals(holding.Holder(account_id=acts[0][0])).total_fen

    def place(buyer_id: int, address_id: int, key: str) -> str:
        from domain.shipping.addresses import find_address

        return placing.place_order(buyer_id, placing.Request(find_address(buyer_id, address_id), total, key)).number

    outcomes = race(*[lambda act=act: place(*act) for act in acts])
    assert set(failures(outcomes)) <= {"FlashSeatsGone", "TotalChanged"}
    assert len(failures(outcomes)) == CONNECTIONS - 5
    with app.app_context():
        assert db.session.get_one(FlashSale, sale_id).taken == 5
        assert db.session.scalar(select(func.sum(FlashSeat.quantity))) == 5
        assert db.session.scalar(select(func.count(Order.id))) == 5
        assert db.session.scalar(select(func.sum(Stock.reserved))) == 5


def test_one_person_at_many_windows_gets_their_share_of_seats(app: Flask, race: Race) -> None:
    with committed(app):
        sale_id = make_flash_sale(make_received(99, price_fen=6800).id, 100, per_person_limit=2).id
        buyer = make_buyer().id
    seat = Discount(1, Source.FLASH_SALE, str(sale_id), "", None, 100, 1)
    outcomes = race(*[lambda n=n: redeeming.take(f"ORDER{n}", buyer, [seat]) for n in range(16)])
    assert failures(outcomes) == ["FlashSeatsGone"] * 14
    with app.app_context():
        assert db.session.get_one(FlashSale, sale_id).taken == 2


def test_a_step_that_fails_leaves_no_use_no_seat_and_no_order(app: Flask, race: Race) -> None:
    """The stock is taken last: it runs out between the buyer's look and the act."""
    with committed(app):
        buyer, wine = make_buyer(), make_received(9, price_fen=6800)
        coupon_id, sale_id = make_coupon(buyer.id).id, make_flash_sale(wine.id, 6000).id
        fill_cart(buyer, {wine: 2})
        buyer_id, address_id, variant_id = buyer.id, make_address(buyer).id, wine.id

    def place() -> None:
        from domain.shipping.addresses import find_address
        from domain.stock import reserving

        address = find_address(buyer_id, address_id)
        kept, reserving.reserve = reserving.reserve, _sold_out
        try:
            order_with(buyer_id, address, coupon_id)
        finally:
            reserving.reserve = kept

    assert failures(race(place)) == ["StockInsufficient"]
    with app.app_context():
        for model in (Order, CouponRedemption, FlashSeat, FlashBuyer, OrderLineDiscount):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
        assert db.session.get_one(Coupon, coupon_id).used_count == 0
        assert db.session.get_one(FlashSale, sale_id).taken == 0
        assert db.session.get_one(Stock, variant_id).reserved == 0


def _sold_out(*_given: object) -> None:
    raise StockInsufficient(name="", variant_id=0, available=0)


def test_the_best_coupons_are_suggested_and_the_cart_says_what_is_usable(session: object) -> None:
    buyer, wine = make_buyer(), make_received(9, price_fen=6800)
    small, best, far = (
        make_coupon(buyer.id),
        make_coupon(buyer.id, off_fen=1500),
        make_coupon(buyer.id, threshold_fen=99999),
    )
    fill_cart(buyer, {wine: 1})
    seen = totals.cart_totals(holding.Holder(account_id=buyer.id), None, Choices(coupon_ids=None))
    assert seen.coupon_ids == {best.id}
    assert {each.id for each in seen.usable} == {small.id, best.id}
    assert far.id not in {each.id for each in seen.usable}
    assert totals.cart_totals(holding.Holder(account_id=buyer.id)).discount_fen == 0


def test_a_bundle_comes_off_by_itself(session: object) -> None:
    buyer, wine, cake = make_buyer(), make_received(9, price_fen=6800), make_received(9, price_fen=1200)
    make_bundle({wine.id: 1, cake.id: 2}, 8000)
    basket = fill_cart(buyer, {wine: 1, cake: 3})
    assert basket.discount_fen == 6800 + 2400 - 8000
    assert basket.savings == {(Source.BUNDLE, "测试组合"): 1200}


def test_editing_is_checked_and_written_down(session: object) -> None:
    workshop, other = make_workshop(), make_workshop()
    product = make_product(other)
    variant = make_received(9, product, price_fen=1000)
    bad = [
        {"off_fen": 6000}, {"kind": CouponKind.PERCENTAGE}, {"per_person_limit": 101}, {"title": " "},
        {"valid_until": now() - timedelta(days=2)}, {"scope": Scope.BRAND, "scope_ref": "blue"},
        {"scope": Scope.PRODUCT, "scope_ref": str(product.id), "funded_by_workshop_id": workshop.id},
        {"scope": Scope.PRODUCT, "scope_ref": "1; --"},
    ]  # fmt: skip
    for values in bad:
        with pytest.raises(InvalidInput):
            editing.make_coupon(coupon_wish(**values), "test")
    make_coupon(code="A B")
    with pytest.raises(editing.CodeTaken):
        make_coupon(code="ab")
    with pytest.raises(InvalidInput):
        make_flash_sale(variant.id, 1000)
    make_flash_sale(variant.id, 900)
    with pytest.raises(InvalidInput):
        make_flash_sale(variant.id, 800)
    with pytest.raises(InvalidInput):
        make_bundle({variant.id: 2}, 2000)
    coupon = make_coupon(make_buyer().id, make_buyer().id)
    with pytest.raises(InvalidInput):
        editing.change_coupon(coupon.id, coupon_wish(total_limit=1), "test")
    editing.change_coupon(coupon.id, coupon_wish(total_limit=2), "operator", "fewer")
    editing.stop(coupon, "operator", "enough")
    with pytest.raises(TransitionRefused):
        editing.stop(coupon, "operator", "again")
    with pytest.raises(TransitionRefused):
        editing.change_coupon(coupon.id, coupon_wish(), "operator")
    assert [(row.act, row.by, row.to_status) for row in finding.history_of(coupon)] == [
        ("made", "test", "active"), ("changed", "operator", "active"), ("stopped", "operator", "stopped"),
    ]  # fmt: skip


def test_a_coupon_past_its_time_is_neither_offered_nor_used(session: object) -> None:
    buyer = make_buyer()
    coupon = make_coupon(buyer.id)
    db.session.execute(update(Coupon).values(valid_until=now() - timedelta(seconds=1)))
    with pytest.raises(redeeming.CouponUnusable):
        use("A1", buyer.id, coupon.id)
