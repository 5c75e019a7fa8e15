"""The sandbox's own time: life-times and retries can be hurried, signatures always carry the real second."""

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an advance, and a rate by which waiting is shortened."""

    def __init__(self, rate: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._rate = rate
        self._advance = timedelta(0)

    @property
    def rate(self) -> float:
        return self._rate

    @property
    def advance_seconds(self) -> float:
        return self._advance.total_seconds()

    def now(self) -> datetime:
        """UTC; orders, codes and tokens age by it."""
        return datetime.now(UTC) + self._advance

    def wait(self, seconds: float) -> timedelta:
        """How long `seconds` of WeChat's retry schedule take here."""
        return timedelta(seconds=seconds / self._rate)

    def set_rate(self, rate: float) -> None:
        if rate <= 0:
            raise ValueError("rate must be above 0")
        with self._lock:
            self._rate = rate

    def set_advance(self, seconds: float) -> None:
        with self._lock:
            self._advance = timedelta(seconds=seconds)


def real_second() -> int:
    """The Unix second that signatures carry and are judged by."""
    return int(time.time())
