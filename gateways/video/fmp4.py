"""Fragmented MP4 as browsers play it: one header for a stream, then one fragment for each group of pictures.

Each fragment opens with a `prft` box (ISO/IEC 14496-12, 8.16.5) that ties it to wall-clock time, so that a file
explains itself: what was recorded when can be read from the file alone.
"""

from __future__ import annotations

import struct

from gateways.video.boxes import box, full_box
from gateways.video.feed import TICKS_PER_SECOND, Gop, VideoFormat
from gateways.video.h264 import decoder_configuration, parse_sps

TRACK = 1
SECONDS_1900_TO_1970 = 2_208_988_800
KEY_FLAGS, OTHER_FLAGS = 0x02000000, 0x01010000
UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def init_segment(format: VideoFormat) -> bytes:
    """`ftyp` and `moov`: the same bytes for the same format."""
    picture = parse_sps(format.sps)
    movie_header = full_box(
        b"mvhd", 0, 0, struct.pack(">5I", 0, 0, 1000, 0, 0x10000), struct.pack(">HHII", 0x100, 0, 0, 0),
        UNITY, bytes(24), struct.pack(">I", TRACK + 1),
    )  # fmt: skip
    track_header = full_box(
        b"tkhd", 0, 3, struct.pack(">5I", 0, 0, TRACK, 0, 0), bytes(16), UNITY,
        struct.pack(">II", picture.width << 16, picture.height << 16),
    )  # fmt: skip
    defaults = full_box(b"trex", 0, 0, struct.pack(">5I", TRACK, 1, 0, 0, 0))
    track = box(b"trak", track_header, _media(format, picture.width, picture.height))
    brands = b"iso6" + struct.pack(">I", 1) + b"iso6mp41"
    return box(b"ftyp", brands) + box(b"moov", movie_header, track, box(b"mvex", defaults))


def fragment(gop: Gop, number: int, base_ticks: int) -> bytes:
    """`prft`, `moof` and `mdat` of a group of pictures.

    `number` counts up in a stream from 1. `base_ticks` is the RTP time that is zero on the stream's timeline. Decoding
    times are the presentation times in order, so that B-frames need no more than a signed offset.
    """
    decode_at = sorted(sample.ticks for sample in gop.samples)
    lasts = [later - sooner for sooner, later in zip(decode_at, [*decode_at[1:], gop.end_ticks], strict=True)]
    shifts = [sample.ticks - at for sample, at in zip(gop.samples, decode_at, strict=True)]
    has_shifts = any(shifts)
    rows = b"".join(
        struct.pack(">III", duration, len(sample.data), KEY_FLAGS if sample.is_key else OTHER_FLAGS)
        + (struct.pack(">i", shift) if has_shifts else b"")
        for sample, duration, shift in zip(gop.samples, lasts, shifts, strict=True)
    )
    start = gop.start_ticks - base_ticks
    reference = full_box(b"prft", 1, 0, struct.pack(">IQQ", TRACK, ntp_time(gop.started_seconds), start))
    head = full_box(b"mfhd", 0, 0, struct.pack(">I", number))
    track_head = full_box(b"tfhd", 0, 0x020000, struct.pack(">I", TRACK))
    decode_time = full_box(b"tfdt", 1, 0, struct.pack(">Q", start))
    flags = 0x000701 | (0x000800 if has_shifts else 0)
    size = 8 + len(head) + 8 + len(track_head) + len(decode_time) + 20 + len(rows)
    run = full_box(b"trun", 1, flags, struct.pack(">Ii", len(gop.samples), size + 8), rows)
    moof = box(b"moof", head, box(b"traf", track_head, decode_time, run))
    assert len(moof) == size
    return reference + moof + box(b"mdat", *(sample.data for sample in gop.samples))


def ntp_time(seconds: float) -> int:
    """Seconds since 1970 as 64-bit NTP time (RFC 5905)."""
    whole = int(seconds)
    return (whole + SECONDS_1900_TO_1970) << 32 | int((seconds - whole) * (1 << 32))


def _media(format: VideoFormat, width: int, height: int) -> bytes:
    header = full_box(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, TICKS_PER_SECOND, 0, 0x55C4, 0))
    handler = full_box(b"hdlr", 0, 0, struct.pack(">I4s", 0, b"vide"), bytes(12), b"Camera\x00")
    entry = box(
        b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HHIII", width, height, 0x480000, 0x480000, 0),
        struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1), box(b"avcC", decoder_configuration(format)),
    )  # fmt: skip
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    here = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    information = box(b"minf", full_box(b"vmhd", 0, 1, bytes(8)), box(b"dinf", here), table)
    return box(b"mdia", header, handler, information)
