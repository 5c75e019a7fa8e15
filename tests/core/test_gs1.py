from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gs1 import TraceCode, TraceCodeMalformed, check_digit, is_valid_gtin, parse_trace_address


def test_check_digit_of_the_standards_example() -> None:
    # GS1 General Specifications, section 7.9: 6291041500213 as GTIN-13.
    assert check_digit("0629104150021") == "3"


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 12))
def test_any_single_wrong_digit_is_noticed(body: str, place: int) -> None:
    gtin = body + check_digit(body)
    assert is_valid_gtin(gtin)
    wrong = gtin[:place] + str((int(gtin[place]) + 1) % 10) + gtin[place + 1 :]
    assert not is_valid_gtin(wrong)


def test_an_address_round_trips() -> None:
    code = TraceCode("06291041500213", "B26.1", "7XQ2M")
    assert parse_trace_address(f"https://example.cn{code.path}?utm=1") == code


@pytest.mark.parametrize(
    "address",
    ["", "hello", "/01/123", "/01/06291041500214", "/01/06291041500213/21/A/10/B", "/01/06291041500213/10/",
     "/01/０6291041500213",
     "/01/06291041500213/10/" + "A" * 21, "javascript:/01/06291041500213", "/01/06291041500213/10/a b"],
)  # fmt: skip
def test_malformed_addresses_are_refused(address: str) -> None:
    with pytest.raises(TraceCodeMalformed):
        parse_trace_address(address)
