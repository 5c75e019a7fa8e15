"""RTP packets of H.264 (RFC 3550, RFC 6184) put together into coded pictures."""

from __future__ import annotations

from gateways.video.errors import CameraMisbehaved
from gateways.video.feed import TICKS_PER_SECOND, AccessUnit

STAP_A, FU_A, NAL_IDR = 24, 28, 5
LONGEST_JUMP_TICKS = 30 * TICKS_PER_SECOND


class Depacketizer:
    """Feed it packets in their order; a picture is complete when a packet of the next one comes.

    After a lost packet, pictures are dropped up to the next key frame: better a gap than a smeared picture.
    """

    def __init__(self, payload_type: int) -> None:
        self._payload_type = payload_type
        self._sequence = -1
        self._timestamp = -1
        self.ticks = 0
        """The time of the picture under way."""
        self._nals: list[bytes] = []
        self._cut: bytearray | None = None
        self._had_marker = False
        self._damaged = False
        self._waits_for_key = True

    def push(self, packet: bytes | memoryview) -> AccessUnit | None:
        """Take one RTP packet; returns the picture that it completes, if any."""
        start, end = _payload_bounds(packet)
        if packet[1] & 0x7F != self._payload_type or end - start < 2:
            return None
        sequence = packet[2] << 8 | packet[3]
        lost = self._sequence >= 0 and sequence != (self._sequence + 1) & 0xFFFF
        self._sequence = sequence
        timestamp = int.from_bytes(packet[4:8], "big")
        if lost and not self._had_marker:
            self._damaged = True
        finished = None
        if timestamp != self._timestamp:
            finished = self.flush()
            self._advance(timestamp)
        if lost:
            self._damaged, self._cut = True, None
        self._had_marker = bool(packet[1] & 0x80)
        self._take(bytes(packet[start:end]))
        return finished

    def flush(self) -> AccessUnit | None:
        """The picture under way, if it is whole and can be decoded."""
        nals, damaged = tuple(self._nals), self._damaged
        self._nals, self._cut, self._damaged = [], None, False
        if damaged:
            self._waits_for_key = True
        is_key = any(nal[0] & 0x1F == NAL_IDR for nal in nals)
        if not nals or damaged or (self._waits_for_key and not is_key):
            return None
        self._waits_for_key = False
        return AccessUnit(self.ticks, nals, is_key)

    def _advance(self, timestamp: int) -> None:
        """Unwrap the 32-bit clock: the nearest of the possible times is the right one."""
        if self._timestamp >= 0:
            step = (timestamp - self._timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            if abs(step) > LONGEST_JUMP_TICKS:
                raise CameraMisbehaved(why="the RTP clock jumped")
            self.ticks += step
        self._timestamp = timestamp

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._take_cut(payload)
        elif kind == STAP_A:
            self._nals.extend(_aggregated(payload))
        elif 0 < kind < STAP_A:
            self._nals.append(payload)

    def _take_cut(self, payload: bytes) -> None:
        """A piece of a NAL unit; the first piece holds its type."""
        flags = payload[1]
        if flags & 0x80:
            self._cut = bytearray((payload[0] & 0xE0 | flags & 0x1F,))
        if self._cut is None:
            return
        self._cut += payload[2:]
        if flags & 0x40:
            self._nals.append(bytes(self._cut))
            self._cut = None


def _payload_bounds(packet: bytes | memoryview) -> tuple[int, int]:
    """Where the payload lies behind contributing sources and header extension, and before padding."""
    if len(packet) < 13 or packet[0] >> 6 != 2:
        raise CameraMisbehaved(why="no RTP packet")
    first = packet[0]
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10 and len(packet) >= start + 4:
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    return start, end


def _aggregated(payload: bytes) -> list[bytes]:
    nals, place = [], 1
    while place + 2 < len(payload):
        length = payload[place] << 8 | payload[place + 1]
        nal = payload[place + 2 : place + 2 + length]
        if nal:
            nals.append(nal)
        place += 2 + length
    return nals
