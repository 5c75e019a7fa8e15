"""What an H.264 sequence parameter set says (ITU-T H.264, 7.3.2.1): profile and picture size."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gateways.video.errors import StreamUnsupported
from gateways.video.feed import VideoFormat

HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


@dataclass(frozen=True, slots=True)
class Picture:
    profile: int
    compatibility: int
    level: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    width: int
    height: int


def parse_sps(sps: bytes) -> Picture:
    """Read a sequence parameter set, NAL header included. Raises StreamUnsupported if it makes no sense."""
    try:
        return _parse(_Bits(_unescaped(sps[1:])), sps)
    except (IndexError, ValueError) as fault:
        raise StreamUnsupported(why="broken parameter set") from fault


def codec_name(format: VideoFormat) -> str:
    """The codec as RFC 6381 names it, for a playlist or a browser: `avc1.42c01e`."""
    return f"avc1.{format.sps[1:4].hex()}"


def decoder_configuration(format: VideoFormat) -> bytes:
    """The content of an avcC box (ISO/IEC 14496-15, 5.3.3.1)."""
    picture = parse_sps(format.sps)
    sets = struct.pack(">BH", 0xE1, len(format.sps)) + format.sps + struct.pack(">BH", 1, len(format.pps)) + format.pps
    extra = b""
    if picture.profile in {100, 110, 122, 144}:
        depths = (0xF8 | picture.bit_depth_luma - 8, 0xF8 | picture.bit_depth_chroma - 8)
        extra = bytes((0xFC | picture.chroma_format, *depths, 0))
    return bytes((1, picture.profile, picture.compatibility, picture.level, 0xFF)) + sets + extra


class _Bits:
    """Reads single bits and Exp-Golomb numbers."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._place = 0

    def take(self, count: int) -> int:
        bits = self._bits[self._place : self._place + count]
        if len(bits) < count:
            raise ValueError("too short")
        self._place += count
        return int(bits, 2) if bits else 0

    def unsigned(self) -> int:
        one = self._bits.index("1", self._place)
        zeros, self._place = one - self._place, one
        if zeros > 32:
            raise ValueError("number too long")
        return self.take(zeros + 1) - 1

    def signed(self) -> int:
        number = self.unsigned()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def _parse(bits: _Bits, sps: bytes) -> Picture:
    profile, compatibility, level = bits.take(8), bits.take(8), bits.take(8)
    bits.unsigned()  # its number
    chroma, luma_depth, chroma_depth = 1, 8, 8
    if profile in HIGH_PROFILES:
        chroma, luma_depth, chroma_depth = _parse_high(bits)
    bits.unsigned()  # log2_max_frame_num
    _skip_picture_order(bits)
    bits.unsigned()  # reference frames
    bits.take(1)
    width, height = (bits.unsigned() + 1) * 16, (bits.unsigned() + 1) * 16
    is_progressive = bits.take(1)
    if not is_progressive:
        height *= 2
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        across = 1 if chroma in {0, 3} else 2
        down = (2 if chroma == 1 else 1) * (2 - is_progressive)
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width, height = width - across * (left + right), height - down * (top + bottom)
    if not (16 <= width <= 16_384 and 16 <= height <= 16_384):
        raise ValueError("size")
    return Picture(profile, compatibility, level, chroma, luma_depth, chroma_depth, width, height)


def _parse_high(bits: _Bits) -> tuple[int, int, int]:
    chroma = bits.unsigned()
    if chroma == 3:
        bits.take(1)
    luma_depth, chroma_depth = bits.unsigned() + 8, bits.unsigned() + 8
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return chroma, luma_depth, chroma_depth


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.unsigned()):
            bits.signed()


def _unescaped(data: bytes) -> bytes:
    """Without the bytes that keep start codes out of a NAL unit."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")
