"""One live H.264 encoder a scene: the loop's next picture, the clock burnt in, shared by every camera of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import av
from av.video.frame import PictureType, VideoFrame
from PIL import Image

from cameras import clock
from cameras.clips import FRAMES_PER_SECOND, Loop
from cameras.scenes.brush import HEIGHT, WIDTH

GOP_FRAMES = 2 * FRAMES_PER_SECOND
NAL_SPS, NAL_PPS, NAL_IDR = 7, 8, 5


@dataclass(frozen=True)
class Picture:
    """One coded picture: its NAL units without start codes, and the frame's number since 1970 at the loop's rate."""

    number: int
    nals: list[bytes]
    is_key: bool


class SceneEncoder:
    """Codes the pictures of one scene: a key frame every two seconds of wall-clock time, no B-frames, no delay."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._coder = av.CodecContext.create("libx264", "w")
        self._coder.width, self._coder.height, self._coder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._coder.time_base = Fraction(1, FRAMES_PER_SECOND)
        self._coder.thread_count = 1
        gop = f"keyint={GOP_FRAMES * 2}:min-keyint=1:scenecut=0:bframes=0:repeat-headers=1:threads=1:sliced-threads=0"
        self._coder.options = {
            "preset": "ultrafast", "tune": "zerolatency", "crf": "25", "forced-idr": "1", "x264-params": gop,
        }  # fmt: skip
        self._last = 0
        first = self.encode(0)
        self.sps = next(nal for nal in first.nals if nal[0] & 31 == NAL_SPS)
        self.pps = next(nal for nal in first.nals if nal[0] & 31 == NAL_PPS)

    def encode(self, number: int) -> Picture:
        """Code the picture of frame `number`; numbers grow, and may jump."""
        frame = self._with_clock(self._loop.frame(), datetime.fromtimestamp(number / FRAMES_PER_SECOND, UTC))
        is_key = number % GOP_FRAMES == 0 or number - self._last >= GOP_FRAMES
        self._last = number
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        data = b"".join(bytes(packet) for packet in self._coder.encode(frame))
        nals = split_annex_b(data)
        return Picture(number, nals, any(nal[0] & 31 == NAL_IDR for nal in nals))

    @staticmethod
    def _with_clock(decoded: VideoFrame, moment: datetime) -> VideoFrame:
        """A copy with the clock on it: the decoder still needs its own picture."""
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for source, target in zip(decoded.planes, frame.planes, strict=True):
            target.update(_without_padding(source, target.line_size))
        plane = frame.planes[0]
        luma = Image.frombytes("L", (plane.line_size, HEIGHT), bytes(plane))
        clock.draw(luma, moment)
        plane.update(luma.tobytes())
        for chroma in frame.planes[1:]:
            chroma.update(_grey_under_clock(bytes(chroma), chroma.line_size))
        return frame


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of an Annex B byte stream, start codes and the zeros around them removed."""
    return [nal for part in data.split(b"\x00\x00\x01") if (nal := part.rstrip(b"\x00"))]


def _without_padding(plane: av.video.plane.VideoPlane, line_size: int) -> bytes:
    data = bytes(plane)
    if plane.line_size == line_size:
        return data[: line_size * plane.height]
    narrow = min(plane.line_size, line_size)
    lines = (data[y * plane.line_size : y * plane.line_size + narrow] for y in range(plane.height))
    return b"".join(line.ljust(line_size, b"\x00") for line in lines)


def _grey_under_clock(data: bytes, line_size: int) -> bytes:
    chroma = Image.frombytes("L", (line_size, len(data) // line_size), data)
    left, top = clock.LEFT // 2, clock.TOP // 2
    chroma.paste(128, (left, top, left + clock.WIDTH // 2, top + clock.HEIGHT // 2))
    return chroma.tobytes()
