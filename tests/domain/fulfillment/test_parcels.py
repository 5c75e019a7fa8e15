"""A workshop's part in more than one parcel, and a number that was written wrongly."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.db import db
from core.errors import NotFound
from core.states import TransitionRefused
from domain.batches.releasing import block_batch
from domain.fulfillment import packing, receiving, shipping_out
from domain.fulfillment.boxes import box_of
from domain.fulfillment.models import Shipment, ShipmentCorrection
from domain.fulfillment.parcels import parcels_of
from domain.fulfillment.picking import pick_list
from domain.fulfillment.shipping_out import Contents
from domain.labels.minting import mint_codes
from domain.orders.models import OrderHistory, WorkshopOrder
from tests.domain.fulfillment.test_races import at_once
from tests.factories.batches import make_batch
from tests.factories.fulfillment import make_part
from tests.factories.products import make_variant

By = "作坊主"
Numbers = [f"SF123456789012{place}" for place in range(9)]


def quantities(part: WorkshopOrder) -> list[list[int]]:
    return [[line.quantity for line in parcel.lines] for parcel in parcels_of(part)]


def test_a_parcel_leaves_before_the_rest_is_packed(session: scoped_session[Session]) -> None:
    variant = make_variant()
    part = make_part({variant: 3})
    batch = make_batch(variant)
    codes = mint_codes(batch, 3)
    for code in codes[:2]:
        packing.pack_package(part, code.serial, By)
    first = shipping_out.ship(part, "SF", Numbers[0], By, Contents([code.id for code in codes[:2]]), place=1)
    assert (part.status, part.first_shipped_at, first.place) == ("to_pack", first.shipped_at, 1)
    with pytest.raises(NotFound):
        packing.unpack_package(part, codes[0].id)
    block_batch(make_batch(variant), by="实验室", reason="别的批次")
    packing.pack_package(part, codes[2].serial, By)
    packing.finish_packing(part, By)
    shipping_out.ship(part, "SF", Numbers[1], By)
    assert part.status == "shipped"
    assert quantities(part) == [[2], [1]]
    moves = select(OrderHistory.to_status).filter_by(workshop_order_id=part.id).order_by(OrderHistory.id)
    assert list(session.scalars(moves)) == ["packed", "shipped"]


def test_counted_packets_go_in_two_parcels_and_the_last_one_ships_the_part(session: scoped_session[Session]) -> None:
    part = make_part({make_variant(): 5})
    [line] = part.lines
    shipping_out.ship(part, "SF", Numbers[0], By, Contents(counted={line.id: 2}), place=1)
    assert part.status == "to_pack"
    [entry] = box_of(part).lines
    assert (entry.packed, entry.sent, entry.uncounted) == (2, 2, 3)
    shipping_out.ship(part, "ZTO", "78123456789012", By, Contents(counted={line.id: 3}), place=2)
    assert part.status == "shipped"
    assert quantities(part) == [[2], [3]]


def test_what_is_left_of_a_packed_part_can_be_divided(session: scoped_session[Session]) -> None:
    part = make_part({make_variant(): 5})
    [line] = part.lines
    packing.finish_packing(part, By, {line.id})
    shipping_out.ship(part, "SF", Numbers[0], By, Contents(counted={line.id: 1}))
    assert part.status == "packed"
    shipping_out.ship(part, "SF", Numbers[1], By)
    assert (part.status, quantities(part)) == ("shipped", [[1], [4]])


def test_a_parcel_holds_no_more_and_nothing_else_than_what_is_left(session: scoped_session[Session]) -> None:
    variant = make_variant()
    bare = make_variant(variant.product)
    part, other = make_part({variant: 2, bare: 2}), make_part({variant: 1})
    codes = mint_codes(make_batch(variant), 3)
    packing.pack_package(part, codes[0].serial, By)
    packing.pack_package(other, codes[1].serial, By)
    coded_line, bare_line = part.lines
    refused = [
        (Contents(), shipping_out.ParcelEmpty),
        (Contents(counted={bare_line.id: 0}), shipping_out.ParcelEmpty),
        (Contents(counted={bare_line.id: 3}), shipping_out.ParcelTooFull),
        (Contents(counted={coded_line.id: 1}), packing.LineHasCodes),
        (Contents([codes[1].id]), shipping_out.PackageNotInBox),
        (Contents([codes[2].id]), shipping_out.PackageNotInBox),
        (Contents(counted={other.lines[0].id: 1}), shipping_out.PackageNotInBox),
    ]
    for contents, error in refused:
        with pytest.raises(error), session.begin_nested():
            shipping_out.ship(part, "SF", Numbers[0], By, contents)
    with pytest.raises(TransitionRefused):
        shipping_out.ship(part, "SF", Numbers[0], By)
    assert parcels_of(part) == []
    assert part.first_shipped_at is None
    shipping_out.ship(part, "SF", Numbers[0], By, Contents([codes[0].id], {bare_line.id: 2}))
    with pytest.raises(shipping_out.PackageNotInBox):
        shipping_out.ship(part, "SF", Numbers[1], By, Contents([codes[0].id]))


def test_two_phones_that_close_the_same_parcel_send_one(app: Flask, clean_database: None) -> None:
    with app.app_context():
        part = make_part({make_variant(): 4})
        key, line_id = part.id, part.lines[0].id
        db.session.commit()

    def send(number: str) -> Shipment:
        contents = Contents(counted={line_id: 2})
        return shipping_out.ship(db.session.get_one(WorkshopOrder, key), "SF", number, "手机", contents, place=1)

    outcome = at_once(app, *(lambda number=number: send(number) for number in Numbers[:4]))
    assert Counter(outcome) == {"ok": 1, "parcel_already_closed": 3}
    with app.app_context():
        assert quantities(db.session.get_one(WorkshopOrder, key)) == [[2]]


def test_a_wrong_number_is_put_right_once_and_kept(session: scoped_session[Session]) -> None:
    part, other = make_part({make_variant(): 1}), make_part({make_variant(): 1})
    for made, number in ((part, Numbers[0]), (other, Numbers[1])):
        packing.finish_packing(made, By, {made.lines[0].id})
        shipping_out.ship(made, "SF", number, By)
    [parcel] = parcels_of(part)
    with pytest.raises(shipping_out.TrackingNumberTaken):
        shipping_out.correct_number(parcel, "SF", Numbers[1], By)
    session.refresh(parcel)
    assert parcel.tracking_number == Numbers[0]
    shipping_out.correct_number(parcel, "ZTO", "78123456789012", By)
    assert (parcel.carrier_code, parcel.tracking_number) == ("ZTO", "78123456789012")
    assert parcel.correction is not None
    assert parcel.correction.wrong_tracking_number == Numbers[0]
    with pytest.raises(shipping_out.NumberCorrectedAlready):
        shipping_out.correct_number(parcel, "SF", Numbers[2], By)
    assert session.scalar(select(func.count()).select_from(ShipmentCorrection)) == 1


def test_a_received_parcel_keeps_its_number(session: scoped_session[Session]) -> None:
    part = make_part({make_variant(): 1})
    packing.finish_packing(part, By, {part.lines[0].id})
    parcel = shipping_out.ship(part, "SF", Numbers[0], By)
    receiving.confirm_receipt(part.order, "buyer")
    with pytest.raises(TransitionRefused):
        shipping_out.correct_number(parcel, "SF", Numbers[2], By)
    assert parcel.tracking_number == Numbers[0]


def test_the_pick_list_sums_what_open_boxes_lack(session: scoped_session[Session]) -> None:
    variant = make_variant()
    bare = make_variant(variant.product)
    part, second = make_part({variant: 3, bare: 1}), make_part({variant: 2})
    make_part({make_variant(): 7})
    [code] = mint_codes(make_batch(variant), 1)
    packing.pack_package(part, code.serial, By)
    wanted = pick_list(variant.product.workshop_id)
    assert sorted((pick.line.variant_id, pick.quantity) for pick in wanted.picks) == [(variant.id, 4), (bare.id, 1)]
    assert [row.id for row, _ in wanted.parts] == [part.id, second.id]
