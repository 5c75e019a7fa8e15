"""Tracking numbers: what can't be one is refused, and the field is named."""

from __future__ import annotations

import pytest

from core.errors import InvalidInput
from gateways.carriers.catalog import CARRIERS, Carrier, check_shipment, find_carrier


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.code)
def test_each_example_is_of_its_carrier(carrier: Carrier) -> None:
    assert check_shipment(carrier.code, carrier.example) == (carrier, carrier.example)
    assert find_carrier(carrier.code) is carrier


def test_codes_are_unique() -> None:
    assert len({carrier.code for carrier in CARRIERS}) == len(CARRIERS)


def test_blanks_and_small_letters_are_forgiven() -> None:
    assert check_shipment("SF", " sf 1234 5678 90123\u3000")[1] == "SF1234567890123"


@pytest.mark.parametrize("code", ["", "sf", "FEDEX", "SF "])
def test_an_unknown_carrier(code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_shipment(code, "SF1234567890123")
    assert set(refused.value.fields) == {"carrier_code"}


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("SF", ""),
        ("SF", "12345"),
        ("SF", "SF12345678901234567"),
        ("SF", "YT1234567890123"),
        ("SF", "SF123456789012٣"),
        ("ZTO", "ZTO<script>"),
        ("YTO", "13900000001; DROP TABLE"),
        ("JD", "J" * 200),
        ("EMS", "9812345678901"),
        ("YZPY", "SF1234567890123"),
        ("DBL", "DPK12"),
    ],
)
def test_what_can_not_be_a_number_of_theirs(code: str, number: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_shipment(code, number)
    assert set(refused.value.fields) == {"tracking_number"}
    carrier = find_carrier(code)
    assert carrier is not None
    assert carrier.name in str(refused.value.fields["tracking_number"])
