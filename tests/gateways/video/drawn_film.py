"""Coded pictures for the tests, made by x264: parameter sets and access units with and without B-frames."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
from PIL import Image, ImageDraw

from gateways.video.feed import TICKS_PER_SECOND, AccessUnit, VideoFormat

FRAMES_PER_SECOND = 10


def nals_of(data: bytes) -> list[bytes]:
    return [nal for part in data.split(b"\x00\x00\x01") if (nal := part.rstrip(b"\x00"))]


@cache
def film(count: int = 40, b_frames: int = 0, gop: int = 10, size: tuple[int, int] = (192, 108)) -> list[AccessUnit]:
    """`count` pictures in decoding order; key frames carry the parameter sets."""
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = *size, "yuv420p"
    coder.time_base = Fraction(1, FRAMES_PER_SECOND)
    coder.thread_count = 1
    settings = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0:repeat-headers=1:open-gop=0"
    coder.options = {"preset": "veryfast", "x264-params": settings}
    packets = [packet for number in range(count) for packet in coder.encode(_frame(number, size))]
    packets += coder.encode(None)
    step = TICKS_PER_SECOND // FRAMES_PER_SECOND
    return [AccessUnit(1000 + int(p.pts or 0) * step, tuple(nals_of(bytes(p))), p.is_keyframe) for p in packets]


def format_of(units: list[AccessUnit]) -> VideoFormat:
    sps, pps = (next(nal for nal in units[0].nals if nal[0] & 31 == kind) for kind in (7, 8))
    return VideoFormat(sps, pps)


def _frame(number: int, size: tuple[int, int]) -> av.VideoFrame:
    picture = Image.new("RGB", size, (40, 60, 80))
    ImageDraw.Draw(picture).ellipse((number * 3, 20, number * 3 + 40, 60), fill=(240, 200, 60))
    frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
    return frame
