"""Freight by where the parcel goes, by grams or packets, free over what is paid; places not served; fetching."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core.db import db
from core.errors import InvalidInput
from domain.cart import holding, totals
from domain.cart.totals import Choices
from domain.fulfillment import collecting
from domain.fulfillment.moves import lock_part, move_part
from domain.fulfillment.shipping_out import PartIsFetched, ship
from domain.orders import placing
from domain.orders.models import OrderStatus, WorkshopOrderStatus
from domain.shipping.models import FreightRule, FreightUnit
from domain.shipping.regions import Destination, closeness, normal_region
from domain.shipping.templates import USUAL, RuleTerms, save_template
from tests.factories.accounts import make_address, make_buyer
from tests.factories.fulfillment import make_paid_order
from tests.factories.products import make_product
from tests.factories.promotions import make_coupon
from tests.factories.purchases import fill_cart, make_received, wish
from tests.factories.workshops import make_workshop

ZHANGZHOU, XIAMEN, LHASA = (
    Destination("福建省", "漳州市"),
    Destination("福建", "厦门"),
    Destination("西藏自治区", "拉萨市"),
)
BEIJING = Destination("北京市", "北京市")


def test_a_region_is_known_by_any_of_its_names() -> None:
    assert normal_region(" 福建省／厦门市 ") == "福建/厦门"
    assert normal_region("广西壮族自治区") == "广西"
    assert (closeness(["福建/厦门"], XIAMEN), closeness(["福建"], XIAMEN), closeness(["福建/厦门"], ZHANGZHOU)) == (
        2,
        1,
        0,
    )
    assert closeness(["北京"], BEIJING) == 1
    assert (BEIJING.text, ZHANGZHOU.text) == ("北京市", "福建省漳州市")


def test_the_closest_rule_counts_in_the_templates_unit(session: object) -> None:
    workshop, buyer = make_workshop(), make_buyer()
    variant = make_received(50, make_product(workshop), price_fen=1000, weight_grams=500)
    save_template(
        workshop.id,
        [
            RuleTerms(base_fen=1200, base_units=2, extra_fen=300, extra_units=2),
            RuleTerms(("福建省",), base_fen=800, base_units=6, extra_fen=100, free_over_fen=4500),
            RuleTerms(("福建省/厦门市",), base_fen=500, base_units=99),
            RuleTerms(("西藏", "新疆"), is_served=False),
        ],
        unit=FreightUnit.PIECES,
    )
    fill_cart(buyer, {variant: 4})
    holder = holding.Holder(account_id=buyer.id)

    def seen(destination: Destination | None, coupons: frozenset[int] = frozenset()) -> totals.Totals:
        return totals.cart_totals(holder, None, Choices(destination, coupon_ids=coupons))

    assert [seen(place).freight_fen for place in (BEIJING, ZHANGZHOU, XIAMEN)] == [1500, 800, 500]
    assert seen(None).is_estimate
    assert (seen(None).freight_fen, seen(None).groups[0].until_free_fen) == (800, 500)
    unserved = seen(LHASA)
    assert [str(line.problem_text) for line in unserved.lines] == ["不送到西藏自治区拉萨市"]
    holding.add(holder, variant.sku, 1)
    assert seen(ZHANGZHOU).freight_fen == 0
    # Free over what is paid: a coupon that brings it below brings the freight back, and is then not suggested for 6 yuan.
    coupon = make_coupon(buyer.id, off_fen=600, threshold_fen=600)
    assert seen(ZHANGZHOU, frozenset({coupon.id})).freight_fen == 800
    best = totals.cart_totals(holder, None, Choices(ZHANGZHOU, coupon_ids=None))
    assert (best.coupon_ids, best.total_fen) == (frozenset(), 5000)


def test_an_order_to_a_place_not_served_is_refused_by_name(session: object) -> None:
    workshop, buyer = make_workshop(), make_buyer()
    variant = make_received(5, make_product(workshop))
    save_template(workshop.id, [USUAL, RuleTerms(("福建",), is_served=False)])
    fill_cart(buyer, {variant: 1})
    with pytest.raises(placing.CartHasProblems) as caught:
        placing.place_order(buyer.id, wish(buyer))
    assert caught.value.text.endswith("不送到福建省漳州市，请先调整购物车")


def test_a_template_is_saved_whole_or_not_at_all(session: object) -> None:
    workshop = make_workshop()
    wrong = [
        [], [USUAL, USUAL], [RuleTerms(("福建",))], [USUAL, RuleTerms(("福建",)), RuleTerms(("福建省",))],
        [USUAL, RuleTerms(("福建",), base_fen=-1)], [USUAL, RuleTerms(("福建",), extra_units=0)], [USUAL, RuleTerms((" ",))],
    ]  # fmt: skip
    for rules in wrong:
        with pytest.raises(InvalidInput):
            save_template(workshop.id, rules)
    assert db.session.scalar(select(func.count(FreightRule.id))) == 1


def test_fetching_costs_no_freight_and_needs_the_code(session: object) -> None:
    workshop, buyer = make_workshop(), make_buyer()
    variant = make_received(5, make_product(workshop))
    save_template(workshop.id, [USUAL], pickup_place="加工区 1 号，每天 8–17 点")
    fill_cart(buyer, {variant: 1})
    request = placing.Request(make_address(buyer), 1280, "request-of-pickup", pickups=frozenset({workshop.slug}))
    order = placing.place_order(buyer.id, request)
    code = order.freights[0].pickup_code
    assert order.freight_fen == 0
    assert code is not None
    assert len(code) == 8
    assert code.isdigit()


def test_the_code_hands_the_part_over_once(session: object) -> None:
    order = make_paid_order({make_received(5): 1}, make_buyer())
    from domain.orders.models import OrderFreight

    part = order.workshop_orders[0]
    with pytest.raises(collecting.NotForPickup):
        collecting.hand_over(part, "00000000", "owner")
    db.session.add(OrderFreight(order_id=order.id, workshop_id=part.workshop_id, freight_fen=0, pickup_code="01234567"))
    db.session.flush()
    db.session.expire_all()
    with pytest.raises(PartIsFetched):
        ship(part, "SF", "SF1234567890", "owner")
    move_part(lock_part(part.id), WorkshopOrderStatus.PACKED, "owner")
    with pytest.raises(collecting.PickupCodeWrong):
        collecting.hand_over(part, "01234568", "owner")
    assert part.status == WorkshopOrderStatus.PACKED
    collecting.hand_over(part, "0123 4567", "owner")
    assert (part.status, order.status) == (WorkshopOrderStatus.RECEIVED, OrderStatus.COMPLETED)
