"""A packed box leaves with a carrier, and the buyer confirms that it came."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput
from core.states import TransitionRefused
from domain.batches.releasing import block_batch
from domain.fulfillment import packing, receiving, shipping_out, worklist
from domain.fulfillment.boxes import packed_counts
from domain.fulfillment.models import Shipment
from domain.fulfillment.parcels import shipment_of
from domain.labels.minting import mint_codes
from domain.orders.models import OrderHistory, WorkshopOrder, WorkshopOrderStatus
from domain.products.models import Variant
from tests.factories.batches import make_batch
from tests.factories.fulfillment import make_paid_order, make_part
from tests.factories.products import make_variant

By = "作坊主"
Number = "SF1234567890123"


def packed_part(variant: Variant) -> WorkshopOrder:
    part = make_part({variant: 1})
    [code] = mint_codes(make_batch(variant), 1)
    packing.pack_package(part, code.serial, By)
    packing.finish_packing(part, By)
    return part


def test_a_box_is_shipped_with_its_number_in_capitals_without_blanks(session: scoped_session[Session]) -> None:
    part = packed_part(make_variant())
    shipping_out.ship(part, "SF", " sf 1234 5678 90123 ", By)
    shipment = shipment_of(part)
    assert shipment is not None
    assert (shipment.tracking_number, shipment.carrier_code, shipment.shipped_by) == (Number, "SF", By)
    assert part.status == "shipped"
    moves = session.scalars(
        select(OrderHistory.to_status).filter_by(workshop_order_id=part.id).order_by(OrderHistory.id)
    )
    assert list(moves) == ["packed", "shipped"]


@pytest.mark.parametrize(
    ("carrier", "number", "field"),
    [
        ("NOPE", Number, "carrier_code"),
        ("", Number, "carrier_code"),
        ("sf", Number, "carrier_code"),
        ("SF", "", "tracking_number"),
        ("SF", "12345", "tracking_number"),
        ("SF", "X" * 500, "tracking_number"),
        ("ZTO", "ABCDEFGHIJKLM", "tracking_number"),
        ("SF", "SF123456789012\x00", "tracking_number"),
        ("SF", "SF1234567890123; DROP", "tracking_number"),
        ("SF", "顺丰1234567890123", "tracking_number"),
    ],
)
def test_a_number_that_can_be_none_names_its_field_and_nothing_leaves(
    session: scoped_session[Session], carrier: str, number: str, field: str
) -> None:
    part = packed_part(make_variant())
    with pytest.raises(InvalidInput) as refused:
        shipping_out.ship(part, carrier, number, By)
    assert set(refused.value.fields) == {field}
    assert part.status == "packed"
    assert shipment_of(part) is None


def test_only_a_packed_box_ships_and_only_once(session: scoped_session[Session]) -> None:
    part = make_part({make_variant(): 1})
    with pytest.raises(TransitionRefused):
        shipping_out.ship(part, "SF", Number, By)
    packed = packed_part(make_variant())
    shipping_out.ship(packed, "SF", Number, By)
    with pytest.raises(TransitionRefused):
        shipping_out.ship(packed, "SF", "SF9999999999999", By)
    assert session.scalar(select(func.count()).select_from(Shipment)) == 1


def test_one_number_carries_one_parcel(session: scoped_session[Session]) -> None:
    first, second = packed_part(make_variant()), packed_part(make_variant())
    shipping_out.ship(first, "SF", Number, By)
    with pytest.raises(shipping_out.TrackingNumberTaken):
        shipping_out.ship(second, "SF", Number, By)
    assert second.status == "packed"


def test_a_box_with_a_packet_blocked_after_packing_stays(session: scoped_session[Session]) -> None:
    variant = make_variant()
    part = make_part({variant: 1})
    batch = make_batch(variant)
    [code] = mint_codes(batch, 1)
    packing.pack_package(part, code.serial, By)
    packing.finish_packing(part, By)
    block_batch(batch, by="实验室", reason="复检")
    with pytest.raises(packing.PackageBatchNotReleased):
        shipping_out.ship(part, "SF", Number, By)
    assert part.status == "packed"


def test_an_order_is_completed_when_its_last_parcel_came(session: scoped_session[Session]) -> None:
    first, second = make_variant(), make_variant()
    order = make_paid_order({first: 1, second: 1})
    with pytest.raises(receiving.NothingToReceive):
        receiving.confirm_receipt(order, "buyer")
    for place, part in enumerate(order.workshop_orders):
        packing.finish_packing(part, By, {line.id for line in part.lines})
        shipping_out.ship(part, "SF", f"SF123456789012{place}", By)
        receiving.confirm_receipt(order, "buyer")
        assert part.status == WorkshopOrderStatus.RECEIVED
        assert order.status == ("paid" if place == 0 else "completed")
    with pytest.raises(receiving.NothingToReceive):
        receiving.confirm_receipt(order, "buyer")
    last = session.scalars(select(OrderHistory).filter_by(order_id=order.id).order_by(OrderHistory.id.desc())).first()
    assert last is not None
    assert (last.workshop_order_id, last.from_status, last.to_status) == (None, "paid", "completed")


def test_one_parcel_of_several_can_be_confirmed_alone(session: scoped_session[Session]) -> None:
    order = make_paid_order({make_variant(): 1, make_variant(): 1})
    one, other = order.workshop_orders
    for place, part in enumerate((one, other)):
        packing.finish_packing(part, By, {line.id for line in part.lines})
        shipping_out.ship(part, "SF", f"SF123456789012{place}", By)
    assert receiving.confirm_receipt(order, "buyer", other.number) == [other]
    assert (one.status, other.status, order.status) == ("shipped", "received", "paid")


def test_the_worklist_counts_what_lies_before_a_workshop(session: scoped_session[Session]) -> None:
    variant = make_variant(price_fen=1280)
    workshop_id = variant.product.workshop_id
    part = make_part({variant: 3})
    make_part({make_variant(): 5})
    packed = packed_part(variant)
    assert worklist.status_counts(workshop_id) == {"to_pack": 1, "packed": 1}
    assert [row.id for row in worklist.work_of(workshop_id, WorkshopOrderStatus.TO_PACK).items] == [part.id]
    assert packed_counts([part.id, packed.id]) == {packed.id: 1}
    sales = worklist.sales_today(workshop_id)
    assert (sales.orders, sales.packets, sales.goods_fen) == (2, 4, 4 * 1280)


def test_sales_of_the_day_leave_out_what_was_given_up_and_count_what_was_paid(session: scoped_session[Session]) -> None:
    variant = make_variant(price_fen=1280)
    workshop_id = variant.product.workshop_id
    kept, cancelled, open_one = make_part({variant: 2}), make_part({variant: 5}), make_part({variant: 1})
    kept.lines[0].discount_fen = 60
    cancelled.status = WorkshopOrderStatus.CANCELLED
    open_one.lines[0].is_open = True
    session.flush()
    sales = worklist.sales_today(workshop_id)
    assert (sales.orders, sales.packets, sales.goods_fen) == (1, 2, 2 * 1280 - 60)
