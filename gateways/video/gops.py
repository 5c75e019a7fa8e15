"""Pictures gathered into groups that begin with a key frame: the unit that is recorded and played."""

from __future__ import annotations

from gateways.video.errors import StreamUnsupported
from gateways.video.feed import TICKS_PER_SECOND, AccessUnit, Gop, Sample, VideoFormat
from gateways.video.wall_clock import WallClock

NAL_SPS, NAL_PPS = 7, 8
STORED_NALS = frozenset(range(1, 7))  # slices and supplemental information
LONGEST_GOP_SECONDS = 12
LARGEST_GOP_BYTES = 24_000_000
USUAL_FRAME_TICKS = TICKS_PER_SECOND // 10


class GopCollector:
    """Feed it pictures in decoding order; a group is complete when the next key frame comes."""

    def __init__(self, clock: WallClock, format: VideoFormat | None) -> None:
        self._clock = clock
        self._format = format
        self._samples: list[Sample] = []
        self._bytes = 0

    def push(self, unit: AccessUnit) -> Gop | None:
        finished = self._finish(unit.ticks) if unit.is_key else None
        if unit.is_key:
            self._follow_format(unit)
        if self._format is None or not (unit.is_key or self._samples):
            return finished
        sample = Sample(unit.ticks, length_prefixed(unit.nals), unit.is_key)
        self._samples.append(sample)
        self._bytes += len(sample.data)
        lasts_seconds = (unit.ticks - self._samples[0].ticks) / TICKS_PER_SECOND
        if lasts_seconds > LONGEST_GOP_SECONDS or self._bytes > LARGEST_GOP_BYTES:
            raise StreamUnsupported(why=f"no key frame within {LONGEST_GOP_SECONDS} s")
        return finished

    def flush(self) -> Gop | None:
        """The group under way, if there is one; its last picture lasts as long as the one before."""
        return self._finish(None)

    def _follow_format(self, unit: AccessUnit) -> None:
        """Cameras may change their parameter sets with any key frame."""
        sps = next((nal for nal in unit.nals if nal[0] & 31 == NAL_SPS), self._format.sps if self._format else None)
        pps = next((nal for nal in unit.nals if nal[0] & 31 == NAL_PPS), self._format.pps if self._format else None)
        if sps and pps and (self._format is None or (sps, pps) != (self._format.sps, self._format.pps)):
            self._format = VideoFormat(sps, pps)

    def _finish(self, next_ticks: int | None) -> Gop | None:
        samples, self._samples, self._bytes = tuple(self._samples), [], 0
        if not samples or self._format is None:
            return None
        times = sorted(sample.ticks for sample in samples)
        usual = times[-1] - times[-2] if len(times) > 1 else USUAL_FRAME_TICKS
        end = times[-1] + usual
        if next_ticks is not None and times[-1] < next_ticks <= times[-1] + TICKS_PER_SECOND:
            end = next_ticks
        return Gop(self._format, samples, times[0], end, self._clock.seconds_at(times[0]))


def length_prefixed(nals: tuple[bytes, ...]) -> bytes:
    """NAL units as MP4 stores them; parameter sets and delimiters are left out, they belong to the header."""
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals if nal[0] & 31 in STORED_NALS)
