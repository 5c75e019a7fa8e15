"""A flash sale or a bundle is changed while it runs: orders keep theirs, what was promised stays, all is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask

from core.clock import now
from core.db import db
from core.errors import InvalidInput, NotFound
from core.states import TransitionRefused
from domain.promotions import editing, finding
from domain.promotions.models import FlashSale
from domain.promotions.redeeming import take
from domain.promotions.terms import Discount, Source
from tests.factories.accounts import make_buyer
from tests.factories.products import make_variant
from tests.factories.promotions import make_bundle, make_flash_sale
from tests.fixtures.racing import Race, committed, failures

HOUR = timedelta(hours=1)


def wish_of(sale: FlashSale) -> editing.FlashWish:
    return editing.FlashWish(
        sale.variant_id, sale.price_fen, sale.seats, sale.per_person_limit, sale.starts_at, sale.ends_at
    )


@pytest.mark.usefixtures("session")
def test_what_may_change_changes_and_the_rest_stays() -> None:
    variant, other = make_variant(price_fen=5000), make_variant(price_fen=5000)
    sale = make_flash_sale(variant.id, 3000)
    began = sale.starts_at
    wish = editing.FlashWish(other.id, 2500, 20, 3, now() + HOUR, now() + 5 * HOUR, variant.product.workshop_id)
    editing.change_flash_sale(sale.id, wish, "operator", "太贵")
    assert (sale.variant_id, sale.price_fen, sale.seats, sale.starts_at) == (variant.id, 2500, 20, began)
    assert sale.funded_by_workshop_id is None
    assert [(row.act, row.reason) for row in finding.history_of(sale)] == [("made", ""), ("changed", "太贵")]
    later = make_flash_sale(other.id, 3000, starts_at=now() + HOUR, ends_at=now() + 2 * HOUR)
    moved = now() + timedelta(minutes=90)
    assert editing.change_flash_sale(later.id, replace(wish_of(later), starts_at=moved), "operator").starts_at == moved


@pytest.mark.usefixtures("session")
def test_what_is_over_or_stopped_or_would_overlap_is_refused() -> None:
    variant = make_variant(price_fen=5000)
    past = make_flash_sale(variant.id, 3000, starts_at=now() - 3 * HOUR, ends_at=now() - 2 * HOUR)
    with pytest.raises(editing.PromotionOver):
        editing.change_flash_sale(past.id, replace(wish_of(past), ends_at=now() + HOUR), "operator")
    sale = make_flash_sale(variant.id, 3000)
    make_flash_sale(variant.id, 3000, starts_at=now() + 2 * HOUR, ends_at=now() + 3 * HOUR)
    with pytest.raises(InvalidInput):
        editing.change_flash_sale(sale.id, replace(wish_of(sale), ends_at=now() + 3 * HOUR), "operator")
    editing.stop(sale, "operator", "不做了")
    with pytest.raises(TransitionRefused):
        editing.change_flash_sale(sale.id, wish_of(sale), "operator")
    with pytest.raises(NotFound):
        editing.change_flash_sale(10**9, wish_of(sale), "operator")


@pytest.mark.usefixtures("session")
def test_a_bundle_keeps_what_is_in_it() -> None:
    one, two = make_variant(price_fen=5000), make_variant(price_fen=3000)
    bundle = make_bundle({one.id: 1, two.id: 1}, 7000)
    wish = editing.BundleWish("新名字", 6000, {two.id: 9}, bundle.starts_at, now() + 9 * HOUR)
    editing.change_bundle(bundle.id, wish, "operator")
    assert (bundle.title, bundle.price_fen) == ("新名字", 6000)
    assert {item.variant_id: item.quantity for item in bundle.items} == {one.id: 1, two.id: 1}
    with pytest.raises(InvalidInput):
        editing.change_bundle(bundle.id, replace(wish, price_fen=8000), "operator")


def test_seats_are_never_fewer_than_those_taken_whoever_comes_first(app: Flask, race: Race) -> None:
    with committed(app):
        variant = make_variant(price_fen=5000, stock=50)
        sale = make_flash_sale(variant.id, 3000, seats=12, per_person_limit=1)
        sale_id, wish = sale.id, wish_of(sale)
        buyers = [make_buyer().id for _ in range(12)]

    def buy(account_id: int) -> None:
        take(f"N{account_id}", account_id, [_flash_discount(sale_id, variant_id)])

    variant_id = wish.variant_id
    fewer = [partial(editing.change_flash_sale, sale_id, replace(wish, seats=n), "operator") for n in (9, 6, 3)]
    outcomes = race(*(partial(buy, each) for each in buyers), *fewer)
    assert set(failures(outcomes)) <= {"FlashSeatsGone", "InvalidInput"}
    with app.app_context():
        kept = db.session.get_one(FlashSale, sale_id)
        assert kept.taken == sum(1 for outcome in outcomes[:12] if not isinstance(outcome, Exception))
        assert kept.taken <= kept.seats


def _flash_discount(sale_id: int, variant_id: int) -> Discount:
    return Discount(variant_id, Source.FLASH_SALE, str(sale_id), "", None, 2000, 1)
