"""When a picture was taken: the camera's RTP clock is even but has no date, our clock has one but jitters."""

from __future__ import annotations

from gateways.video.errors import CameraMisbehaved
from gateways.video.feed import TICKS_PER_SECOND

SETTLING_SECONDS = 3.0
FASTEST_SLEW = 0.005
SLOWEST_SLEW = 0.0005
LARGEST_ERROR_SECONDS = 8.0


class WallClock:
    """Ties the RTP clock to wall-clock time and follows its drift gently.

    A picture never arrives before it was taken, but often later (network, polling): so the tie follows early arrivals
    quickly, by up to 0.5 % of the time passed, and late ones slowly. In the first three seconds it takes the earliest
    at once, as cameras often begin with pictures they had in stock; until then times may still jump back.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._last_media = 0.0
        self._began = -1.0
        self.is_settled = False

    def observe(self, ticks: int, arrived_seconds: float) -> None:
        """Learn from a picture of RTP time `ticks` that arrived at `arrived_seconds` since 1970."""
        media = ticks / TICKS_PER_SECOND
        if self._began < 0:
            self._began, self._offset, self._last_media = arrived_seconds, arrived_seconds - media, media
            return
        error = arrived_seconds - media - self._offset
        passed, self._last_media = max(0.0, media - self._last_media), max(media, self._last_media)
        if not self.is_settled:
            self._offset += min(0.0, error)
            self.is_settled = not self._began <= arrived_seconds < self._began + SETTLING_SECONDS
        elif abs(error) > LARGEST_ERROR_SECONDS:
            raise CameraMisbehaved(why=f"its clock is {error:.1f} s off")
        elif error < 0:
            self._offset += max(error, -FASTEST_SLEW * passed)
        else:
            self._offset += min(error, SLOWEST_SLEW * passed)

    def seconds_at(self, ticks: int) -> float:
        """The wall-clock time of an RTP time, in seconds since 1970."""
        return ticks / TICKS_PER_SECOND + self._offset
