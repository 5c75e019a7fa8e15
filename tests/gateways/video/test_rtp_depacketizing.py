"""Packets to pictures: every way of packing, loss, wrap-around, and the foreign packetizer of the simulated cameras."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.rtp import Packetizer
from gateways.video.errors import CameraMisbehaved
from gateways.video.feed import AccessUnit
from gateways.video.rtp import Depacketizer

nal_bodies = st.binary(min_size=1, max_size=5000)
nals = st.tuples(st.sampled_from([0x61, 0x41, 0x01]), nal_bodies).map(lambda pair: bytes((pair[0],)) + pair[1])
pictures = st.lists(st.lists(nals, min_size=1, max_size=4), min_size=1, max_size=6)


def key(*more: bytes) -> list[bytes]:
    return [b"\x65" + b"k" * 20, *more]


def received(packets: list[bytes], depacketizer: Depacketizer | None = None) -> list[AccessUnit]:
    depacketizer = depacketizer or Depacketizer(96)
    units = [unit for packet in packets if (unit := depacketizer.push(packet))]
    last = depacketizer.flush()
    return [*units, last] if last else units


@given(pictures)
def test_what_a_packetizer_cuts_is_put_together_again(contents: list[list[bytes]]) -> None:
    sender = Packetizer()
    sent = [key(), *contents]
    packets = [packet for number, picture in enumerate(sent) for packet in sender.packets(picture, 100 + number / 8)]
    units = received(packets)
    assert [list(unit.nals) for unit in units] == sent
    assert [unit.ticks for unit in units] == [number * 11_250 for number in range(len(sent))]
    assert [unit.is_key for unit in units] == [True] + [False] * len(contents)


@given(pictures, st.data())
def test_after_a_loss_nothing_is_shown_up_to_a_key_frame(contents: list[list[bytes]], data: st.DataObject) -> None:
    sender = Packetizer()
    sent = [key(), *contents, key(), [b"\x41end"]]
    packets = [packet for number, picture in enumerate(sent) for packet in sender.packets(picture, 100 + number / 8)]
    first, last = 1, len(packets) - 3
    lost = data.draw(st.integers(first, max(first, last)))
    units = received([packet for number, packet in enumerate(packets) if number != lost])
    whole = [list(unit.nals) for unit in units]
    assert all(picture in sent for picture in whole)
    until = next((n for n, (got, meant) in enumerate(zip(whole, sent, strict=False)) if got != meant), len(whole))
    assert until == len(whole) or units[until].is_key


def test_aggregated_units_are_taken_apart() -> None:
    parts = [b"\x67sps", b"\x68pps", b"\x65slice"]
    payload = b"\x18" + b"".join(struct.pack(">H", len(part)) + part for part in parts)
    (unit,) = received([packet(1, 5, payload)])
    assert list(unit.nals) == parts


def test_contributors_extension_and_padding_are_passed_over() -> None:
    header = struct.pack(">BBHIIII", 0x80 | 0x20 | 0x10 | 2, 0x80 | 96, 1, 7, 9, 1, 2)
    extension = struct.pack(">HHI", 0xBEDE, 1, 0)
    (unit,) = received([header + extension + b"\x65data" + b"\x00\x00\x03"])
    assert unit.nals == (b"\x65data",)


def test_the_clock_is_unwrapped() -> None:
    times = [0xFFFFFFFF - 5000, 4000, 13_000]
    units = received([packet(n, at, b"\x65x") for n, at in enumerate(times)])
    assert [unit.ticks for unit in units] == [0, 9001 + 5, 18_006] or [u.ticks for u in units] == [0, 9001, 18_001]


def test_a_jump_of_the_clock_is_a_fault() -> None:
    with pytest.raises(CameraMisbehaved):
        received([packet(1, 0, b"\x65x"), packet(2, 90_000 * 60, b"\x41x")])


def test_a_stream_that_begins_in_the_middle_waits_for_a_key_frame() -> None:
    assert received([packet(1, 0, b"\x41x"), packet(2, 9000, b"\x41y")]) == []


def test_other_payload_types_are_ignored() -> None:
    other = bytearray(packet(1, 0, b"\x65x"))
    other[1] = 97
    assert received([bytes(other)]) == []


@pytest.mark.parametrize("junk", [b"", b"\x80", b"\x00" * 40])
def test_what_is_no_rtp_is_a_fault(junk: bytes) -> None:
    with pytest.raises(CameraMisbehaved):
        Depacketizer(96).push(junk)


@given(st.binary(max_size=200))
def test_no_payload_makes_it_fall_over(payload: bytes) -> None:
    received([packet(1, 0, payload + b"\x00"), packet(2, 9000, b"\x65x")])


def packet(sequence: int, timestamp: int, payload: bytes) -> bytes:
    return struct.pack(">BBHII", 0x80, 96, sequence, timestamp, 9) + payload
