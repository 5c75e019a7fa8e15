"""What a camera gives: groups of pictures with wall-clock times, and the way to ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

TICKS_PER_SECOND = 90_000


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """The H.264 parameter sets (without start codes) that decode a stream."""

    sps: bytes
    pps: bytes


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: NAL units without start codes, and its presentation time on the camera's RTP clock."""

    ticks: int
    """In 1/90000 s, unwrapped: it does not jump back when the 32-bit RTP clock does."""
    nals: tuple[bytes, ...]
    is_key: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as MP4 stores it: each NAL unit behind its length in four bytes."""

    ticks: int
    data: bytes
    is_key: bool


@dataclass(frozen=True, slots=True)
class Gop:
    """A group of pictures: a key frame and what depends on it, in decoding order."""

    format: VideoFormat
    samples: tuple[Sample, ...]
    start_ticks: int
    end_ticks: int
    started_seconds: float
    """When its first picture was taken, in seconds since 1970."""

    @property
    def duration_ticks(self) -> int:
        return self.end_ticks - self.start_ticks

    @property
    def ended_seconds(self) -> float:
        return self.started_seconds + self.duration_ticks / TICKS_PER_SECOND


class Feed(Protocol):
    """A camera that is playing. It never blocks."""

    def read(self, now_seconds: float) -> list[Gop]:
        """The groups of pictures completed since the last call, each begun later than the one before it.

        Raises CameraFault when no more will come.
        """
        ...

    def close(self) -> list[Gop]:
        """Hang up; what was not read yet is handed over, the unfinished group too."""
        ...


class OpenFeed(Protocol):
    """How a feed is opened: blocks for up to ten seconds, then gives a playing camera or raises CameraFault."""

    def __call__(self, url: str) -> Feed: ...
