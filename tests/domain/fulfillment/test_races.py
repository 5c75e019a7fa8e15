"""Two phones at once, each on a connection of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from core.errors import DomainError
from domain.fulfillment import packing, receiving, shipping_out
from domain.fulfillment.models import PackedPackage, Shipment
from domain.labels.minting import mint_codes
from domain.orders.models import Order, OrderHistory, WorkshopOrder
from tests.factories.batches import make_batch
from tests.factories.fulfillment import make_paid_order, make_part
from tests.factories.products import make_variant

pytestmark = pytest.mark.usefixtures("clean_database")


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Run the acts at the same moment, each in a transaction of its own: `ok`, or the error's code."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        with app.app_context():
            db.session.execute(select(1))
            barrier.wait(5)
            try:
                act()
                db.session.commit()
            except DomainError as error:
                db.session.rollback()
                return error.code
            return "ok"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(future.result(30) for future in [pool.submit(run, act) for act in acts])


def part(part_id: int) -> WorkshopOrder:
    return db.session.get_one(WorkshopOrder, part_id)


def test_two_phones_with_one_packet_and_two_boxes_leave_it_in_one(app: Flask) -> None:
    with app.app_context():
        variant = make_variant()
        ids = [make_part({variant: 1}).id for _ in range(2)]
        [code] = mint_codes(make_batch(variant), 1)
        serial = code.serial
        db.session.commit()
    outcome = at_once(app, *(lambda key=key: packing.pack_package(part(key), serial, "手机") for key in ids))
    assert outcome == ["ok", "package_in_another_box"]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PackedPackage)) == 1


def test_two_phones_with_one_packet_and_one_box_count_it_once(app: Flask) -> None:
    with app.app_context():
        variant = make_variant()
        key = make_part({variant: 5}).id
        [code] = mint_codes(make_batch(variant), 1)
        serial = code.serial
        db.session.commit()
    outcome = at_once(app, *(lambda: packing.pack_package(part(key), serial, "手机") for _ in range(4)))
    assert Counter(outcome) == {
        "ok": 1,
        "package_already_in_box": 3,
    }
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PackedPackage)) == 1


def test_many_phones_never_put_more_into_a_box_than_was_ordered(app: Flask) -> None:
    with app.app_context():
        variant = make_variant()
        key = make_part({variant: 2}).id
        serials = [code.serial for code in mint_codes(make_batch(variant), 8)]
        db.session.commit()
    outcome = at_once(
        app, *(lambda serial=serial: packing.pack_package(part(key), serial, "手机") for serial in serials)
    )
    assert Counter(outcome) == {"ok": 2, "line_full": 6}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PackedPackage)) == 2


def test_a_box_is_closed_once_and_shipped_once(app: Flask) -> None:
    with app.app_context():
        key = (made := make_part({make_variant(): 1})).id
        lines = {line.id for line in made.lines}
        db.session.commit()
    closing = at_once(app, *(lambda: packing.finish_packing(part(key), "手机", lines) for _ in range(4)))
    assert Counter(closing) == {"ok": 1, "packing_over": 3}
    numbers = [f"SF123456789012{place}" for place in range(4)]
    sending = at_once(
        app, *(lambda number=number: shipping_out.ship(part(key), "SF", number, "手机") for number in numbers)
    )
    assert Counter(sending) == {"ok": 1, "transition_refused": 3}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Shipment)) == 1
        moves = select(OrderHistory.to_status).filter_by(workshop_order_id=key).order_by(OrderHistory.id)
        assert list(db.session.scalars(moves)) == ["packed", "shipped"]


def test_one_number_on_two_parcels_at_once_goes_to_one(app: Flask) -> None:
    with app.app_context():
        parts = [make_part({make_variant(): 1}) for _ in range(2)]
        for made in parts:
            packing.finish_packing(made, "手机", {line.id for line in made.lines})
        ids = [made.id for made in parts]
        db.session.commit()
    outcome = at_once(
        app, *(lambda key=key: shipping_out.ship(part(key), "SF", "SF1234567890123", "手机") for key in ids)
    )
    assert outcome == ["ok", "tracking_number_taken"]


def test_a_buyer_confirms_while_the_other_parcel_is_shipped(app: Flask) -> None:
    """The buyer holds the order and wants the parts; the owner holds a part and writes history of the order."""
    with app.app_context():
        order = make_paid_order({make_variant(): 1, make_variant(): 1})
        first, second = order.workshop_orders
        for made in (first, second):
            packing.finish_packing(made, "手机", {line.id for line in made.lines})
        shipping_out.ship(first, "SF", "SF1234567890120", "手机")
        order_id, key = order.id, second.id
        db.session.commit()
    outcome = at_once(
        app,
        lambda: receiving.confirm_receipt(db.session.get_one(Order, order_id), "buyer"),
        lambda: shipping_out.ship(part(key), "SF", "SF1234567890121", "手机"),
    )
    assert outcome == ["ok", "ok"]
