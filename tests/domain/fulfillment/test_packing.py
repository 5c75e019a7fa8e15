"""Packing: the right packets, each once, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.errors import DomainError, InvalidInput, NotFound
from domain.batches.models import BatchStatus
from domain.batches.releasing import block_batch
from domain.fulfillment import packing
from domain.fulfillment.boxes import box_of
from domain.fulfillment.models import PackedPackage
from domain.labels.minting import mint_codes, void_codes
from domain.labels.models import PackageCode
from domain.orders.models import OrderHistory, WorkshopOrder
from domain.products.models import Variant
from tests.factories.batches import age_batch, make_batch, make_code
from tests.factories.fulfillment import make_part
from tests.factories.products import make_variant

pytestmark = pytest.mark.usefixtures("session")
By = "作坊主"


@pytest.fixture
def variant(session: scoped_session[Session]) -> Variant:
    return make_variant()


@pytest.fixture
def part(variant: Variant) -> WorkshopOrder:
    return make_part({variant: 2})


def address_of(code: PackageCode, variant: Variant, lot: str) -> str:
    return f"https://example.org/01/{variant.gtin}/10/{lot}/21/{code.serial}"


def contents(session: scoped_session[Session], part: WorkshopOrder) -> list[int]:
    statement = select(PackedPackage.package_code_id).filter_by(workshop_order_id=part.id)
    return sorted(session.scalars(statement))


def test_a_packet_goes_in_by_its_whole_address_or_its_serial_alone(
    session: scoped_session[Session], variant: Variant, part: WorkshopOrder
) -> None:
    batch = make_batch(variant)
    first, second = mint_codes(batch, 2)
    packing.pack_package(part, address_of(first, variant, batch.lot), By)
    typed = f" {second.serial[:4].lower()}-{second.serial[4:8]} {second.serial[8:]} "
    packed = packing.pack_package(part, typed, By)
    assert (packed.packed_by, packed.order_line_id) == (By, part.lines[0].id)
    assert contents(session, part) == [first.id, second.id]
    [entry] = box_of(part).lines
    assert (entry.packed, entry.is_complete) == (2, True)


def test_letters_read_wrongly_are_read_as_the_digits_they_look_like(variant: Variant, part: WorkshopOrder) -> None:
    code = make_code(make_batch(variant))
    code.serial = "01AB01AB01AB"
    assert packing.parse_code("oiabOLabO1ab") == code.serial
    assert packing.pack_package(part, "OIAB OLAB O1AB", By).package_code_id == code.id


def _unknown(variant: Variant, part: WorkshopOrder) -> str:
    return "ZZZZZZZZZZZZ"


def _other_lot(variant: Variant, part: WorkshopOrder) -> str:
    """A real serial under another lot: somebody made the address up."""
    return address_of(make_code(make_batch(variant)), variant, "OTHERLOT")


def _other_workshop(variant: Variant, part: WorkshopOrder) -> str:
    return make_code().serial


def _other_variant(variant: Variant, part: WorkshopOrder) -> str:
    return make_code(make_batch(make_variant(variant.product))).serial


def _void(variant: Variant, part: WorkshopOrder) -> str:
    code = make_code(make_batch(variant))
    void_codes(make_batch(variant), [code.serial])
    code.voided_at = now()
    return code.serial


def _blocked(variant: Variant, part: WorkshopOrder) -> str:
    code = make_code(batch := make_batch(variant))
    block_batch(batch, by="实验室", reason="复检")
    return code.serial


def _expired(variant: Variant, part: WorkshopOrder) -> str:
    code = make_code(batch := make_batch(variant))
    age_batch(batch, 60)
    return code.serial


def _in_this_box(variant: Variant, part: WorkshopOrder) -> str:
    return _packed(variant, part)


def _in_another_box(variant: Variant, part: WorkshopOrder) -> str:
    return _packed(variant, make_part({variant: 1}))


def _packed(variant: Variant, part: WorkshopOrder) -> str:
    code = make_code(make_batch(variant))
    packing.pack_package(part, code.serial, By)
    return code.serial


def _one_too_many(variant: Variant, part: WorkshopOrder) -> str:
    first, second, third = mint_codes(make_batch(variant), 3)
    for code in (first, second):
        packing.pack_package(part, code.serial, By)
    return third.serial


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (_unknown, packing.PackageCodeUnknown),
        (_other_lot, packing.PackageCodeUnknown),
        (_other_workshop, packing.PackageOfAnotherWorkshop),
        (_other_variant, packing.PackageNotOrdered),
        (_void, packing.PackageVoid),
        (_blocked, packing.PackageBatchNotReleased),
        (_expired, packing.PackageExpired),
        (_in_this_box, packing.PackageAlreadyInBox),
        (_in_another_box, packing.PackageInAnotherBox),
        (_one_too_many, packing.LineFull),
    ],
)
def test_a_wrong_packet_is_refused_and_the_box_stays_as_it_was(
    session: scoped_session[Session],
    variant: Variant,
    part: WorkshopOrder,
    prepare: Callable[[Variant, WorkshopOrder], str],
    error: type[DomainError],
) -> None:
    code = prepare(variant, part)
    before = contents(session, part)
    with pytest.raises(error), session.begin_nested():
        packing.pack_package(part, code, By)
    assert contents(session, part) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "你好",
        "A" * 21,
        "https://example.org/products/wine",
        "/01/09521000101013/10/LOT/21/SERIAL",
        "/01/09521000101012",
        "/01/09521000101012/10/LOT",
        "'; DROP TABLE orders",
        "12\x0034",
    ],
)
def test_what_can_be_no_code_names_the_field(session: scoped_session[Session], part: WorkshopOrder, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        packing.pack_package(part, text, By)
    assert set(refused.value.fields) == {"code"}
    assert contents(session, part) == []


def test_a_packet_can_be_taken_out_and_packed_elsewhere(
    session: scoped_session[Session], variant: Variant, part: WorkshopOrder
) -> None:
    code = make_code(make_batch(variant))
    other = make_part({variant: 1})
    packing.pack_package(part, code.serial, By)
    with pytest.raises(NotFound):
        packing.unpack_package(other, code.id)
    packing.unpack_package(part, code.id)
    assert contents(session, part) == []
    packing.pack_package(other, code.serial, By)
    assert contents(session, other) == [code.id]


def test_a_complete_box_is_closed_with_history_and_stays_closed(
    session: scoped_session[Session], variant: Variant, part: WorkshopOrder
) -> None:
    codes = mint_codes(make_batch(variant), 3)
    packing.pack_package(part, codes[0].serial, By)
    with pytest.raises(packing.BoxIncomplete) as refused:
        packing.finish_packing(part, By)
    assert refused.value.params["missing"] == 1
    packing.pack_package(part, codes[1].serial, By)
    packing.finish_packing(part, By)
    [move] = session.scalars(select(OrderHistory).filter_by(workshop_order_id=part.id))
    assert (move.from_status, move.to_status, move.by, part.status) == ("to_pack", "packed", By, "packed")
    for act in (
        lambda: packing.pack_package(part, codes[2].serial, By),
        lambda: packing.unpack_package(part, codes[0].id),
        lambda: packing.finish_packing(part, By),
    ):
        with pytest.raises(packing.PackingOver):
            act()
    assert contents(session, part) == [codes[0].id, codes[1].id]


def test_a_line_is_vouched_for_only_while_its_variant_never_had_codes(
    session: scoped_session[Session], variant: Variant
) -> None:
    coded = make_variant(variant.product)
    part = make_part({variant: 2, coded: 1})
    bare, scanned = part.lines
    code = make_code(make_batch(coded))
    make_batch(variant, status=BatchStatus.RELEASED)
    with pytest.raises(packing.LineHasCodes):
        packing.finish_packing(part, By, {bare.id, scanned.id})
    with pytest.raises(packing.BoxIncomplete):
        packing.finish_packing(part, By, {bare.id})
    packing.pack_package(part, code.serial, By)
    with pytest.raises(packing.BoxIncomplete):
        packing.finish_packing(part, By)
    packing.finish_packing(part, By, {bare.id})
    [move] = session.scalars(select(OrderHistory).filter_by(workshop_order_id=part.id))
    assert "无码装箱" in move.reason
    assert bare.product_name in move.reason


def test_a_box_with_a_packet_of_a_batch_blocked_meanwhile_is_not_closed(
    session: scoped_session[Session], variant: Variant, part: WorkshopOrder
) -> None:
    batch = make_batch(variant)
    for code in mint_codes(batch, 2):
        packing.pack_package(part, code.serial, By)
    block_batch(batch, by="实验室", reason="复检")
    with pytest.raises(packing.PackageBatchNotReleased):
        packing.finish_packing(part, By)
    assert part.status == "to_pack"
    assert now() - part.created_at < timedelta(minutes=5)
