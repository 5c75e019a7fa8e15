"""H.264 in RTP (RFC 6184) inside the RTSP connection, and RTCP sender reports (RFC 3550)."""

from __future__ import annotations

import secrets
import struct

LARGEST_PAYLOAD = 1400
CLOCK_RATE = 90_000
SECONDS_1900_TO_1970 = 2_208_988_800
PAYLOAD_TYPE = 96
FU_A = 28


class Packetizer:
    """One RTP source; counts packets and bytes for its sender reports."""

    def __init__(self) -> None:
        self._sequence = secrets.randbelow(1 << 16)
        self._offset = secrets.randbelow(1 << 32)
        self._source = secrets.randbelow(1 << 32)
        self._packets = self._bytes = 0

    def packets(self, nals: list[bytes], at_seconds: float) -> list[bytes]:
        """The RTP packets of one picture taken at `at_seconds` since 1970; the last one carries the marker."""
        payloads = [payload for nal in nals for payload in _payloads(nal)]
        timestamp = self._timestamp(at_seconds)
        packets: list[bytes] = []
        for payload in payloads:
            marker = 0x80 if len(packets) == len(payloads) - 1 else 0
            header = struct.pack(">BBHII", 0x80, marker | PAYLOAD_TYPE, self._sequence, timestamp, self._source)
            packets.append(header + payload)
            self._sequence = (self._sequence + 1) & 0xFFFF
        self._packets = (self._packets + len(packets)) & 0xFFFFFFFF
        self._bytes = (self._bytes + sum(map(len, payloads))) & 0xFFFFFFFF
        return packets

    def sender_report(self, at_seconds: float) -> bytes:
        """Which RTP timestamp belongs to `at_seconds` since 1970."""
        whole = int(at_seconds)
        fraction = int((at_seconds - whole) * (1 << 32))
        ntp = (whole + SECONDS_1900_TO_1970) & 0xFFFFFFFF
        times = struct.pack(">III", ntp, fraction, self._timestamp(at_seconds))
        return struct.pack(">BBHI", 0x80, 200, 6, self._source) + times + struct.pack(">II", self._packets, self._bytes)

    def _timestamp(self, at_seconds: float) -> int:
        return (round(at_seconds * CLOCK_RATE) + self._offset) & 0xFFFFFFFF


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet as it travels inside the RTSP connection (RFC 2326, section 10.12)."""
    return struct.pack(">cBH", b"$", channel, len(packet)) + packet


def _payloads(nal: bytes) -> list[bytes]:
    """A NAL unit whole, or cut into FU-A fragments."""
    if len(nal) <= LARGEST_PAYLOAD:
        return [nal]
    indicator, kind, data = nal[0] & 0xE0 | FU_A, nal[0] & 0x1F, nal[1:]
    cuts = range(0, len(data), LARGEST_PAYLOAD - 2)
    return [
        bytes((indicator, kind | (0x80 if cut == 0 else 0) | (0x40 if cut == cuts[-1] else 0)))
        + data[cut : cut + LARGEST_PAYLOAD - 2]
        for cut in cuts
    ]
