"""Nobody says anything for long enough: received by the rows alone; and what should have left long ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.db import db
from domain.fulfillment import receiving, shipping_out, worklist
from domain.fulfillment.models import Shipment
from domain.fulfillment.shipping_out import Contents
from domain.orders.models import WorkshopOrder
from gateways.carriers.tracking import ParcelState
from tests.factories.fulfillment import make_part
from tests.factories.products import make_variant

pytestmark = pytest.mark.usefixtures("session")


def send(part: WorkshopOrder, number: int, quantity: int) -> Shipment:
    contents = Contents(counted={part.lines[0].id: quantity})
    return shipping_out.ship(part, "SF", f"SF{number:013d}", "作坊主", contents)


def age(parcel: Shipment, days: int, state: ParcelState = ParcelState.UNKNOWN) -> None:
    parcel.shipped_at = now() - timedelta(days=days)
    parcel.tracking_state = state
    parcel.delivered_at = parcel.shipped_at if state is ParcelState.DELIVERED else None
    db.session.flush()


def test_a_part_is_received_ten_days_after_its_last_parcel_came(session: scoped_session[Session]) -> None:
    part = make_part({make_variant(): 3})
    first, second = send(part, 1, 1), send(part, 2, 2)
    age(first, 11, ParcelState.DELIVERED)
    age(second, 9, ParcelState.DELIVERED)
    assert receiving.parts_overdue() == []
    assert not receiving.receive_overdue(part.id)
    age(second, 11, ParcelState.DELIVERED)
    assert receiving.parts_overdue() == [part.id]
    assert receiving.receive_overdue(part.id)
    assert not receiving.receive_overdue(part.id)
    assert (part.status, part.order.status) == ("received", "completed")


@pytest.mark.parametrize(
    ("state", "is_overdue"),
    [
        (ParcelState.UNKNOWN, True),
        (ParcelState.IN_TRANSIT, False),
        (ParcelState.EXCEPTION, False),
        (ParcelState.RETURNED, False),
    ],
)
def test_an_untracked_parcel_counts_from_shipping_and_one_elsewhere_is_waited_for(
    state: ParcelState, is_overdue: bool
) -> None:
    part = make_part({make_variant(): 1})
    age(send(part, 1, 1), 30, state)
    assert receiving.parts_overdue() == ([part.id] if is_overdue else [])
    assert receiving.receive_overdue(part.id) is is_overdue
    assert part.status == ("received" if is_overdue else "shipped")


def test_a_part_with_something_still_here_is_not_overdue() -> None:
    part = make_part({make_variant(): 2})
    age(send(part, 1, 1), 30)
    assert receiving.parts_overdue() == []


def test_parts_unshipped_for_a_day_and_a_half_are_named() -> None:
    variant = make_variant()
    late_one, fresh, begun = (make_part({variant: 2}) for _ in range(3))
    other = make_part({make_variant(): 1})
    for part in (late_one, begun, other):
        part.order.paid_at = now() - timedelta(hours=37)
    send(begun, 1, 1)
    db.session.flush()
    assert [part.id for part in worklist.late_parts(variant.product.workshop_id)] == [late_one.id]
    assert {part.id for part in worklist.late_parts()} == {late_one.id, other.id}
    assert fresh.status == "to_pack"
